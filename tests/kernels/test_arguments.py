"""The checks that kernels and library share: each refusal names the argument, its value and the remedy."""

import importlib

import numpy as np
import pytest
import torch

import dynlib_kernels
from dynlib import diagonal_ssm, mixing, unified_dynamics
from dynlib.diagonal_ssm import legs_limit
from dynlib.generalization import advise
from dynlib.locality import haar_orthogonal, sample_dsd
from dynlib.locality.layer import LocallyConnected2d
from dynlib.pointer import sample_examples
from dynlib.scan import scan_chunked
from dynlib.tasks import multi_query_recall
from dynlib_kernels.arguments.launches import HALVES, REALS, check_finite, check_size, check_tensor
from dynlib_kernels.arguments.scalars import check_count, check_place, whole
from dynlib_kernels.arguments.tensors import check_one_dtype
from dynlib_kernels.local_conv import local_conv
from dynlib_kernels.vandermonde import vandermonde

x = torch.zeros(2, 3, device=dynlib_kernels.DEVICE)
LOOP = unified_dynamics.DSF(*3 * [torch.ones(4, 1, 1)])


def test_good_tensors_pass():
    assert check_tensor("x", x, "(R, L)", REALS) is x
    assert check_tensor("x", x[0], "(L,)", REALS).ndim == 1
    check_one_dtype(x=x, y=x[0])
    check_finite(x=x)
    check_size("x", x, 1, 3, "y says")


REFUSED = {
    "no tensor": ([1.0], "(L,)", REALS, r"x is a list; give a tensor: torch.as_tensor\(x\)"),
    "integers": (x.long(), "(R, L)", REALS, r"x has dtype torch.int64; this kernel takes float32 or float64: x.to\("),
    "one dtype only": (x.half(), "(R, L)", REALS[:1], "x has dtype torch.float16; this kernel takes float32: "),
    "elsewhere": (x.to("meta"), "(R, L)", REALS, "x is on meta, but kernels run on"),
    "an axis too many": (x, "(L,)", REALS, r"x has shape \(2, 3\); it must be \(L,\)"),
    "an axis too few": (x, "(B, R, L)", REALS, r"x has shape \(2, 3\); it must be \(B, R, L\)"),
    "empty": (x[:, :0], "(R, L)", REALS, r"x has shape \(2, 0\); .* no axis may be empty"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    *args, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        check_tensor("x", *args)


@pytest.mark.skipif(dynlib_kernels.MODE != "interpret", reason="only the interpreter gets it wrong")
def test_bfloat16_is_refused_where_it_would_be_wrong():
    with pytest.raises(ValueError, match=r"x is bfloat16, which Triton's interpreter gets wrong; without a GPU use x.float\(\)"):
        check_tensor("x", x.bfloat16(), "(R, L)", HALVES)


def test_tensors_that_do_not_go_together():
    with pytest.raises(ValueError, match=r"y is torch.float64 on .* but x is torch.float32 .*: y.to\(x\)"):
        check_one_dtype(x=x, z=x, y=x.double())
    with pytest.raises(ValueError, match=r"x has shape \(2, 3\); its axis 1 must have 4 entries, as y says"):
        check_size("x", x, 1, 4, "y says")
    with pytest.raises(ValueError, match="y holds NaN or infinity"):
        check_finite(x=x, y=x / 0)


KERNELS = {
    "vandermonde": (lambda f: f(-x + 0j, x + 0j, 5), 10),
    "scan": (lambda f: f(0.5, x), 6),
    "linear_attention": (lambda f: f(*3 * [x[None, None]]), 6),
    "softmax_attention": (lambda f: f(*3 * [x[None, None]]), 6),
    "additive_scores": (lambda f: f(x[None], x[None, :1], x[0]), 2),
    "local_conv": (lambda f: f(x[:, None], x[:, None, :2]), 8),
    "spectral": (lambda f: f(x, x, x[0], "decay"), 6),
}


@pytest.mark.skipif(dynlib_kernels.MODE != "interpret", reason="only the interpreter is slow")
@pytest.mark.parametrize("name", KERNELS)
def test_a_long_call_of_the_interpreter_is_announced(name, monkeypatch):
    """At its usual size nothing is said, or every other test would fail; the limit counts the numbers of the result."""
    call, numbers = KERNELS[name]
    function = getattr(importlib.import_module(f"dynlib_kernels.{name}"), name)
    assert "Triton's interpreter, slowly" in function.__doc__
    assert call(function).numel() == numbers
    monkeypatch.setattr("dynlib_kernels.arguments.launches.SLOW", numbers)
    call(function)
    monkeypatch.setattr("dynlib_kernels.arguments.launches.SLOW", numbers - 1)
    with pytest.warns(RuntimeWarning, match=rf"^{name} computes {numbers} numbers in Triton's interpreter.*{name}_ref") as seen:
        call(function)
    assert seen[0].filename == __file__


def test_whole_numbers_of_any_kind():
    for value in (4, np.int64(4), np.uint8(4), np.array(4), torch.tensor(4)):
        found = whole(value)
        assert found == 4
        assert type(found) is int
        assert check_count("f", "n", value) == check_place("f", "n", value, 5) == 4
    for value in (4.0, np.float64(4), True, np.True_, torch.tensor(True), torch.tensor(4.0), np.array([4]), "4", None):
        assert whole(value) is None
        with pytest.raises(ValueError, match=r"^f: n = .* must be a whole number of at least 1$"):
            check_count("f", "n", value)


ASKS_FOR_WHOLE = {
    "s4d_lin": (lambda i: diagonal_ssm.s4d_lin(i(4)), "even whole number"),
    "S4D": (lambda i: diagonal_ssm.S4D(i(3), i(4))(torch.zeros(1, 3, 5)), "whole number"),
    "legs_basis": (lambda i: legs_limit.legs_basis(i(2), torch.ones(3)), "whole number of at least 0"),
    "taylor_features": (lambda i: unified_dynamics.taylor_features(torch.ones(2, 3), i(2)), "whole number of at least 0"),
    "DSF.rank": (lambda i: LOOP.rank(i(1)), "must lie between"),
    "DSF.mixing_matrix": (lambda i: LOOP.mixing_matrix(i(0)), "whole number from 0 to 0"),
    "describe": (lambda i: unified_dynamics.describe(LOOP, [i(1)]), "a moment lies between"),
    "mixing_matrix": (lambda i: mixing.mixing_matrix(np.cumsum, i(3)), "whole number of at least 1"),
    "memory_rank": (lambda i: mixing.memory_rank(np.eye(3), i(1)), "must lie between"),
    "multi_query_recall": (lambda i: multi_query_recall(i(2), L=i(8), pairs=i(2), vocab=i(8)), "whole number"),
    "sample_dsd": (lambda i: sample_dsd(i(2), i(2), i(3), 0.1, np.random.default_rng(0), fixed_at=i(1)), "whole number"),
    "advise": (lambda i: advise(np.random.default_rng(0).normal(size=(20, 2)), np.arange(20.0), folds=i(5)), "whole number"),
    "local_conv2d": (lambda i: LocallyConnected2d((4, 4), i(1), i(2), i(3), padding=i(1))(torch.ones(1, 1, 4, 4)), "whole"),
    "haar_orthogonal": (lambda i: haar_orthogonal(i(3), np.random.default_rng(0)), "whole number"),
    "held_karp": (lambda i: sample_examples("tsp", i(2), i(4), np.random.default_rng(0)), "whole number"),
    "scan_chunked": (lambda i: scan_chunked(torch.ones(3), torch.ones(3), chunk=i(2)), "whole number"),
    "vandermonde": (lambda i: vandermonde(-x + 0j, x + 0j, i(2)), "must be an int"),
    "local_conv": (lambda i: local_conv(x[:, None], x[:, None, :2], i(1)), "must be an int"),
}


@pytest.mark.parametrize("name", ASKS_FOR_WHOLE)
def test_numpys_whole_numbers_are_taken(name):
    """And a float is refused, even one without a fraction, in words that are true."""
    call, message = ASKS_FOR_WHOLE[name]
    call(int)
    call(np.int64)
    with pytest.raises(ValueError, match=message):
        call(np.float64)
