"""Every model as the loop against its own equations, written here a second time as its authors write them."""

import math

import pytest
import torch

from dynlib.unified_dynamics import (
    DSF,
    deltanet,
    elu_attention,
    from_dense,
    generalised_attention,
    gla,
    hgrn2,
    lstm,
    lti,
    mlstm,
    multi_head_elu_attention,
    normalised_attention,
    qlstm,
    retnet,
    reversed_sigmoid,
    rglru,
    rwkv5,
    s6,
    separable_attention,
    ssd,
    truncated_softmax,
)

L, D, N, HEADS = 11, 4, 3, 2


class Draw:
    """Random tensors in float64; the same seed gives the same ones."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape, dtype=torch.float64):
        return torch.randn(shape, dtype=dtype, generator=self.generator)

    def gate(self, *shape):
        return torch.sigmoid(self.normal(*shape) + 1)

    def positive(self, *shape):
        return torch.exp(0.5 * self.normal(*shape))


def attention(scores, u, W_V):
    """y_i = Σ_{j ≤ i} scores_ij W_V u_j, pair by pair."""
    return torch.stack([sum(scores(i, j) * (W_V @ u[j]) for j in range(i + 1)) for i in range(len(u))])


def elu1(x):
    return torch.nn.functional.elu(x) + 1


def native_separable(u, phi_q, psi_k, eta, W_V):
    return attention(lambda i, j: phi_q[i] @ psi_k[j] / eta[i], u, W_V)


def native_linear(u, q, k, W_V):
    return attention(lambda i, j: elu1(q[i]) @ elu1(k[j]) / sum(elu1(q[i]) @ elu1(k[r]) for r in range(i + 1)), u, W_V)


def native_generalised(u, q, k, W_V, eta):
    return attention(lambda i, j: q[i] @ k[j] / eta[i], u, W_V)


def native_plain(u, q, k, W_V):
    return attention(lambda i, j: q[i] @ k[j], u, W_V)


def native_normalised(u, q, k, W_V, log_eta):
    return attention(lambda i, j: q[i] @ k[j] / torch.exp(log_eta[i]), u, W_V)


def native_truncated(u, q, k, W_V):
    def cut(x):
        return sum(x**r / math.factorial(r) for r in range(5))

    return attention(lambda i, j: cut(q[i] @ k[j]) / sum(cut(q[i] @ k[r]) for r in range(i + 1)), u, W_V)


def native_multi_head(u, q, k, W_V):
    width = D // HEADS
    return torch.cat([native_linear(u, q[:, r], k[:, r], W_V)[:, r * width : (r + 1) * width] for r in range(HEADS)], 1)


def native_s6(u, delta, b, c, A, skip):
    h, y = torch.zeros_like(A), []
    for i in range(len(u)):
        h = torch.exp(-delta[i, :, None] * A) * h + delta[i, :, None] * b[i] * u[i, :, None]
        y.append(h @ c[i] + skip[i] * u[i])
    return torch.stack(y)


def native_ssd(u, delta, b, c, a):
    """The masked form, (M ∘ C Bᵀ) X with M_ij = e^{−a (δ_{j+1} + … + δ_i)}, head by head."""
    parts = []
    for r, x in enumerate(u.split(D // HEADS, 1)):
        mask = torch.stack(
            [
                torch.stack([torch.exp(-a[r] * delta[j + 1 : i + 1, r].sum()) * (j <= i) for j in range(len(u))])
                for i in range(len(u))
            ]
        )
        parts.append((mask * (c @ b.T)) @ (delta[:, r, None] * x))
    return torch.cat(parts, 1)


def native_lti(u, A_bar, B_bar, C, skip):
    """The convolution with K_l = Σ C A^l B, for complex modes with their conjugates written out."""
    if A_bar.is_complex():
        A_bar, B_bar, C = (torch.cat([x, x.conj()], 1) for x in (A_bar, B_bar, C))
    K = torch.stack([(C * A_bar**lag * B_bar).sum(1) for lag in range(len(u))])
    K = K.real if K.is_complex() else K
    return torch.stack([sum(K[i - j] * u[j] for j in range(i + 1)) for i in range(len(u))]) + skip * u


def native_qlstm(u, forget, input, output, W_u):
    x, y = torch.zeros(D, dtype=u.dtype), []
    for i in range(len(u)):
        x = forget[i] * x + input[i] * (W_u @ u[i])
        y.append(output[i] * x)
    return torch.stack(y)


def native_rglru(u, decay, gate):
    x, y = torch.zeros(D, dtype=u.dtype), []
    for i in range(len(u)):
        x = decay[i] * x + torch.sqrt(1 - decay[i] ** 2) * (gate[i] * u[i])
        y.append(x)
    return torch.stack(y)


def native_retnet(u, q, k, W_V, gamma):
    return attention(lambda i, j: gamma ** (i - j) * (q[i] @ k[j]), u, W_V)


def native_gla(u, q, k, W_V, alpha):
    S, y = torch.zeros(N, D, dtype=u.dtype), []
    for i in range(len(u)):
        S = alpha[i, :, None] * S + torch.outer(k[i], W_V @ u[i])
        y.append(S.T @ q[i])
    return torch.stack(y)


def native_hgrn2(u, q, alpha, W_V):
    S, y = torch.zeros(N, D, dtype=u.dtype), []
    for i in range(len(u)):
        S = torch.diag(alpha[i]) @ S + torch.outer(1 - alpha[i], W_V @ u[i])
        y.append(q[i] @ S)
    return torch.stack(y)


def native_mlstm(u, q, k, W_V, forget, input):
    S, normaliser, y = torch.zeros(N, D, dtype=u.dtype), torch.zeros(N, dtype=u.dtype), []
    for i in range(len(u)):
        S = forget[i] * S + input[i] * torch.outer(k[i], W_V @ u[i])
        normaliser = forget[i] * normaliser + input[i] * k[i]
        y.append(S.T @ q[i] / torch.maximum((normaliser @ q[i]).abs(), torch.ones((), dtype=u.dtype)))
    return torch.stack(y)


def native_rwkv5(u, q, k, W_V, w, bonus):
    S, y = torch.zeros(N, D, dtype=u.dtype), []
    for i in range(len(u)):
        new = torch.outer(k[i], W_V @ u[i])
        y.append(q[i] @ (S + bonus[:, None] * new))
        S = w[:, None] * S + new
    return torch.stack(y)


def qkw(draw):
    return {"q": draw.normal(L, N), "k": draw.normal(L, N), "W_V": draw.normal(D, D)}


def filters(draw, dtype):
    A_bar = draw.normal(D, N, dtype=dtype)
    return {
        "A_bar": 0.95 * A_bar / A_bar.abs().amax(),
        "B_bar": draw.normal(D, N, dtype=dtype),
        "C": draw.normal(D, N, dtype=dtype),
        "skip": draw.normal(D),
    }


def lti_form(A_bar, B_bar, C, skip):
    return lti(A_bar, B_bar, C, skip, L=L)


FORMS = {
    "separable": (
        separable_attention,
        native_separable,
        lambda r: {"phi_q": r.normal(L, N), "psi_k": r.normal(L, N), "eta": r.positive(L), "W_V": r.normal(D, D)},
    ),
    "linear": (elu_attention, native_linear, qkw),
    "generalised": (generalised_attention, native_generalised, lambda r: {**qkw(r), "eta": -r.positive(L)}),
    "generalised, no normaliser": (generalised_attention, native_plain, qkw),
    "normalised": (normalised_attention, native_normalised, lambda r: {**qkw(r), "log_eta": r.normal(L)}),
    "truncated softmax": (lambda q, k, W_V: truncated_softmax(q, k, 4, W_V, scale=1), native_truncated, qkw),
    "multi-head": (
        multi_head_elu_attention,
        native_multi_head,
        lambda r: {"q": r.normal(L, HEADS, N), "k": r.normal(L, HEADS, N), "W_V": r.normal(D, D)},
    ),
    "S6": (
        s6,
        native_s6,
        lambda r: {
            "delta": r.positive(L, D),
            "b": r.normal(L, N),
            "c": r.normal(L, N),
            "A": r.positive(D, N),
            "skip": r.normal(L, D),
        },
    ),
    "SSD": (
        lambda delta, b, c, a: ssd(delta, b, c, a, D),
        native_ssd,
        lambda r: {"delta": r.positive(L, HEADS), "b": r.normal(L, N), "c": r.normal(L, N), "a": r.positive(HEADS)},
    ),
    "LTI, real": (lti_form, native_lti, lambda r: filters(r, torch.float64)),
    "LTI, complex": (lti_form, native_lti, lambda r: filters(r, torch.complex128)),
    "qLSTM": (
        qlstm,
        native_qlstm,
        lambda r: {"forget": r.gate(L, D), "input": r.gate(L, D), "output": r.gate(L, D), "W_u": r.normal(D, D)},
    ),
    "RG-LRU": (rglru, native_rglru, lambda r: {"decay": r.gate(L, D), "gate": r.gate(L, D)}),
    "RetNet": (retnet, native_retnet, lambda r: {**qkw(r), "gamma": torch.tensor(0.9, dtype=torch.float64)}),
    "GLA": (gla, native_gla, lambda r: {**qkw(r), "alpha": r.gate(L, N)}),
    "HGRN2": (hgrn2, native_hgrn2, lambda r: {"q": r.normal(L, N), "alpha": r.gate(L, N), "W_V": r.normal(D, D)}),
    "mLSTM": (mlstm, native_mlstm, lambda r: {**qkw(r), "forget": r.gate(L), "input": r.positive(L)}),
    "RWKV-5": (rwkv5, native_rwkv5, lambda r: {**qkw(r), "w": r.gate(N), "bonus": r.normal(N)}),
}


def drawn(name, seed=0):
    """(loop, the model's own outputs, u, leaves) of one row, everything with gradients."""
    build, native, arguments = FORMS[name]
    draw = Draw(seed)
    u = draw.normal(L, D).requires_grad_()
    leaves = {key: x.requires_grad_() for key, x in arguments(draw).items()}
    return build(**leaves), native(u, **leaves), u, leaves


@pytest.mark.parametrize("name", FORMS)
def test_the_loop_is_the_model_forwards_and_backwards(name):
    loop, expected, u, leaves = drawn(name)
    assert isinstance(loop, DSF)
    assert (loop.L, loop.d) == (L, D)
    found = loop.run(u)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    push = Draw(1).normal(L, D)
    inputs = [u, *leaves.values()]
    slopes = (torch.autograd.grad(y, inputs, push) for y in (found, expected))
    for key, one, two in zip(["u", *leaves], *slopes, strict=True):
        scale = 1 + two.abs().max().item()
        torch.testing.assert_close(one, two, rtol=0, atol=1e-10 * scale, msg=lambda text, key=key: f"gradient in {key}: {text}")


@pytest.mark.parametrize("name", FORMS)
def test_the_matrices_written_out_step_by_step(name):
    loop, expected, u, _ = drawn(name)
    assert loop.state_size == loop.n * D * (2 if name == "LTI, complex" else 1)
    h, y = torch.zeros(loop.n * D, dtype=loop.decay.dtype), []
    for i in range(L):
        Lambda, B, C, skip = loop.dense(i)
        h = Lambda @ h + B @ u[i].to(B.dtype)
        read = C @ h
        y.append((read.real if read.is_complex() else read) + skip @ u[i])
    torch.testing.assert_close(torch.stack(y), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", FORMS)
def test_the_matrix_and_its_tables(name):
    loop, expected, u, _ = drawn(name)
    Phi = loop.operators()
    torch.testing.assert_close(torch.einsum("ijcd,jd->ic", Phi, u), expected, rtol=0, atol=1e-10)
    W = torch.eye(D, dtype=torch.float64) if loop.value is None else loop.value
    for channel in range(D):
        torch.testing.assert_close(loop.mixing_matrix(channel)[..., None] * W[channel], Phi[:, :, channel], rtol=0, atol=1e-12)
    assert (Phi[torch.ones(L, L).triu(1).bool()] == 0).all()


@pytest.mark.parametrize("name", [name for name in FORMS if name != "LTI, complex"])
def test_from_matrices_back_to_the_loop(name):
    loop, expected, u, _ = drawn(name)
    again = from_dense(*(torch.stack(parts) for parts in zip(*(loop.dense(i) for i in range(L)), strict=True)))
    assert (again.L, again.d, again.n) == (loop.L, loop.d, loop.n)
    torch.testing.assert_close(again.run(u), expected, rtol=0, atol=1e-10)


# What the paper prints wrongly, and what follows from the rows.


def test_the_printed_15b_is_wrong_and_appendix_b_is_right():
    loop, expected, u, leaves = drawn("linear")
    eta = torch.stack([elu1(leaves["q"][i]) @ elu1(leaves["k"][: i + 1]).sum(0) for i in range(L)])
    before = torch.cat([torch.ones(1, dtype=torch.float64), eta[:-1]])
    printed = DSF(loop.decay, elu1(leaves["k"])[:, None] / before[:, None, None], loop.read, loop.value)
    assert (printed.run(u) - expected).abs().max() > 0.1
    right = DSF(loop.decay, elu1(leaves["k"])[:, None] / eta[:, None, None], loop.read, loop.value)
    torch.testing.assert_close(right.run(u), expected, rtol=0, atol=1e-10)


def test_the_printed_20b_would_keep_the_diagonal_of_w_u_only():
    loop, expected, u, _ = drawn("qLSTM")
    entrywise = DSF(loop.decay, loop.write, loop.read, torch.diag(torch.diagonal(loop.value)))
    assert (entrywise.run(u) - expected).abs().max() > 0.1


def test_euler_is_not_zero_order_hold():
    loop, _, u, leaves = drawn("S6")
    write = -torch.expm1(-leaves["delta"][..., None] * leaves["A"]) / leaves["A"] * leaves["b"][:, None]
    exact = DSF(loop.decay, write, loop.read, skip=loop.skip)
    assert (exact.run(u) - loop.run(u)).abs().max() > 0.1


def test_decays_of_linear_attention_exceed_1():
    draw = Draw(0)
    loop = elu_attention(draw.normal(32, N), draw.normal(32, N), draw.normal(D, D))
    assert (loop.decay[1:] > 1).any()
    assert (loop.decay[1:] < 1).any()


def test_normalised_attention_is_an_output_gate():
    """P4: e^{−log η} after the loop, and no forgetting: the decays of the loop before the gate are 1."""
    loop, expected, u, leaves = drawn("normalised")
    plain = generalised_attention(leaves["q"], leaves["k"], leaves["W_V"])
    assert (plain.decay == 1).all()
    torch.testing.assert_close(torch.exp(-leaves["log_eta"])[:, None] * plain.run(u), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(loop.gauge(torch.exp(leaves["log_eta"])[:, None, None]).decay, plain.decay, rtol=0, atol=1e-12)


def test_s6_contains_attention_without_a_normaliser():
    """P3, first half: A = 0, Δ = 1, W_V = I."""
    draw = Draw(0)
    q, k, u = draw.normal(L, N), draw.normal(L, N), draw.normal(L, D)
    one = s6(torch.ones(L, D, dtype=q.dtype), k, q, torch.zeros(D, N, dtype=q.dtype))
    expected = native_plain(u, q, k, torch.eye(D, dtype=q.dtype))
    torch.testing.assert_close(one.run(u), expected, rtol=0, atol=1e-12)


def test_s6_contains_linear_attention_in_the_other_gauge():
    """A = 0, Δ = 1 and 1/η_i in the read; in the first gauge S6's decays ≤ 1 do not reach those of attention."""
    loop, expected, u, leaves = drawn("linear")
    eta = (elu1(leaves["q"]) * elu1(leaves["k"]).cumsum(0)).sum(1, keepdim=True)
    one = s6(torch.ones(L, D, dtype=u.dtype), elu1(leaves["k"]), elu1(leaves["q"]) / eta, torch.zeros(D, N, dtype=u.dtype))
    torch.testing.assert_close(one.run(u @ leaves["W_V"].T), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(loop.gauge(eta[..., None]).decay[1:], one.decay[1:], rtol=0, atol=1e-12)


@pytest.mark.parametrize("a", [0.3, 1.0, 2.5])
def test_reversed_sigmoid(a):
    x = torch.linspace(-30, 30, 241, dtype=torch.float64)
    found = reversed_sigmoid(x) ** a
    torch.testing.assert_close(torch.exp(-a * torch.nn.functional.softplus(x, threshold=100)), found, rtol=1e-13, atol=0)
    delta, rate = torch.nn.functional.softplus(x, threshold=100)[:, None], torch.full((1, 1), a, dtype=torch.float64)
    loop = s6(delta, x[:, None], x[:, None], rate)
    torch.testing.assert_close(loop.decay[:, 0, 0], found, rtol=1e-13, atol=0)


# The two outside.


def test_deltanet_is_refused_and_its_transitions_do_not_commute():
    draw = Draw(0)
    q, k, W_V, beta = draw.normal(L, N), draw.normal(L, N), draw.normal(D, D), draw.gate(L)
    k = k / k.norm(dim=1, keepdim=True)
    T = torch.eye(N) - beta[:, None, None] * k[:, :, None] * k[:, None, :]
    swapped = (T[:-1] @ T[1:] - T[1:] @ T[:-1]).abs().max().item()
    assert swapped > 0.05
    with pytest.raises(ValueError, match=rf"off its diagonal; two neighbours swapped differ by {swapped:.2g}"):
        deltanet(q, k, beta, W_V)


def test_deltanet_with_keys_along_axes_is_inside():
    draw = Draw(0)
    q, W_V, beta, u = draw.normal(L, N), draw.normal(D, D), draw.gate(L), draw.normal(L, D)
    k = torch.eye(N, dtype=torch.float64)[torch.arange(L) % N]
    S, y = torch.zeros(N, D, dtype=torch.float64), []
    for i in range(L):
        S = S + beta[i] * torch.outer(k[i], W_V @ u[i] - S.T @ k[i])
        y.append(S.T @ q[i])
    torch.testing.assert_close(deltanet(q, k, beta, W_V).run(u), torch.stack(y), rtol=0, atol=1e-12)


def test_lstm_is_refused_for_it_is_not_linear():
    draw = Draw(0)
    gates, W, U, u = [draw.gate(L, D) for _ in range(3)], draw.normal(D, D), draw.normal(D, D), draw.normal(L, D)

    def lstm_without_tanh_at_the_output(u):
        x, y, out = torch.zeros(D).double(), torch.zeros(D).double(), []
        for f, i, o, v in zip(*gates, u, strict=True):
            x = f * x + i * torch.tanh(W @ v + U @ y)
            y = o * x
            out.append(y)
        return torch.stack(out)

    assert (lstm_without_tanh_at_the_output(2 * u) - 2 * lstm_without_tanh_at_the_output(u)).abs().max() > 0.1
    with pytest.raises(ValueError, match="not linear"):
        lstm(*gates, W, U)
    torch.testing.assert_close(lstm(*gates, W, torch.zeros_like(U)).run(u), native_qlstm(u, *gates, W), rtol=0, atol=1e-12)


# Bad input.

BAD = {
    "sign of eta": ("must not vanish or change sign", separable_attention, "separable", {"eta": lambda x: x - x.mean()}),
    "zero eta": ("must not vanish", generalised_attention, "generalised", {"eta": lambda x: x * (torch.arange(L) != 4)}),
    "huge eta": ("leaves the range", separable_attention, "separable", {"eta": lambda x: x * 1e-310}),
    "jumping eta": (
        "leaves the range",
        normalised_attention,
        "normalised",
        {"log_eta": lambda x: 400 * (-1) ** torch.arange(L) + x},
    ),
    "underflow of eta": ("log_eta runs from -80", normalised_attention, "normalised", {"log_eta": lambda x: x - 800}),
    "overflow of eta": ("log_eta runs from", normalised_attention, "normalised", {"log_eta": lambda x: 800 * x}),
    "length of eta": ("eta of shape", separable_attention, "separable", {"eta": lambda x: x[1:]}),
    "width of k": ("k of shape", elu_attention, "linear", {"k": lambda x: x[:, 1:]}),
    "rows of W_V": ("W_V of shape", elu_attention, "linear", {"W_V": lambda x: x[1:]}),
    "axes of q": ("axes", multi_head_elu_attention, "multi-head", {"q": lambda x: x[:, 0]}),
    "heads": ("do not split over", multi_head_elu_attention, "multi-head", {"W_V": lambda x: x[:3, :3]}),
    "nan in k": ("nan or inf", elu_attention, "linear", {"k": lambda x: x * torch.nan}),
    "integers": ("torch.int64", elu_attention, "linear", {"q": lambda x: x.long()}),
    "complex q": ("give real numbers", elu_attention, "linear", {"q": lambda x: x.to(torch.complex128)}),
    "a list": ("is a list", elu_attention, "linear", {"q": lambda x: x.tolist()}),
    "no steps": ("holds nothing", elu_attention, "linear", {"q": lambda x: x[:0], "k": lambda x: x[:0]}),
    "negative delta": ("at least 0", s6, "S6", {"delta": lambda x: -x}),
    "growing A": ("at least 0", s6, "S6", {"A": lambda x: -x}),
    "shape of A": ("A of shape", s6, "S6", {"A": lambda x: x.T}),
    "skip of S6": ("do not broadcast", s6, "S6", {"skip": lambda x: x[:, 1:]}),
    "forget gate above 1": ("must be in", qlstm, "qLSTM", {"forget": lambda x: 1 + x}),
    "decay of RG-LRU": ("must be in", rglru, "RG-LRU", {"decay": lambda x: -x}),
    "gamma above 1": ("one real number", retnet, "RetNet", {"gamma": lambda x: x + 1}),
    "gamma a vector": ("one real number", retnet, "RetNet", {"gamma": lambda x: x.expand(3)}),
    "alpha of GLA": ("must be in", gla, "GLA", {"alpha": lambda x: x + 1}),
    "alpha of HGRN2": ("must be in", hgrn2, "HGRN2", {"alpha": lambda x: -x}),
    "input of mLSTM": ("at least 0", mlstm, "mLSTM", {"input": lambda x: -x}),
    "w = 0": ("must be in", rwkv5, "RWKV-5", {"w": lambda x: 0 * x}),
    "L of LTI": ("L = 0", lambda A_bar, B_bar, C, skip: lti(A_bar, B_bar, C, skip, L=0), "LTI, real", {}),
    "D of LTI": ("D has shape", lti_form, "LTI, real", {"skip": lambda x: x[1:]}),
    "d of SSD": ("do not split over", lambda **kw: ssd(d=5, **kw), "SSD", {}),
    "d a float": ("whole number", lambda **kw: ssd(d=4.0, **kw), "SSD", {}),
    "degree": ("degree = -1", lambda **kw: truncated_softmax(degree=-1, scale=1, **kw), "truncated softmax", {}),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    message, build, row, changes = BAD[case]
    arguments = FORMS[row][2](Draw(0))
    with pytest.raises(ValueError, match=message):
        build(**{key: changes.get(key, lambda x: x)(x) for key, x in arguments.items()})
