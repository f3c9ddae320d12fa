"""python -m dynlib_kernels.check [--json]: what is known of every kernel without a GPU, made anew (a minute or two)."""

import argparse
import json

from dynlib_kernels.check.table import make_table


def main() -> None:
    """Print the table, or with --json what is stored as kernels/dynlib_kernels/check/table.json."""
    parser = argparse.ArgumentParser(prog="python -m dynlib_kernels.check", description="what the compiler made of every kernel")
    parser.add_argument("--json", action="store_true", help="the counts and rows as json, with the versions that made them")
    as_json = parser.parse_args().json
    table = make_table()
    if as_json:
        print(json.dumps(table, indent=1))
        return
    print(f"{'kernel':28} {'target':8} {'registers':>9} {'spills':>7} {'shared':>7} {'code':>6}  mix")
    for row in table["compiled"]:
        mix = " ".join(f"{kind} {count}" for kind, count in row["mix"].items())
        print(
            f"{row['kernel']:28} {row['target']:8} {row['registers']:9} {row['spills']:7} {row['shared']:7} "
            f"{row['instructions']:6}  {mix}"
        )


if __name__ == "__main__":
    main()
