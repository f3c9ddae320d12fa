"""Functions whose value and first derivative are written by hand, and whose further derivatives torch makes.

A function that is computed fast has a plain form, of operations of torch, which says the same slowly. Where only a value and a
gradient are asked for, what is written by hand runs. Everything else comes from the plain form, and so is right by itself:

    the graph of a gradient (``create_graph=True``), of which higher derivatives are made
    the transforms of ``torch.func``: vmap, grad, jvp, jacrev, jacfwd, hessian
    gradients for many vectors at once (``is_grads_batched=True``)
    ``torch.compile`` and ``torch.export``, which see through the plain form and not through a kernel

Forward derivatives by ``torch.autograd.forward_ad`` are refused by torch; ``torch.func.jvp`` is another way to them.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dynlib_kernels.arguments.values import traced
from dynlib_kernels.engine import torch
from dynlib_kernels.precision import without_autocast

__all__ = ["ByHand", "differentiable", "is_many"]


class ByHand(NamedTuple):
    """One function of tensors, in the three ways in which it is computed.

    Attributes
    ----------
    plain : callable
        plain(*inputs) → the value, by operations of torch that can be differentiated again.
    forward : callable
        forward(*inputs) → the value and a sequence of tensors that ``backward`` wants.
    backward : callable
        backward(g, inputs, kept, needed) → a gradient, or None where it is not needed, for each
        input; g is ∂loss/∂value.
    """

    plain: Callable[..., torch.Tensor]
    forward: Callable[..., tuple[torch.Tensor, Sequence[torch.Tensor]]]
    backward: Callable[..., Sequence[torch.Tensor | None]]


def differentiable(function: ByHand, *inputs: torch.Tensor) -> torch.Tensor:
    """The function's value, differentiable any number of times.

    Parameters
    ----------
    function : ByHand
        The function.
    *inputs : tensor
        All of its tensors.

    Returns
    -------
    tensor
        The value.
    """
    return function.plain(*inputs) if traced() else _Differentiable.apply(function, *inputs)


def is_many(g: torch.Tensor) -> bool:
    """Whether g stands for many tensors of its shape, as ``torch.autograd.grad(…, is_grads_batched=True)`` makes it.

    Parameters
    ----------
    g : tensor
        What a backward was given.

    Returns
    -------
    bool
        True if it has more numbers than its shape says.
    """
    return torch._C._functorch.is_legacy_batchedtensor(g)  # it has no public name


class _Differentiable(torch.autograd.Function):
    @staticmethod
    def forward(ctx, function, *inputs):
        value, kept = function.forward(*inputs)
        ctx.function, ctx.count = function, len(inputs)
        ctx.save_for_backward(
            *inputs, *kept
        )  # the inputs themselves and no copies of them: further derivatives lead through them
        return value

    @staticmethod
    def backward(ctx, g):
        inputs, kept = ctx.saved_tensors[: ctx.count], ctx.saved_tensors[ctx.count :]
        with without_autocast(g.device.type):
            if torch.is_grad_enabled() or traced() or is_many(g):  # it is to be differentiated, or g stands for many
                gradients = torch.func.vjp(ctx.function.plain, *inputs)[1](g)
            else:
                gradients = ctx.function.backward(g, inputs, kept, ctx.needs_input_grad[1:])
        return None, *gradients
