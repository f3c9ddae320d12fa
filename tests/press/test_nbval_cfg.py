"""The sanitizer of the notebook tests hides memory addresses and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

from press.normalise import normalise

CONFIG = Path(__file__).resolve().parents[1] / "notebooks/nbval.cfg"


def test_an_altered_output_is_seen_and_an_address_is_not(root, make):
    same = make(root / "book/alpha/index.ipynb", "print(object(), 0x12, 1.25)")
    altered = make(root / "book/beta/index.ipynb", "print(object(), 0x12, 1.25)")
    normalise(same)
    normalise(altered)
    altered.write_text(altered.read_text().replace(" 1.25\\n", " 1.26\\n"))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "nbval.plugin",
        "--nbval",
        "--nbval-current-env",
        "--nbval-sanitize-with",
        str(CONFIG),
        "--nbval-cell-timeout",
        "600",
        "book",
    ]
    env = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, env=env)
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "beta/index.ipynb::Cell 0" in done.stdout
