"""Every mixer: three routes, one output, one gradient; its DSF; and the sums behind them at the edges."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from dynlib.unified_dynamics.mixers import EluAttention, GeneralisedAttention, NormalisedAttention, RetNet
from dynlib.unified_dynamics.model import WITH_KEYS, WITHOUT_KEYS, RecallModel
from dynlib.unified_dynamics.routes import diagonal_memory, scalar_memory
from dynlib_kernels.arguments.values import looking

MIXERS = WITH_KEYS | WITHOUT_KEYS
ROUTES = ["chunked", "quadratic", "loop"]
each_mixer = pytest.mark.parametrize("name", MIXERS)


def draw(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def make(name, d=5, n=3, **options):
    torch.manual_seed(0)
    return (MIXERS[name](d, n, **options) if name in WITH_KEYS else MIXERS[name](d)).double()


@each_mixer
@pytest.mark.parametrize("L", [1, 64, 131])
def test_the_routes_agree_in_output_and_gradient(name, L):
    mixer, u, g = make(name), draw(2, L, 5).requires_grad_(), draw(2, L, 5, seed=1)
    found = []
    for route in ROUTES:
        y = mixer(u, route=route)
        assert y.shape == u.shape
        found.append([y, *torch.autograd.grad((y * g).sum(), [u, *mixer.parameters()])])
    for other in found[:2]:
        for one, two in zip(other, found[2], strict=True):
            torch.testing.assert_close(one, two, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("name", "options"), [(name, {}) for name in MIXERS] + [(name, {"shift": True}) for name in WITH_KEYS])
def test_the_dsf_of_a_sequence_gives_the_output(name, options):
    mixer, u = make(name, **options), draw(2, 70, 5)
    for row, y in zip(u, mixer(u), strict=True):
        torch.testing.assert_close(mixer.dsf(row).run(row), y, rtol=1e-10, atol=1e-10)


@each_mixer
def test_the_state_is_as_large_as_the_chapter_says(name):
    u = draw(7, 5)
    per_channel = {"softmax": 7, "qlstm": 1, "rglru": 1}.get(name, 3)
    assert make(name).dsf(u).state_size == 5 * per_channel


@each_mixer
def test_nothing_is_heard_from_the_future(name):
    mixer, u = make(name), draw(1, 80, 5)
    changed = u.clone()
    changed[:, 66:] += 1
    before, after = mixer(u), mixer(changed)
    torch.testing.assert_close(before[:, :66], after[:, :66], rtol=0, atol=1e-12)
    assert (before[:, 66:] - after[:, 66:]).abs().max() > 1e-3


@pytest.mark.parametrize("name", WITH_KEYS)
def test_shifted_keys_see_the_step_before(name):
    """Output 3 listens to v_2 by k_2, which saw u_1; it listens to no key that saw u_3 itself."""
    mixer, u = make(name, shift=True), draw(1, 6, 5)
    keys = mixer.queries_and_keys(u)[1]
    torch.testing.assert_close(keys[:, 1:], mixer.key(u[:, :-1]))
    torch.testing.assert_close(keys[:, 0], mixer.key(torch.zeros(1, 5, dtype=u.dtype)))


def test_linear_attention_is_an_average():
    """Weights are positive and sum to 1: equal values come back, also far below the point where elu + 1 is 0 in float32."""
    torch.manual_seed(0)
    mixer = EluAttention(4, 3)
    torch.nn.init.constant_(mixer.query.bias, -30.0)
    torch.nn.init.constant_(mixer.key.bias, -30.0)
    u = torch.ones(1, 100, 4)
    y = mixer(u)
    torch.testing.assert_close(y, mixer.value(u), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("route", ROUTES)
def test_sums_too_small_to_divide_by_are_refused(route):
    """In float32 e^−46 is a number, e^−92 one with few digits, and e^100 none."""
    linear, normalised, u = EluAttention(4, 3), NormalisedAttention(4, 3), torch.ones(1, 9, 4)
    for part in (linear.query, linear.key):
        torch.nn.init.constant_(part.bias, -46.0)
    torch.nn.init.constant_(normalised.log_eta.bias, -100.0)
    with (
        looking("everywhere"),
        pytest.raises(ValueError, match=r"^EluAttention: the scores of a step .* too little to divide by"),
    ):
        linear(u, route=route)
    with looking("everywhere"), pytest.raises(ValueError, match=r"^NormalisedAttention: the normaliser vanishes"):
        normalised(u, route=route)
    assert linear(u, route=route).isnan().all(), "where nobody looks it is no number either"
    assert not normalised(u, route=route).isfinite().any()
    for mixer in (linear, normalised):
        assert torch.isfinite(mixer.double()(u.double(), route=route)).all()


def test_retnet_fades_by_gamma():
    mixer = RetNet(2, 2, gamma=0.5).double()
    with torch.no_grad():
        for part in (mixer.query, mixer.key):
            part.weight.zero_()
            part.bias.fill_(1.0)
        mixer.value.weight.copy_(torch.eye(2))
    u = torch.zeros(1, 4, 2, dtype=torch.float64)
    u[0, 0] = 1
    torch.testing.assert_close(mixer(u)[0, :, 0], math.sqrt(2) * 0.5 ** torch.arange(4.0, dtype=torch.float64))


@settings(deadline=None, derandomize=True, max_examples=40)
@given(L=st.integers(1, 40), chunk=st.integers(1, 45), n=st.integers(1, 4), fades=st.booleans(), seed=st.integers(0, 99))
def test_chunks_of_any_size_give_the_loop(L, chunk, n, fades, seed):
    q, k, v = draw(2, L, n, seed=seed), draw(2, L, n, seed=seed + 100), draw(2, L, 3, seed=seed + 200)
    log_decay = -draw(2, L, seed=seed + 300).abs() if fades else None
    exact = scalar_memory(q, k, v, log_decay, route="loop")
    torch.testing.assert_close(scalar_memory(q, k, v, log_decay, chunk=chunk), exact, rtol=1e-11, atol=1e-11)
    log_decay, A = -draw(2, L, 3, 1, seed=seed + 400).abs(), draw(3, n, seed=seed + 500).abs()
    exact = diagonal_memory(q, k, v, log_decay, A, route="loop")
    torch.testing.assert_close(diagonal_memory(q, k, v, log_decay, A, chunk=chunk), exact, rtol=1e-11, atol=1e-11)


class Largest(TorchDispatchMode):
    """Bytes of the largest block of memory that any operation filled."""

    def __init__(self):
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        made = operation(*args, **(kwargs or {}))
        tensors = [x for x in (made if isinstance(made, (tuple, list)) else [made]) if isinstance(x, torch.Tensor)]
        self.bytes = max([self.bytes, *(x.untyped_storage().nbytes() for x in tensors)])
        return made


@each_mixer
def test_memory_grows_in_proportion_to_the_length(name):
    """Four times the steps, four times the largest tensor; by all pairs sixteen times."""

    def largest(route, L):
        with torch.no_grad(), Largest() as seen:
            make(name)(draw(1, L, 5), route=route)
        return seen.bytes

    assert largest("chunked", 4096) <= 4 * largest("chunked", 1024)
    assert largest("quadratic", 256) > 15 * largest("quadratic", 64)


@pytest.mark.parametrize("strength", [1e4, math.inf])
def test_forgetting_everything_costs_the_rest_no_digits(strength):
    """Every tenth step forgets all. float32: a difference of running sums would leave no digit of the weak decays between."""
    q, k, v = (draw(1, 200, n, seed=n, dtype=torch.float32).abs() for n in (3, 3, 2))
    log_decay = torch.full((1, 200), -0.01)
    log_decay[:, ::10] = -strength
    y = scalar_memory(q, k, v, log_decay.requires_grad_())
    exact = scalar_memory(q.double(), k.double(), v.double(), log_decay.double(), route="loop")
    torch.testing.assert_close(y.double(), exact, rtol=1e-5, atol=0)
    assert torch.isfinite(torch.autograd.grad(y.sum(), log_decay)[0]).all()


@pytest.mark.parametrize("name", ["retnet", "ssd", "gla", "s6", "qlstm", "rglru"])
def test_long_sequences_in_float32_do_not_overflow(name):
    mixer, u = make(name), 3 * draw(1, 3000, 5)
    exact = mixer(u, route="loop")
    single = mixer.float()(u.float())
    assert ((single.double() - exact).abs().max() / exact.abs().max()) < 1e-4


def test_the_model_reads_only_where_it_is_asked():
    torch.manual_seed(0)
    model, tokens = RecallModel("ssd", 4, vocab=10, d=8), torch.randint(10, (3, 12), generator=torch.Generator().manual_seed(0))
    at = torch.rand(3, 12, generator=torch.Generator().manual_seed(1)) < 0.3
    assert model(tokens).shape == (3, 12, 10)
    torch.testing.assert_close(model(tokens, at=at), model(tokens)[at])


ONES = torch.ones(2, 4, 5)


@each_mixer
@pytest.mark.parametrize(
    ("u", "message"),
    [
        (ONES[0], r"u has shape \(4, 5\); it must be \(batch, L, 5\)"),
        (ONES[..., :4], r"u has shape \(2, 4, 4\)"),
        (ONES.half(), "u is torch.float16"),
        (ONES * math.nan, "u holds nan or inf"),
        (ONES[:, :0], "holds nothing"),
    ],
)
def test_bad_input_is_named(name, u, message):
    with looking("everywhere"), pytest.raises(ValueError, match=f"^{MIXERS[name].__name__}: .*{message}"):
        make(name).float()(u)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GeneralisedAttention(5, 0), "GeneralisedAttention: n = 0 must be a whole number"),
        (lambda: GeneralisedAttention(0, 5), "GeneralisedAttention: d = 0 must be a whole number"),
        (lambda: RetNet(5, 3, gamma=1.0), r"RetNet: gamma = 1.0 must lie in \(0, 1\)"),
        (lambda: GeneralisedAttention(5, 3)(ONES, route="short"), "GeneralisedAttention: route = 'short' is not known"),
        (lambda: GeneralisedAttention(5, 3).dsf(ONES), r"u has shape \(2, 4, 5\); a loop is for one sequence \(L, 5\)"),
        (lambda: RecallModel("qlstm", 1), "RecallModel: mixer = 'qlstm' is not known; choose from 'softmax'"),
        (lambda: RecallModel("ssd", 1, vocab=0), "RecallModel: vocab = 0 must be"),
        (lambda: scalar_memory(ONES, ONES, ONES, chunk=0), "scalar_memory: chunk = 0 must be"),
        (lambda: scalar_memory(ONES[:, :0], ONES[:, :0], ONES[:, :0]), r"q has shape \(2, 0, 5\) and holds nothing"),
        (lambda: scalar_memory(ONES, ONES[..., :3], ONES), r"scalar_memory: k of shape \(2, 4, 3\) has n = 3, but q has n = 5"),
        (lambda: scalar_memory(ONES, ONES, ONES[0]), r"scalar_memory: v has shape \(4, 5\); give it the axes \(batch, L, d\)"),
        (lambda: scalar_memory(ONES, ONES, ONES, ONES), r"log_decay has shape \(2, 4, 5\); it must be \(batch, L\) = \(2, 4\)"),
        (lambda: scalar_memory(ONES, ONES, ONES, 0.1 * ONES[..., 0]), "log_decay holds 0.1; it must be at most 0"),
        (lambda: scalar_memory(ONES, ONES, ONES, math.nan * ONES[..., 0]), "log_decay holds nan"),
        (lambda: scalar_memory(ONES, ONES, ONES, route="x"), "scalar_memory: route = 'x' is not known"),
        (lambda: diagonal_memory(ONES, ONES, ONES, -ONES[..., None], route="x"), "diagonal_memory: route = 'x' is not known"),
        (lambda: diagonal_memory(ONES, ONES, ONES, -ONES[..., None], chunk=0), "diagonal_memory: chunk = 0 must be"),
        (lambda: diagonal_memory(ONES, ONES, ONES, ONES[..., None]), "log_decay holds 1; every entry must be at most 0"),
        (lambda: diagonal_memory(ONES, ONES, ONES, -ONES[..., None], -1.0), "diagonal_memory: A holds -1; every entry must"),
        (lambda: diagonal_memory(ONES, ONES, ONES, -ONES), r"shape \(2, 4, 5\) and A \(\); log_decay must be \(batch, L, d"),
        (lambda: diagonal_memory(ONES, ONES, ONES, -ONES[..., None], ONES[0]), r"shapes log_decay \(2, 4, 5, 1\), A \(4, 5\)"),
        (lambda: diagonal_memory(ONES, ONES[:, :3], ONES, -ONES[..., None]), r"k of shape \(2, 3, 5\) has L = 3"),
    ],
)
def test_bad_settings_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
