"""Stochastic claims are run again on other seeds, and a claim that fails there is reported."""

from pathlib import Path

import nbformat

from press import __main__, seeds
from press.notebooks import RefusedError

REPO = Path(__file__).parents[2]


def test_the_notebooks_with_stochastic_claims_are_found():
    found = {path.relative_to(REPO / "book").with_suffix("").as_posix() for path in seeds.stochastic(REPO)}
    assert found == {
        "diagonal_ssm/more",
        "diagonal_ssm/run",
        "diagonal_ssm/variants",
        "generalization/derive",
        "generalization/more",
        "generalization/run",
        "head_count/run",
        "locality/derive",
        "locality/index",
        "locality/more",
        "locality/run",
        "pointer/derive",
        "pointer/more",
        "pointer/run",
        "unified_dynamics/more",
        "unified_dynamics/run",
    }


def test_a_claim_that_fails_on_one_seed_is_red(tmp_path, monkeypatch, capsys):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('claim("digits-fade", 0)')])
    (tmp_path / "book").mkdir()
    (tmp_path / "pyproject.toml").touch()
    nbformat.write(notebook, tmp_path / "book/page.ipynb")
    ran = []

    def execute(nb, folder, seed):
        ran.append(seed)
        if seed == 2:
            raise RefusedError("cell 1 failed")

    monkeypatch.setattr(seeds, "execute", execute)
    assert __main__.main(["--root", str(tmp_path), "seeds", "--seeds", "1"]) == 0
    assert __main__.main(["--root", str(tmp_path), "seeds"]) == 1
    assert ran == [1, 1, 2]
    assert "seed 2: cell 1 failed" in capsys.readouterr().out
