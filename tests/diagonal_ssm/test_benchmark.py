"""The benchmark's recordings, its networks of equal size, and what is counted of them."""

import pytest
import torch

from dynlib.diagonal_ssm import benchmark
from dynlib.diagonal_ssm.experiments import CHOSEN
from dynlib.diagonal_ssm.eye_writing import prepare, strokes
from dynlib.sweep import read_runs


def test_the_recordings_come_in_three_parts_with_every_label_in_each():
    parts = strokes()
    assert {name: tuple(x.shape) for name, (x, _) in parts.items()} == {
        "train": (290, 2, 625),
        "validation": (72, 2, 625),
        "test": (362, 2, 625),
    }
    for x, labels in parts.values():
        assert labels.unique().tolist() == list(range(12))
        assert x.abs().max() < 7.95
        assert x.median(-1).values.abs().max() <= 1 / 16
    everything = torch.cat([x.flatten(1) for x, _ in parts.values()])
    assert len(everything.unique(dim=0)) == 724  # no recording is in two parts


def test_prepare_reads_the_archive(tmp_path):
    header = [[3, 1], [3, 2]]
    for name, rows in (("Horizontal", header), ("Vertical", header)):
        lines = ["\t".join(map(str, [label, *([100 * level] * 624), *([300 * level] * 626)])) for label, level in rows]
        (tmp_path / f"EOG{name}Signal_TRAIN.tsv").write_text("\n".join(lines))
    x, labels = prepare(tmp_path, "TRAIN")
    assert labels.tolist() == [2, 2]
    assert x[0, 0, 0] == -16 * 2
    assert x[0, 0, -1] == 0
    assert x[1, 1, 0] == -16 * 4
    (tmp_path / "EOGVerticalSignal_TRAIN.tsv").write_text("\n".join(line.replace("3", "4", 1) for line in lines))
    with pytest.raises(ValueError, match="the labels of the two channels"):
        prepare(tmp_path, "TRAIN")


def test_all_networks_have_as_many_parameters():
    sizes = [benchmark.parameters(kind) for kind in benchmark.KINDS]
    assert max(sizes) < 1.02 * min(sizes)


@pytest.mark.parametrize("kind", benchmark.KINDS)
def test_no_layer_looks_ahead(kind):
    torch.manual_seed(0)
    layer = benchmark.Network(kind).layers[-1]
    u = torch.randn(1, benchmark.H, 40)
    later = u.clone()
    later[..., 25:] += 1
    before, after = layer(u), layer(later)
    torch.testing.assert_close(before[..., :25], after[..., :25], rtol=0, atol=1e-5)
    assert (before - after)[..., 25:].abs().max() > 0.01


def test_the_convolution_reaches_as_far_as_is_said():
    """One layer after the other: 2 · (1 + 3 + 9 + 27) steps back, and itself."""
    net = torch.nn.Sequential(*[benchmark.Convolution(dilation) for dilation in benchmark.DILATIONS]).double()
    u = torch.zeros(1, benchmark.H, 120, dtype=torch.float64, requires_grad=True)
    net(u)[0, 0, -1].backward()
    assert u.grad.abs().sum((0, 1)).nonzero().min() == 120 - 81


def test_multiply_adds_by_hand():
    assert benchmark.multiply_adds("gru") == 3 * (16 * 23 + 23 * 23) + 23 * 16
    assert benchmark.multiply_adds("convolution") == 4 * 3 * 16 * 16
    assert benchmark.multiply_adds("lin") == 2 * (16 * 16 * 8 + 16 + 16 * 32)
    with pytest.raises(ValueError, match="kind"):
        benchmark.multiply_adds("lstm")


def test_training_learns_and_is_the_same_again(monkeypatch):
    monkeypatch.setattr(benchmark, "EPOCHS", 5)
    first, again = (next(benchmark.train(kind="convolution", rate=0.03, seed=3)) for _ in range(2))
    assert first == again
    assert first["validation"] > 3 / 12  # chance is 1/12


def test_the_rates_are_those_of_the_best_validation():
    runs = read_runs(benchmark.DATA / "benchmark_rates.csv")
    tried = {r["kind"] for r in runs}
    best = {kind: max((r for r in runs if r["kind"] == kind), key=lambda r: r["validation"])["rate"] for kind in tried}
    assert best == CHOSEN


def test_the_nearest_neighbour_knows_what_it_has_seen(monkeypatch):
    (x, labels), (x_test, _) = benchmark.strokes()["train"], benchmark.strokes()["test"]
    parts = {"train": (x, labels), "test": (torch.cat([x[:3], x_test[:1]]), torch.cat([labels[:3], torch.tensor([0])]))}
    monkeypatch.setattr(benchmark, "strokes", lambda: parts)
    assert benchmark.nearest_neighbour("test") >= 3 / 4
