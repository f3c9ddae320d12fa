"""The setup cell fixes the seed and says where it runs."""

import numpy as np
import pytest
import torch

from dynlib.teaching import setup


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
