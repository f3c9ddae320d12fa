"""The layer and the classifier: shapes, parameters, causality, training, and what they refuse."""

import math

import pytest
import torch
from torch import nn

from dynlib.diagonal_ssm import INITS, S4D, SequenceClassifier, parameter_groups, s4d_lin
from dynlib.diagonal_ssm.layer import DECAYS
from dynlib_kernels.arguments.values import looking


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def count(module):
    return sum(p.numel() for p in module.parameters())


def test_the_number_of_parameters():
    assert count(S4D(128, 64)) == 49_664
    assert count(S4D(128, 64, init="real")) == 49_664
    assert all(not p.is_complex() for p in S4D(4, 8).parameters())


@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("method", ["zoh", "bilinear"])
def test_the_layer_is_its_own_recurrence(init, method):
    layer = S4D(3, 8, init=init, method=method, generator=seeded()).double().eval()
    u = torch.randn(2, 3, 25, dtype=torch.float64, generator=seeded(1))
    state, y = layer.initial_state(2), []
    for t in range(25):
        now, state = layer.step(u[..., t], state)
        y.append(now)
    torch.testing.assert_close(torch.stack(y, -1), layer(u), rtol=0, atol=1e-12)


def test_the_layer_by_hand():
    layer = S4D(2, 4, generator=seeded()).double()
    u = torch.randn(2, 10, dtype=torch.float64, generator=seeded(1))
    A = -layer.decay.exp() + 1j * layer.speed
    dt = layer.log_dt.exp()
    K = torch.stack(
        [
            2
            * (torch.view_as_complex(layer.C) * (torch.exp(A * dt[:, None]) - 1) / A * torch.exp(A * dt[:, None] * l)).sum(1).real
            for l in range(10)
        ],
        1,
    )
    y = torch.stack([sum(K[:, s] * u[:, t - s] for s in range(t + 1)) for t in range(10)], 1) + layer.D[:, None] * u
    mixed = layer.mix.weight @ nn.functional.gelu(y) + layer.mix.bias[:, None]
    torch.testing.assert_close(layer(u), mixed[:2] * torch.sigmoid(mixed[2:]))


def test_nothing_answers_before_it_is_asked():
    layer, u = S4D(4, 8, generator=seeded()).double(), torch.zeros(1, 4, 30, dtype=torch.float64)
    poked = u.clone()
    poked[..., 17] = 1
    changed = (layer(poked) - layer(u)).abs().amax((0, 1))
    assert changed[:17].max() < 1e-12
    assert (changed[17:] > 1e-6).all()


def test_step_sizes_are_log_uniform():
    layer = S4D(1000, 32, dt_min=1e-3, dt_max=1e-1, generator=seeded())
    dt = layer.log_dt.exp()
    assert ((dt >= 1e-3 * (1 - 1e-6)) & (dt <= 0.1 * (1 + 1e-6))).all()
    assert (2 / dt > 256).float().mean().item() == pytest.approx(math.log(2 / 256 / 1e-3) / math.log(100), abs=0.04)
    assert torch.view_as_complex(layer.C).abs().square().mean().item() == pytest.approx(1, abs=0.02)
    assert S4D(1000, 32, init="real", generator=seeded()).C.square().mean().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("init", ["lin", "real", "lin-random-real"])
def test_every_parameterisation_starts_from_the_same_modes(decay, init):
    A = S4D(3, 8, decay=decay, init=init, generator=seeded()).modes()
    torch.testing.assert_close(A, S4D(3, 8, init=init, generator=seeded()).modes(), rtol=1e-5, atol=1e-5)


def test_modes_can_be_given_and_random_ones_differ_between_channels():
    given = torch.stack([s4d_lin(8), 2 * s4d_lin(8)])
    torch.testing.assert_close(S4D(2, 8, init=given).modes(), given.to(torch.complex64))
    torch.testing.assert_close(S4D(2, 8, init=given[0]).modes(), given[:1].expand(2, 4).to(torch.complex64))
    rows = S4D(2, 8, init="rand").modes()
    assert not torch.equal(rows[0], rows[1])


def test_parameter_groups():
    model = SequenceClassifier(1, 3, H=4, N=8)
    fast, slow = model.parameter_groups(0.01, weight_decay=0.05)
    assert (fast["lr"], fast["weight_decay"], slow["lr"], slow["weight_decay"]) == (0.01, 0.05, 0.001, 0.0)
    assert len(slow["params"]) == 6
    assert sum(p.numel() for group in (fast, slow) for p in group["params"]) == count(model)
    assert {id(p) for p in slow["params"]} == {id(getattr(s, n)) for s in model.layers for n in ("log_dt", "decay", "speed")}
    assert S4D(2, 4).parameter_groups(1e-4)[1]["lr"] == 1e-4
    assert S4D(2, 4).parameter_groups(0.1, ssm_lr=0.02)[1]["lr"] == 0.02
    frozen = S4D(2, 4, train_modes=False)
    assert [id(p) for p in frozen.parameter_groups(0.01)[1]["params"]] == [id(frozen.log_dt)]
    torch.optim.AdamW(parameter_groups(nn.Sequential(S4D(2, 4), nn.Linear(3, 3)), 0.01))


@pytest.mark.parametrize("init", ["lin", "real"])
def test_the_classifier_learns_a_pitch(init):
    """Sines of 2, 4 or 7 turns in 48 steps, of any phase: chance is a third."""
    torch.manual_seed(0)
    model = SequenceClassifier(1, 3, H=8, N=8, layers=1, init=init, generator=seeded())
    optimizer = torch.optim.AdamW(model.parameter_groups(0.02))
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    target = torch.arange(90) % 3
    turns, phase = torch.tensor([2.0, 4.0, 7.0])[target], torch.rand(90, generator=seeded(1))
    x = torch.sin(2 * math.pi * (turns[:, None] * torch.arange(48) / 48 + phase[:, None]))[:, None]
    for _ in range(40):
        loss = nn.functional.cross_entropy(model(x[:60]), target[:60])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (model(x[60:]).argmax(1) == target[60:]).float().mean() > 0.8
    assert not any(torch.equal(p, before[name]) for name, p in model.named_parameters())


def test_the_classifier_takes_any_length_and_survives_a_checkpoint(tmp_path):
    model = SequenceClassifier(2, 5, H=6, N=4, dropout=0.1).eval()
    assert model(torch.randn(3, 2, 17)).shape == (3, 5)
    assert model(torch.randn(3, 2, 64)).shape == (3, 5)
    torch.save(model.state_dict(), tmp_path / "model.pt")
    other = SequenceClassifier(2, 5, H=6, N=4, dropout=0.1).eval()
    other.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    x = torch.randn(1, 2, 9)
    assert torch.equal(model(x), other(x))


def test_unconstrained_modes_that_cross_zero_are_refused():
    layer = S4D(2, 4, decay="none")
    with torch.no_grad():
        layer.decay[0, 0] = -0.25
    with (
        looking("everywhere"),
        pytest.raises(ValueError, match=r"A has a real part of 0\.25; a mode with Re A > 0 grows without"),
    ):
        layer(torch.ones(2, 5))


@pytest.mark.parametrize("cast", ["half", "bfloat16"])
def test_half_precision_is_refused(cast):
    with pytest.raises(ValueError, match=r"S4D: log_dt is torch.(float16|bfloat16); use float32.*log_dt\.to\(torch\.float32\)"):
        getattr(S4D(2, 4), cast)()(torch.ones(2, 5))
    with pytest.raises(ValueError, match=r"S4D: u is torch.(float16|bfloat16)"):
        S4D(2, 4)(getattr(torch.ones(2, 5), cast)())


def test_a_parameter_that_is_not_finite_is_named():
    layer = S4D(2, 4)
    with torch.no_grad():
        layer.speed[1, 1] = math.nan
    with looking("everywhere"), pytest.raises(ValueError, match="S4D: speed holds nan or inf"):
        layer(torch.ones(2, 5))
    with pytest.raises(ValueError, match="S4D: speed holds nan or inf"):
        layer.ssm()


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((0, 8), {}, "S4D: H = 0 must be a whole number of at least 1"),
        ((2, 7), {}, "s4d_lin: N = 7 must be an even whole number"),
        ((2, 8), {"init": "line"}, "init = 'line' is not known"),
        ((2, 8), {"init": s4d_lin(6)}, r"S4D: init has shape \(3,\); N = 8 takes \(4,\) or \(2, 4\)"),
        ((2, 8), {"init": s4d_lin(8).expand(3, 4)}, r"S4D: init has shape \(3, 4\)"),
        ((2, 7), {"init": s4d_lin(6)}, "S4D: N = 7 must be an even whole number"),
        ((2, 8), {"init": s4d_lin(8) + 0.5}, "S4D: init has a real part of 0; the layer starts from modes with Re A < 0"),
        ((2, 8), {"method": "euler"}, "S4D: method = 'euler' is not known"),
        ((2, 8), {"decay": "softplus"}, "S4D: decay = 'softplus' is not known; choose from 'exp', 'relu', 'none'"),
        ((2, 8), {"dt_min": 0.0}, "S4D: dt_min = 0.0, dt_max = 0.1 must be positive and in this order"),
        ((2, 8), {"dt_min": 0.2}, "S4D: dt_min = 0.2, dt_max = 0.1 must be positive and in this order"),
    ],
)
def test_bad_arguments_are_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        S4D(*arguments, **options)


def test_bad_shapes_are_named():
    with pytest.raises(ValueError, match=r"S4D: u is torch.float32 of shape \(5, 2\); this layer takes real \(..., 2, L\)"):
        S4D(2, 4)(torch.ones(5, 2))
    with pytest.raises(ValueError, match=r"SequenceClassifier: x has shape \(3, 9\); it must be \(batch, 1, L\)"):
        SequenceClassifier(1, 2)(torch.ones(3, 9))
    with pytest.raises(ValueError, match="SequenceClassifier: classes = 0 must be"):
        SequenceClassifier(1, 0)
    with pytest.raises(ValueError, match="parameter_groups: lr = 0 must be above 0"):
        parameter_groups(S4D(2, 4), 0)
