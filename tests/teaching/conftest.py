"""Scripts of the page under node, where there is node."""

import json
import shutil
import subprocess
from importlib import resources

import pytest

HERE = resources.files("dynlib.teaching.explore")
PROGRAM = """
for (const file of process.argv.slice(1)) require(file);
const dynlib = globalThis.dynlibExplore, input = JSON.parse(require("fs").readFileSync(0, "utf8"));
const plain = (key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
console.log(JSON.stringify((() => { BODY })(), plain));
"""


@pytest.fixture(scope="session")
def node():
    """Where node is; without it the test is skipped."""
    return shutil.which("node") or pytest.skip("no node")


@pytest.fixture(scope="session")
def in_node(node):
    """``in_node(parts, body, input)``: what a function body returns that sees ``dynlib``, of these parts, and ``input``."""

    def run(parts, body, input):
        command = [node, "-e", PROGRAM.replace("BODY", body), *(str(HERE / part) for part in parts)]
        done = subprocess.run(command, input=json.dumps(input), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
