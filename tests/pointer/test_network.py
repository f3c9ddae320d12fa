"""The network: parallel teacher forcing is the loop, order matters for one encoder only, bad input is named."""

import pytest
import torch
from torch import nn

from dynlib.pointer import DictionaryNetwork, PointerNetwork, sample_examples
from dynlib.pointer.examples import np
from dynlib_kernels.arguments.values import looking


def examples(task="hull", count=16, n=7):
    made = sample_examples(task, count, n, np.random.default_rng(3))
    return made.points.double(), made.targets


def network(**settings):
    torch.manual_seed(0)
    return PointerNetwork(**{"H": 8} | settings).double()


@torch.no_grad()
def by_loop(model, P, T):
    """Logits of teacher forcing, one step after the other, nothing forbidden."""
    points, keys, state = model.encode(P)
    x, logits = model.start.expand(len(P), 1, -1), []
    for i in range(T.shape[1]):
        u, state = model.step(keys, x, state)
        logits.append(u)
        x = points[torch.arange(len(P)), T[:, i].clamp(min=0)][:, None]
    return torch.cat(logits, 1)


@pytest.mark.parametrize(
    "model",
    [
        network(),
        network(encoder="mean"),
        network(encoder="max"),
        network(encoder="attention"),
        network(revisit=True),
        DictionaryNetwork(7, H=8).double(),
        DictionaryNetwork(7, H=8, content=True).double(),
    ],
)
def test_teacher_forcing_at_once_is_the_loop(model):
    P, T = examples()
    torch.testing.assert_close(model(P, T, mask=False).detach(), by_loop(model, P, T), rtol=0, atol=1e-12)


def test_the_forward_pass_by_hand():
    """One set, without torch's LSTM: gates in the order i, f, g, o, scaled inputs, place 0 from e_end."""
    model = network()
    P, T = (x[:1] for x in examples())
    weight = {name: value.detach() for name, value in model.named_parameters()}

    def lstm(part, x, h, c):
        z = (
            weight[f"{part}.weight_ih_l0"] @ x
            + weight[f"{part}.bias_ih_l0"]
            + weight[f"{part}.weight_hh_l0"] @ h
            + weight[f"{part}.bias_hh_l0"]
        )
        i, f, g, o = z.chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    q = 4 * (P[0] - 0.5)
    h = c = torch.zeros(8, dtype=torch.float64)
    e = [weight["e_end"]]
    for x in q:
        h, c = lstm("encoder", x, h, c)
        e.append(h)
    x, visited = weight["start"], []
    for i, place in enumerate(T[0].tolist()):
        h, c = lstm("decoder", x, h, c)
        u = [(weight["v"] @ torch.tanh(weight["W1.weight"] @ one + weight["W2.weight"] @ h)).item() for one in e]
        u = [-torch.inf if j in visited else score for j, score in enumerate(u)]
        torch.testing.assert_close(model(P, T)[0, i].detach(), torch.tensor(u, dtype=torch.float64), rtol=0, atol=1e-13)
        if place == 0:
            break
        visited.append(place)
        x = q[place - 1]


def test_the_loss_is_the_mean_over_real_steps():
    model = network()
    P, T = examples()
    rows = torch.log_softmax(model(P, T), -1)
    wanted = [-rows[b, i, T[b, i]] for b in range(len(T)) for i in range(T.shape[1]) if T[b, i] >= 0]
    assert model.loss(P, T).item() == pytest.approx(torch.stack(wanted).mean().item(), abs=1e-12)
    padded = torch.cat([T, torch.full((len(T), 3), -100)], 1)
    assert model.loss(P, padded).item() == pytest.approx(model.loss(P, T).item(), abs=1e-12)


def test_the_mask_costs_no_gradient_and_the_true_place_stays():
    P, T = examples()
    u = network()(P, T)
    real = T >= 0
    assert torch.isfinite(u[real].gather(1, T[real][:, None])).all()
    assert (u == -torch.inf).any()
    assert not (network(revisit=True)(P, T) == -torch.inf).any()


@pytest.mark.parametrize(("encoder", "equivariant"), [("lstm", False), ("mean", True), ("max", True), ("attention", True)])
def test_order_matters_for_the_lstm_only(encoder, equivariant):
    model = network(encoder=encoder)
    P, T = examples()
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    where = torch.cat([torch.zeros(1, dtype=torch.int64), order.argsort() + 1])  # place of a point after the shuffle
    moved = model(P[:, order], torch.where(T >= 0, where[T.clamp(min=0)], T))
    real = T >= 0
    back = moved.softmax(-1)[..., where]  # column j: the place where point j now is
    miss = (back - model(P, T).softmax(-1))[real].abs().max().item()
    assert miss < 1e-12 if equivariant else miss > 1e-3


def test_parameters_are_as_many_for_every_n():
    assert sum(p.numel() for p in PointerNetwork(H=128).parameters()) == 10 * 128**2 + 34 * 128 + 2 == 168_194
    assert network(H=16)(*examples(n=40)).shape[2] == 41
    smaller, larger = (sum(p.numel() for p in DictionaryNetwork(n, H=8).parameters()) for n in (7, 8))
    assert larger == smaller + 9


def test_gain_and_scale_act_at_the_start():
    torch.manual_seed(0)
    plain = PointerNetwork(H=8, gain=1.0)
    torch.manual_seed(0)
    tripled = PointerNetwork(H=8, gain=3.0)
    torch.testing.assert_close(tripled.W1.weight, 3 * plain.W1.weight)
    torch.testing.assert_close(tripled.W2.weight, 3 * plain.W2.weight)
    torch.testing.assert_close(tripled.v, 2 * plain.v)
    P, _ = examples()
    torch.testing.assert_close(network().encode(P).points[:, 1:], 4 * P - 2)
    torch.testing.assert_close(network(scale=0.0).encode(P).points[:, 1:], P)


def test_small_terms_make_the_pointer_deaf_to_the_decoder():
    """The plateau's cause: to first order D is one number for all places, which the softmax removes."""
    model = network()
    P, T = examples()
    with torch.no_grad():
        for weight in (model.W1.weight, model.W2.weight):
            weight.mul_(1e-3 / weight.abs().max())
        rows = model(P, T, mask=False).softmax(-1)
        assert (rows - rows[:, :1]).abs().max() < 1e-7 < 1e-5 < (rows - 1 / 8).abs().max()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: network()(torch.rand(2, 5, 3).double(), torch.ones(2, 1).long()), "with 3 numbers a point; this network takes"),
        (lambda: network()(torch.rand(2, 5, 2), torch.ones(2, 1).long()), "P is torch.float32 .* takes torch.float64"),
        (lambda: network()(torch.rand(5, 2).double(), torch.ones(2, 1).long()), r"P has shape \(5, 2\)"),
        (lambda: network()(torch.rand(0, 5, 2).double(), torch.ones(0, 1).long()), "holds nothing"),
        (lambda: network()(torch.full((2, 5, 2), torch.nan).double(), torch.ones(2, 1).long()), "P holds nan or inf"),
        (lambda: network()(torch.rand(2, 5, 2).double(), torch.ones(3, 1).long()), "T has 3 rows and P 2 sets"),
        (lambda: network()(torch.rand(2, 5, 2).double(), torch.full((2, 1), 6)), "T names place 6"),
        (lambda: network().loss(torch.rand(2, 5, 2).double(), torch.tensor([[1, 0], [1, 2]])), r"T\[1\] has no 0"),
        (lambda: network(end=False)(torch.rand(1, 2, 2).double(), torch.tensor([[1, 2, 1]])), "visits point 1 a second time"),
        (
            lambda: DictionaryNetwork(5)(torch.rand(2, 6, 2), torch.ones(2, 1).long()),
            "P has 6 points, but the dictionary was made",
        ),
        (lambda: DictionaryNetwork(0), "n = 0 must be a whole number"),
        (lambda: PointerNetwork(H=0), "PointerNetwork: H = 0 must be"),
        (lambda: PointerNetwork(0), "PointerNetwork: d_in = 0 must be"),
        (lambda: PointerNetwork(scale=-1.0), "scale = -1.0"),
        (lambda: PointerNetwork(gain=0.0), "gain = 0.0 must be above 0"),
        (lambda: PointerNetwork(encoder="gru"), "encoder = 'gru' is not known"),
        (lambda: PointerNetwork(H=6, encoder="attention"), "H = 6 does not split over 4 heads"),
    ],
)
def test_bad_input_is_named(call, message):
    with looking("everywhere"), pytest.raises(ValueError, match=message):
        call()


def test_one_point_one_unit_one_step():
    model = PointerNetwork(H=1)
    assert isinstance(model.encoder, nn.LSTM)
    assert model(torch.rand(1, 1, 2), torch.tensor([[0]])).shape == (1, 1, 2)
