"""The sum of exponentials K_l = 2 Re Σ_n c_n e^{l z_n} in two levels: N (L/B + B) exponentials instead of N L.

Write a lag as l = B a + j with 0 ≤ j < B. Then e^{l z} = e^{B a z} e^{j z}: one small table over a, one over j, and

    K[B a + j] = 2 Re Σ_n (c_n e^{B a z_n}) e^{j z_n}    is their matrix product over n.

The field calls the matrix e^{l z_n} a Vandermonde matrix. The plain form, which stores all of it, is
``vandermonde_ref`` of ``dynlib_kernels.vandermonde``; the same two levels for a GPU are its ``vandermonde``. Here they are in
plain torch, for any device: ``vandermonde_tables`` as one writes it down, and ``vandermonde_two_level`` with real arithmetic,
phases that stay exact, and a backward pass by hand. With g = ∂loss/∂K and torch's convention for complex gradients,

    grad_c = 2 conj(S),      S_n = Σ_l g_l e^{l z_n}   = Σ_a e^{B a z} Σ_j g e^{j z}
    grad_z = 2 conj(c T),    T_n = Σ_l l g_l e^{l z_n} = Σ_a e^{B a z} (B a Σ_j g e^{j z} + Σ_j j g e^{j z})

so it is two more matrix products with the tables of the forward pass. B is the power of two next to √L.

Rounding for Re z ≤ 0, with u = 2⁻²⁴ in float32 and 2⁻⁵³ in float64, at every lag and for any length:
    |K − exact| ≤ 2 (2 N + 48) u Σ_n |c_n|
What float32 must not do is multiply the phase out: l Im z is rounded at its own size and loses l |Im z| u, 1 part in 1000 at
l = 16,384 and one radian a step. Here the phase is counted in turns, in float64, and whole turns are dropped before rounding:
2π u, whatever l. Then sin, cos and exp (2 u each), the exponent x = l Re z (|x| eˣ u ≤ u/e) and one product: below 14 u an
entry, and there are two; 3 u for the product with c; and 2 N u for a sum of 2 N products. In float64 no finer phase exists: add
4 l |Im z| u.

Source: Gu, Gupta, Goel and Ré (2022), section 3.3, for the kernel; the two levels and their gradient are ours.
"""

import math
from functools import partial

from dynlib_kernels.arguments.scalars import check_count
from dynlib_kernels.arguments.tensors import check_numbers
from dynlib_kernels.derivatives import ByHand, differentiable
from dynlib_kernels.engine import torch
from dynlib_kernels.precision import full_precision
from dynlib_kernels.vandermonde import vandermonde_ref


@full_precision
def vandermonde_materialised(z: torch.Tensor, c: torch.Tensor, L: int) -> torch.Tensor:
    """The plain form, by way of the table (..., N, L), checked, and for real modes too.

    Parameters
    ----------
    z, c : (..., N) tensor
        As in ``vandermonde_two_level``.
    L : int
        As in ``vandermonde_two_level``.

    Returns
    -------
    (..., L) real tensor
        As ``vandermonde_two_level``. Its float32 error grows: l |Im z| u on each term.

    Raises
    ------
    ValueError
        As ``vandermonde_two_level``.

    Notes
    -----
    Cost: N L exponentials. Memory: several tables of N L complex numbers.
    """
    z, c, L = _arguments("vandermonde_materialised", z, c, L)
    if z.is_complex():
        return vandermonde_ref(z, c, L)
    return vandermonde_ref(torch.complex(z, torch.zeros_like(z)), torch.complex(c / 2, torch.zeros_like(c)), L)


@full_precision
def vandermonde_tables(z: torch.Tensor, c: torch.Tensor, L: int) -> torch.Tensor:
    """The two-level form as one writes it down: two tables, one matrix product, gradient by torch.

    Parameters
    ----------
    z, c : (..., N) tensor
        As in ``vandermonde_two_level``.
    L : int
        As in ``vandermonde_two_level``.

    Returns
    -------
    (..., L) real tensor
        As ``vandermonde_two_level``. Its float32 error grows: l |Im z| u on each term.

    Raises
    ------
    ValueError
        As ``vandermonde_two_level``.
    """
    z, c, L = _arguments("vandermonde_tables", z, c, L)
    B, A = block(L)
    coarse = c[..., None] * torch.exp(z[..., None] * (B * torch.arange(A, device=z.device)))  # (..., N, A)
    fine = torch.exp(z[..., None] * torch.arange(B, device=z.device))  # (..., N, B)
    return _product(coarse, fine, L)


@full_precision
def vandermonde_two_level(z: torch.Tensor, c: torch.Tensor, L: int) -> torch.Tensor:
    """K_l = 2 Re Σ_n c_n e^{l z_n} for l = 0 … L−1; for real modes K_l = Σ_n c_n e^{l z_n}.

    Differentiable in z and c; for what is more than a gradient torch goes through the two tables, with
    the same exact phases. Growing modes are allowed as long as nothing overflows; the
    bound in the module's text is for Re z ≤ 0.

    Parameters
    ----------
    z, c : (..., N) tensor
        Both complex or both real, broadcast against each other; z = A dt per step.
    L : int
        At least 1.

    Returns
    -------
    (..., L) real tensor
        The kernel.

    Raises
    ------
    ValueError
        For half precision, nan or inf, real z with complex c or the reverse, shapes that do not
        fit, L < 1.

    Notes
    -----
    Cost: N (L/B + B) exponentials and 4 N L flops of matrix product, twice that backwards. Memory:
    K, and N (L/B + B) complex numbers a row; backwards four times those tables, N L/B being the
    largest.
    """
    z, c, L = _arguments("vandermonde_two_level", z, c, L)
    by_hand = ByHand(plain=partial(_plain, L=L), forward=partial(_forward, L=L), backward=_backward)
    return differentiable(by_hand, z.reshape(-1, z.shape[-1]), c.reshape(-1, c.shape[-1])).reshape(*z.shape[:-1], L)


def block(L: int) -> tuple[int, int]:
    """B, the power of two next to √L, and A = ⌈L/B⌉, the number of blocks.

    Parameters
    ----------
    L : int
        The length.

    Returns
    -------
    B, A : int
        Lags in a block, and blocks.
    """
    L = check_count("block", "L", L)
    B = 2 ** round(math.log2(L) / 2)
    return B, -(-L // B)


def _arguments(where, z, c, L):
    L = check_count(where, "L", L)
    for name, x in (("z", z), ("c", c)):
        if check_numbers(where, name, x).ndim < 1:
            raise ValueError(f"{where}: {name} has no axis and shape (); its last axis counts the modes, so it must be (..., N)")
    if z.dtype != c.dtype:
        raise ValueError(f"{where}: z is {z.dtype} but c is {c.dtype}; give both one dtype: c.to(z.dtype)")
    if z.shape[-1] != c.shape[-1]:
        raise ValueError(f"{where}: z has {z.shape[-1]} modes but c has {c.shape[-1]}; each mode must have one weight")
    try:
        return *torch.broadcast_tensors(z, c), L
    except RuntimeError:
        shapes = f"z {tuple(z.shape)} and c {tuple(c.shape)}"
        raise ValueError(f"{where}: {shapes} do not broadcast; give c one row for each row of z") from None


def _product(coarse, fine, L):
    K = (coarse.mT @ fine).flatten(-2)[..., :L]
    return 2 * K.real if K.is_complex() else K


def _plain(z, c, L):
    """As ``vandermonde_tables``, with phases counted in turns: torch differentiates it as often as one likes."""
    B, A = block(L)
    return _product(c[..., None] * _powers(z, B, A), _powers(z, 1, B), L)


def _powers(z, step, count):
    """e^{k·step·z} for k < count: (..., N, count)."""
    k = step * torch.arange(count, device=z.device)
    if not z.is_complex():
        return torch.exp(z[..., None] * k)
    turns = (z.imag.double() / (2 * math.pi))[..., None] * k
    phase = ((turns - turns.detach().trunc()) * (2 * math.pi)).to(z.real.dtype)
    size = torch.exp(z.real[..., None] * k)
    return torch.complex(size * torch.cos(phase), size * torch.sin(phase))


def _parts(x):
    """(rows, N) real or complex → (rows, 1 or 2, N, 1), real: its real and, if complex, imaginary part."""
    return (torch.view_as_real(x.resolve_conj()).mT if x.is_complex() else x[:, None])[..., None]


def _table(z, step, count):
    """e^{k·step·z} for k < count: (rows, 1 or 2, N, count), real; real and imaginary part for complex z."""
    k = step * torch.arange(count, device=z.device)
    size = torch.exp(z.real[..., None] * k)
    if not z.is_complex():
        return size[:, None]
    phase = ((z.imag.double() / (2 * math.pi))[..., None] * k).frac_().mul_(2 * math.pi).to(size.dtype)
    table = size.new_empty(len(z), 2, *size.shape[1:])  # filled in place: fresh memory costs more than the arithmetic
    torch.cos(phase, out=table[:, 0])
    torch.sin(phase, out=table[:, 1])
    return table.mul_(size[:, None])


def _times(c, table):
    """(c · table) for complex numbers stored as parts, axis 1. c (rows, parts, N, 1)."""
    product = c[:, :1] * table
    if table.shape[1] == 2:
        product[:, 0].addcmul_(c[:, 1], table[:, 1], value=-1)
        product[:, 1].addcmul_(c[:, 1], table[:, 0])
    return product


def _forward(z, c, L):
    """Rows h, parts p (real, imaginary), blocks a, lags within a block j: K[h, a, j] = Σ_pn U[h, pn, a] V[h, pn, j]."""
    B, A = block(L)
    coarse, fine = _table(z, B, A), _table(z, 1, B)
    U = _times(_parts(c), coarse)
    if z.is_complex():
        U[:, 0].mul_(2)  # 2 Re(u v) = 2 u_re v_re − 2 u_im v_im
        U[:, 1].mul_(-2)
    K = torch.bmm(U.flatten(1, 2).mT, fine.flatten(1, 2))
    return K.flatten(1)[:, :L], (coarse, fine)


def _backward(g, inputs, kept, needed):
    (_, c), (coarse, fine) = inputs, kept
    A, B = coarse.shape[-1], fine.shape[-1]
    g = torch.nn.functional.pad(g, (0, A * B - g.shape[-1])).view(len(g), A, B)
    V = fine.flatten(1, 2)
    j, Ba = (torch.arange(n, device=g.device, dtype=g.dtype) for n in (B, A))
    Ba *= B
    inner = torch.bmm(V, g.mT)  # Σ_j g e^{jz}: (rows, parts·N, A)
    moment = torch.bmm(V * j, g.mT).addcmul_(inner, Ba)  # Σ_j l g e^{jz}
    S, T = (_contract(coarse, x.view_as(coarse)) for x in (inner, moment))
    if not c.is_complex():
        return c * T[:, 0], S[:, 0]
    S, T = (torch.complex(x[:, 0], x[:, 1]) for x in (S, T))
    return 2 * (c * T).conj(), 2 * S.conj()


def _contract(x, y):
    """Σ_a x y for complex numbers stored as parts, axis 1: (rows, parts, N)."""
    if x.shape[1] == 1:
        return torch.linalg.vecdot(x, y)
    real = torch.linalg.vecdot(x, y).sum(1) - 2 * torch.linalg.vecdot(x[:, 1], y[:, 1])
    imag = torch.linalg.vecdot(x[:, 0], y[:, 1]) + torch.linalg.vecdot(x[:, 1], y[:, 0])
    return torch.stack([real, imag], 1)
