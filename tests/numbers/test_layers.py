"""Layers under ``torch.autocast``, without a look at the numbers, and under ``torch.compile`` and ``torch.export``."""

import importlib
from collections import Counter
from pathlib import Path

import pytest
from torch.utils._python_dispatch import TorchDispatchMode

import dynlib
from dynlib.diagonal_ssm import S4D, SequenceClassifier, dss_kernel, s4d_lin, ssm_kernel
from dynlib.diagonal_ssm.recurrence import run, run_in_chunks
from dynlib.head_count import layers as head_count_layers
from dynlib.head_count.heads import DecayWeights, FeatureWeights, FreeWeights, SinkWeights, UFFLayer
from dynlib.locality.digits import CanvasNet
from dynlib.locality.layer import LocallyConnected2d, local_linear
from dynlib.pointer.baselines import DictionaryNetwork
from dynlib.pointer.encoders import ENCODERS
from dynlib.pointer.network import Answering, PointerNetwork
from dynlib.scan import causal_convolution, scan_associative, scan_chunked, scan_convolution, scan_sequential
from dynlib.unified_dynamics.mixers import Attention, Mixer
from dynlib.unified_dynamics.model import WITH_KEYS, WITHOUT_KEYS, RecallModel
from dynlib.unified_dynamics.routes import diagonal_memory, scalar_memory
from dynlib_kernels.arguments.values import looking
from dynlib_kernels.engine import torch

MIXERS = {name: (lambda kind=kind: kind(4, 4)) for name, kind in WITH_KEYS.items()}
MIXERS |= {name: (lambda kind=kind: kind(4)) for name, kind in WITHOUT_KEYS.items()}


def tokens():
    return torch.arange(14).reshape(2, 7) % 5


def targets():
    return torch.tensor([[1, 3, 2, 0], [2, 1, 3, 0]])


# name → (a layer, its inputs)
LAYERS = {
    f"S4D {method}": (lambda method=method: S4D(3, 8, method=method), lambda: (torch.randn(2, 3, 9),))
    for method in ("zoh", "dss")
}
LAYERS |= {
    "S4D real bilinear": (lambda: S4D(3, 8, init="real", method="bilinear"), lambda: (torch.randn(2, 3, 9),)),
    "SequenceClassifier": (lambda: SequenceClassifier(2, 4, H=8, N=8), lambda: (torch.randn(3, 2, 11),)),
    "RecallModel": (lambda: RecallModel("gla", 4, vocab=8, d=8), lambda: (tokens(),)),
    "PointerNetwork": (lambda: PointerNetwork(H=8), lambda: (torch.rand(2, 5, 2), targets())),
    "LocallyConnected2d": (lambda: LocallyConnected2d((5, 5), 2, 3, 2), lambda: (torch.randn(2, 2, 5, 5),)),
}
WEIGHTS = (
    FreeWeights(torch.rand(2, 6)),
    DecayWeights(torch.tensor([0.5, 0.75])),
    FeatureWeights(torch.rand(2, 6, 3), torch.rand(2, 6, 3)),
    SinkWeights(torch.rand(2, 6), torch.rand(2, 1)),
)
for weights in WEIGHTS:
    make = lambda weights=weights: UFFLayer(weights, torch.ones(2, 3, 4))  # noqa: E731  (one of many alike)
    LAYERS[f"UFFLayer {type(weights).__name__}"] = make, lambda: (torch.randn(2, 5, 4),)
for kind in ("shared", "local", "dense"):
    LAYERS[f"CanvasNet {kind}"] = (lambda kind=kind: CanvasNet(kind)), lambda: (torch.randn(2, 9, 64),)
points = LAYERS["PointerNetwork"][1]
for content in (False, True):
    LAYERS[f"DictionaryNetwork {content}"] = (lambda content=content: DictionaryNetwork(5, H=8, content=content)), points
for kind in ENCODERS[1:]:
    LAYERS[f"PointerNetwork {kind}"] = (lambda kind=kind: PointerNetwork(H=8, encoder=kind)), points
LAYERS |= {name: (make, lambda: (torch.randn(2, 70, 4),)) for name, make in MIXERS.items()}


def made(name):
    torch.manual_seed(0)
    make, inputs = LAYERS[name]
    return make(), inputs()


def test_no_layer_is_forgotten():
    """Every module that the rooms define is one of the above, or in one."""
    for package in Path(dynlib.__path__[0]).glob("*/__init__.py"):
        for path in sorted(package.parent.glob("*.py")):
            if path.parent.name not in ("teaching",) and "nn.Module" in path.read_text():
                importlib.import_module(f"dynlib.{path.parent.name}.{path.stem}")
    found, waiting = set(), [torch.nn.Module]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        # what an experiment is compared with is no layer for others
        if kind.__module__.startswith("dynlib.") and kind.__module__ != "dynlib.diagonal_ssm.benchmark":
            found.add(kind)
    met = {type(module) for name in LAYERS for module in made(name)[0].modules()}
    assert found - met == {Mixer, Attention, Answering}, "those three are what others share"


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", LAYERS)
def test_under_autocast(name, half):
    """As in float32 but for what the linear maps of autocast round; forward, and backward within autocast and without."""
    layer, inputs = made(name)
    wanted = layer(*inputs)
    rounds = 20 * torch.finfo(half).eps
    real = wanted.isfinite()
    for within in (True, False):
        layer.zero_grad()
        with torch.autocast("cpu", dtype=half):
            y = layer(*(x.to(half) if x.is_floating_point() and not within else x for x in inputs))
            loss = y[real].float().square().sum()
            if within:
                loss.backward()
        if not within:
            loss.backward()
        assert torch.equal(y.isfinite(), real)
        assert (y[real].float() - wanted[real]).abs().max() <= rounds * (1 + wanted[real].abs().max())
        assert all(p.grad is None or (p.grad.dtype == torch.float32 and p.grad.isfinite().all()) for p in layer.parameters())
        assert any(p.grad is not None and p.grad.abs().max() > 0 for p in layer.parameters())


A, C = s4d_lin(6).to(torch.complex64), torch.ones(3, dtype=torch.complex64)
X = torch.sin(torch.arange(18.0)).reshape(1, 6, 3)
FUNCTIONS = {
    "ssm_kernel": lambda: ssm_kernel(A, C, 0.1, 9),
    "ssm_kernel, tables": lambda: ssm_kernel(A.real, C.real, 0.1, 9, form="tables"),
    "ssm_kernel, materialised": lambda: ssm_kernel(A.real, C.real, 0.1, 9, form="materialised"),
    "dss_kernel": lambda: dss_kernel(A, C, 0.1, 9),
    "run": lambda: run(X[0], A, C, 0.1)[0],
    "run_in_chunks": lambda: run_in_chunks(X[0], A, C, 0.1, chunk=2)[0],
    "causal_convolution": lambda: causal_convolution(X[0], X[0]),
    "scan_sequential": lambda: scan_sequential(X[0], X[0]),
    "scan_associative": lambda: scan_associative(X[0], X[0]),
    "scan_chunked": lambda: scan_chunked(X[0], X[0]),
    "scan_convolution": lambda: scan_convolution(0.5, X[0]),
    "scalar_memory": lambda: scalar_memory(X, X, X, -X[..., 0].abs()),
    "diagonal_memory": lambda: diagonal_memory(X, X, X, -X[..., None].abs()),
    "local_linear": lambda: local_linear(X, X[0, :, None]),
    "feed_forward": lambda: head_count_layers.feed_forward(X[0], X[0], X[0].T),
    "attention_layer": lambda: head_count_layers.attention_layer(X[0], X[:, :2], X[:, 2:4], X[:, 3:]),
    "gated_ssm": lambda: head_count_layers.gated_ssm(X[0], X[0, 0]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_compute_in_float32_under_autocast(name):
    wanted = FUNCTIONS[name]()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = FUNCTIONS[name]()
    assert found.dtype == wanted.dtype == torch.float32
    assert torch.equal(found, wanted)


# Looks at numbers


class Looks(TorchDispatchMode):
    """Counts what waits for the numbers: their transfer to Python, and tests of whole tensors."""

    NAMES = ("_local_scalar_dense", "isfinite", "is_nonzero", "nonzero", "equal")

    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        if name in self.NAMES:
            self.counts[name] += 1
        return function(*args, **(kwargs or {}))


def looks(call):
    with Looks() as seen:
        result = call()
    return seen.counts, result


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_does_not_look(name):
    layer, inputs = made(name)
    counts, y = looks(lambda: layer(*inputs))
    # The places of a target are indices, and looked at always: five times, and by torch's one_hot twice.
    assert counts.total() == (7 if "Network" in name else 0), counts
    counts, _ = looks(lambda: y.masked_fill(y == -torch.inf, 0).sum().backward())
    assert counts.total() == 0, counts


def test_a_layer_looks_where_it_is_told_to():
    layer, (u,) = made("S4D zoh")
    with looking("everywhere"):
        counts, _ = looks(lambda: layer(u))
        assert counts["_local_scalar_dense"] > 5
        with pytest.raises(ValueError, match="S4D: u holds nan or inf"):
            layer(u * torch.nan)
    assert layer(u * torch.nan).isnan().any()


def test_a_function_looks_unless_told_not_to():
    with pytest.raises(ValueError, match="A holds nan or inf"):
        ssm_kernel(A * torch.nan, C, 0.1, 5)
    with looking("nowhere"):
        counts, K = looks(lambda: ssm_kernel(A * torch.nan, C, 0.1, 5))
    assert counts.total() == 0
    assert K.isnan().all()
    with pytest.raises(ValueError, match="looking: where = 'here' is not known"), looking("here"):
        pass


def test_the_environment_sets_where_functions_look(monkeypatch):
    monkeypatch.setenv("DYNLIB_VALUES", "nowhere")
    assert ssm_kernel(A * torch.nan, C, 0.1, 5).isnan().all()
    monkeypatch.setenv("DYNLIB_VALUES", "off")
    with pytest.raises(ValueError, match="DYNLIB_VALUES: value = 'off' is not known; choose from 'calls'"):
        ssm_kernel(A, C, 0.1, 5)


def test_shapes_and_dtypes_are_checked_without_a_look():
    layer, (u,) = made("S4D zoh")
    with looking("nowhere"):
        with pytest.raises(ValueError, match="this layer takes"):
            layer(u[:, :2])
        with pytest.raises(ValueError, match="use float32"):
            layer(u.bfloat16())


# Compilation


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ("retnet", "S4D dss") else pytest.mark.slow) for name in LAYERS]
)
def test_compiled_in_one_graph(name):
    layer, inputs = made(name)
    torch._dynamo.reset()
    backend = "eager" if "Network" in name else "aot_eager"  # torch's own LSTM has no gradient in the second
    compiled = torch.compile(layer, fullgraph=True, backend=backend)
    with torch._dynamo.config.patch(allow_rnn=True):  # without it torch compiles no nn.LSTM
        y, wanted = compiled(*inputs), layer(*inputs)
    torch.testing.assert_close(y, wanted, rtol=1e-5, atol=1e-6)
    real = wanted.isfinite()
    gradients = [
        torch.autograd.grad(out[real].square().sum(), list(layer.parameters()), allow_unused=True) for out in (y, wanted)
    ]
    for found, one in zip(*gradients, strict=True):
        assert (found is None) == (one is None)
        if one is not None:
            torch.testing.assert_close(found, one, rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:The tensor attributes self.*_flat_weights:UserWarning")  # what torch says of its nn.LSTM
@pytest.mark.parametrize("name", LAYERS)
def test_exported(name):
    layer, inputs = made(name)
    program = torch.export.export(layer, inputs)
    torch.testing.assert_close(program.module()(*inputs), layer(*inputs), rtol=1e-5, atol=1e-6)
