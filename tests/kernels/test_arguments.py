"""The refusals that all kernels share: each names the argument, its value and the remedy."""
import pytest
import torch

import dynlib_kernels
from dynlib_kernels.arguments.launches import HALVES, REALS, check_finite, check_size, check_tensor
from dynlib_kernels.arguments.tensors import check_one_dtype

x = torch.zeros(2, 3, device=dynlib_kernels.DEVICE)


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
