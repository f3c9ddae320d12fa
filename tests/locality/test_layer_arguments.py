"""What ``LocallyConnected2d`` and its function take, and whom they blame."""

import numpy as np
import pytest
import torch

from dynlib.locality.layer import LocalLinear, LocallyConnected2d, local_conv2d


def test_a_picture_of_another_size_is_blamed_on_the_picture():
    layer = LocallyConnected2d((5, 9), 1, 2, 3, stride=2)
    assert layer(torch.zeros(1, 1, 5, 9)).shape == (1, 2, 2, 4)
    for shape in ((1, 1, 6, 9), (1, 1, 5, 10), (1, 1, 9, 5), (1, 2, 5, 9), (1, 5, 9)):
        with pytest.raises(ValueError, match=r"^LocallyConnected2d: x has shape .*; it must be \(B, C = 1, H = 5, W = 9\)$"):
            layer(torch.zeros(shape))


def test_a_picture_whose_positions_are_as_many_is_refused_all_the_same():
    """With stride 2 a picture of 6 × 9 has as many positions as one of 5 × 9, and so fits the weights by chance."""
    layer = LocallyConnected2d((5, 9), 1, 2, 3, stride=2)
    y = local_conv2d(torch.zeros(1, 1, 6, 9), layer.weight, 3, 2)
    assert y.shape == (1, 2, 2, 4)
    with pytest.raises(ValueError, match="x has shape"):
        layer(torch.zeros(1, 1, 6, 9))


@pytest.mark.parametrize("padding", ["same", "valid", 1.5, 1.0, -1, None, (1, 1), True, np.float64(1), float("nan")])
def test_padding_is_a_number_of_zeros(padding):
    for make in (
        lambda: LocallyConnected2d((5, 9), 1, 2, 3, padding=padding),
        lambda: local_conv2d(torch.zeros(1, 1, 5, 9), torch.zeros(21, 2, 9), 3, padding=padding),
    ):
        with pytest.raises(ValueError, match=r"padding = .* must be a whole number of at least 0"):
            make()


@pytest.mark.parametrize("size", [5, "59", (5,), (5, 9, 1), None, 5.0, torch.tensor(5)])
def test_a_size_is_a_height_and_a_width(size):
    with pytest.raises(
        ValueError, match=r"LocallyConnected2d: size = .* must be the height and the width of a picture, such as \(28, 28\)"
    ):
        LocallyConnected2d(size, 1, 2, 3)


@pytest.mark.parametrize("size", [(5, 9.0), (0, 9), (5, -9), ("5", 9), (5, None)])
def test_height_and_width_are_whole_numbers(size):
    with pytest.raises(
        ValueError, match=r"LocallyConnected2d: size = .* must be a whole number of at least 1; it stands in size = "
    ):
        LocallyConnected2d(size, 1, 2, 3)


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_numpys_whole_numbers_make_the_same_layer(kind):
    torch.manual_seed(0)
    layer = LocallyConnected2d((5, 9), 1, 2, 3, stride=2, padding=1)
    torch.manual_seed(0)
    same = LocallyConnected2d((kind(5), kind(9)), kind(1), kind(2), kind(3), stride=kind(2), padding=kind(1))
    x = torch.rand(2, 1, 5, 9)
    torch.testing.assert_close(same(x), layer(x), rtol=0, atol=0)
    torch.manual_seed(0)
    linear = LocalLinear(3, 2, 4)
    torch.manual_seed(0)
    torch.testing.assert_close(LocalLinear(kind(3), kind(2), kind(4)).weight, linear.weight, rtol=0, atol=0)


def test_a_weight_that_does_not_fit_is_told_what_asks_for_it():
    with pytest.raises(
        ValueError,
        match=r"weight has shape \(6, 2, 4\); it must be \(P = 21, .*as x of shape \(1, 1, 5, 9\) asks with kernel_size = 3",
    ):
        local_conv2d(torch.zeros(1, 1, 5, 9), torch.zeros(6, 2, 4), 3)
