"""python -m kernels.check [--json]: what the compiler made of every kernel, for every target."""
import argparse
import json
from dataclasses import asdict
from importlib.metadata import version

from kernels.check import TARGETS, compiled
from kernels.check.samples import SAMPLES


def main() -> None:
    """Print the table, or with --json its rows and the Triton version that made them."""
    parser = argparse.ArgumentParser(prog="python -m kernels.check", description="what the compiler made of every kernel")
    parser.add_argument("--json", action="store_true", help="rows as json, with the Triton version")
    as_json = parser.parse_args().json
    rows = [row for launch in SAMPLES.values() for row in compiled(launch)]
    if as_json:
        print(json.dumps({"triton": version("triton"), "rows": [asdict(row) for row in rows]}, indent=1))
        return
    print(f"{'kernel':24} {'target':8} {'registers':>9} {'spills':>7} {'shared':>7} {'code':>6}  mix")
    for row in sorted(rows, key=lambda row: (row.kernel, TARGETS.index(row.target))):
        mix = " ".join(f"{kind} {count}" for kind, count in row.mix.items())
        print(f"{row.kernel:24} {row.target:8} {row.registers:9} {row.spills:7} {row.shared:7} {row.instructions:6}  {mix}")


if __name__ == "__main__":
    main()
