"""Scores, masks and mixing attention against loops, autograd and closed forms."""

import math

import pytest
import torch

from dynlib.pointer import (
    additive_scores,
    additive_scores_backward,
    content_attention,
    masked_log_softmax,
    scores,
    visited_mask,
)
from dynlib_kernels.additive_scores import additive_scores_ref


def inputs(B=2, n=5, m=3, H=4, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(*size, dtype=dtype, generator=generator).requires_grad_() for size in ((B, n, H), (B, m, H), (H,))]


def test_scores_are_the_triple_sum():
    E, D, v = inputs()
    u = additive_scores(E, D, v)
    assert u.shape == (2, 3, 5)
    for b, i, j in ((0, 0, 0), (1, 2, 4), (0, 2, 1)):
        by_hand = sum(v[h].item() * math.tanh(E[b, j, h].item() + D[b, i, h].item()) for h in range(4))
        assert u[b, i, j].item() == pytest.approx(by_hand, abs=1e-14)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 5, 3, 4), (3, 2, 7, 13)])
def test_step_by_step_is_all_at_once(monkeypatch, shape):
    E, D, v = inputs(*shape)
    G = torch.randn(shape[0], shape[2], shape[1], dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    wanted = additive_scores_ref(E, D, v)
    gradients = torch.autograd.grad(wanted, (E, D, v), G)
    monkeypatch.setattr(scores, "TABLE", 0)
    u = additive_scores(E, D, v)
    assert "Differentiable" in type(u.grad_fn).__name__, "the form by hand ran, and not the plain one"
    torch.testing.assert_close(u, wanted, rtol=0, atol=1e-14)
    for found, one in zip(torch.autograd.grad(u, (E, D, v), G), gradients, strict=True):
        torch.testing.assert_close(found, one, rtol=0, atol=1e-13)
    assert torch.autograd.gradcheck(additive_scores, inputs(*shape))
    dE, dD, _ = additive_scores_backward(E.detach(), D.detach(), v.detach(), G)
    torch.testing.assert_close(dE.sum(1), dD.sum(1), rtol=0, atol=1e-13)


def test_gauges_and_bound():
    E, D, v = (x.detach() for x in inputs())
    u, c = additive_scores(E, D, v), torch.tensor([0.3, -1.0, 2.0, 0.1], dtype=torch.float64)
    signs = torch.tensor([1.0, -1.0, -1.0, 1.0], dtype=torch.float64)
    torch.testing.assert_close(additive_scores(E + c, D - c, v), u, rtol=0, atol=1e-14)
    torch.testing.assert_close(additive_scores(E * signs, D * signs, v * signs), u, rtol=0, atol=1e-14)
    torch.testing.assert_close(additive_scores(-E, -D, v), -u, rtol=0, atol=1e-14)
    assert u.abs().max() <= v.abs().sum()
    assert additive_scores(E, D, 0 * v).abs().max() == 0


def test_masked_softmax_restricts_and_renormalises():
    u = torch.randn(3, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    mask = torch.tensor([0, 1, 0, 0, 1, 0, 0], dtype=torch.bool)
    p = masked_log_softmax(u, mask).exp()
    whole = torch.softmax(u, -1).masked_fill(mask, 0)
    torch.testing.assert_close(p, whole / whole.sum(-1, keepdim=True), rtol=0, atol=1e-15)
    torch.testing.assert_close(masked_log_softmax(u.T, mask[:, None], dim=0).exp().T, p)
    u.requires_grad_()
    masked_log_softmax(u, mask)[:, 0].sum().backward()
    assert u.grad[:, mask].abs().max() == 0


def test_visited_mask_forbids_what_came_before():
    mask = visited_mask(torch.tensor([[2, 1, 0, -100], [3, 2, 1, 0]]), 3)
    wanted = [[[0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0]], [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 1], [0, 1, 1, 1]]]
    assert mask.int().tolist() == wanted
    assert visited_mask(torch.tensor([[2, 1]]), 2, end=False).int().tolist() == [[[1, 0, 0], [1, 0, 1]]]
    assert visited_mask(torch.tensor([[0]]), 3).int().tolist() == [[[0, 0, 0, 0]]]


def test_content_attention_mixes():
    E, D, v = (x.detach() for x in inputs())
    values = torch.randn(2, 5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    mixed = content_attention(E, D, v, values)
    assert mixed.shape == (2, 3, 3)
    weights = torch.tensor([math.exp(x) for x in additive_scores(E, D, v)[1, 2].tolist()], dtype=torch.float64)
    torch.testing.assert_close(mixed[1, 2], weights @ values[1] / weights.sum())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda E, D, v: (E, D, v[:-1]), r"v of shape \(3,\) has H = 3, but E has H = 4"),
        (lambda E, D, v: (E, D[:1], v), "D of shape .* has B = 1, but E has B = 2"),
        (lambda E, D, v: (E.float(), D, v), "give both one precision"),
        (lambda E, D, v: (E.long(), D, v), "E is torch.int64"),
        (lambda E, D, v: (E[:0], D[:0], v), "holds nothing"),
        (lambda E, D, v: (E / 0, D, v), "E holds nan or inf"),
        (lambda E, D, v: (E[0], D, v), r"E has shape \(5, 4\); give it the axes \(B, n, H\)"),
    ],
)
def test_scores_refuse(change, message):
    with pytest.raises(ValueError, match=message):
        additive_scores(*change(*(x.detach() for x in inputs())))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: masked_log_softmax(torch.zeros(2, 3), torch.ones(3, dtype=torch.bool)), "forbids every place of a row"),
        (lambda: masked_log_softmax(torch.zeros(2, 3), torch.ones(3)), "mask is torch.float32; it must be a bool tensor"),
        (lambda: masked_log_softmax(torch.full((2, 3), torch.nan), torch.zeros(3, dtype=torch.bool)), "u holds nan or inf"),
        (lambda: visited_mask(torch.tensor([[1, 4]]), 3), "T names place 4, but with n = 3 points the places must be 0"),
        (lambda: visited_mask(torch.tensor([[1, 2, 1]]), 3), r"T\[0, 2\] visits point 1 a second time"),
        (lambda: visited_mask(torch.tensor([1, 2]), 3), r"give places as an int64 tensor \(B, m\)"),
        (lambda: visited_mask(torch.tensor([[1.0]]), 3), r"T is torch.float32 \(1, 1\)"),
        (
            lambda: additive_scores_backward(*(x.detach() for x in inputs()), torch.zeros(2, 5, 3, dtype=torch.float64)),
            "G of shape .* has m = 5",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
