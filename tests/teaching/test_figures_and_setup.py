"""A figure carries its description; the setup cell fixes the seed and says where it runs."""

import base64

import numpy as np
import pytest
import torch

from dynlib.teaching import figures, setup


@pytest.fixture
def shown(monkeypatch):
    calls = []
    monkeypatch.setattr(figures, "display", lambda data, raw, metadata: calls.append((data, metadata)))
    return calls


def draw():
    fig, ax = figures.subplots()
    ax.plot([0, 1], [0, 1])
    return fig


def test_show_stores_a_picture_with_its_description(shown):
    figures.show(draw(), alt="A straight line from the origin to the point one, one.")
    data, metadata = shown[0]
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] in data["text/plain"]
    assert not figures.plt.get_fignums()


def test_the_same_figure_gives_the_same_bytes(shown):
    for _ in range(2):
        figures.show(draw(), alt="A straight line from the origin to the point one, one.")
    assert shown[0] == shown[1]


@pytest.mark.parametrize("alt", ["", "a plot", None, "   short   "])
def test_show_refuses_a_missing_description(shown, alt):
    with pytest.raises(ValueError, match="alt"):
        figures.show(draw(), alt=alt)
    figures.plt.close("all")


def test_setup_fixes_the_seed(monkeypatch, capsys):
    monkeypatch.setenv("DYNAMICS_SEED", "7")
    draws = []
    for _ in range(2):
        assert setup() == 7
        draws.append((torch.rand(3).tolist(), np.random.rand(3).tolist()))
    assert draws[0] == draws[1]
    assert torch.get_num_threads() == 1
    assert "seed 7" in capsys.readouterr().out


@pytest.mark.parametrize("seed", ["", "-1", "1.5", "a", "4294967296"])
def test_setup_refuses_what_is_no_seed(monkeypatch, seed):
    monkeypatch.setenv("DYNAMICS_SEED", seed)
    with pytest.raises(ValueError, match="DYNAMICS_SEED"):
        setup()
