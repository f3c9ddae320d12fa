"""The watcher on small kernels, most of them wrong on purpose: each fault must be named by program and tensor."""

import importlib

import pytest
import torch

import dynlib_kernels
from dynlib_kernels.check import watch
from dynlib_kernels.language import tl, triton

pytestmark = pytest.mark.skipif(dynlib_kernels.MODE != "interpret", reason="watch() looks into Triton's interpreter")


@triton.jit
def double(x, y, n, B: tl.constexpr):
    o = tl.program_id(0) * B + tl.arange(0, B)
    tl.store(y + o, 2 * tl.load(x + o, mask=o < n, other=0.0), mask=o < n)


@triton.jit
def double_unmasked_load(x, y, n, B: tl.constexpr):
    o = tl.program_id(0) * B + tl.arange(0, B)
    tl.store(y + o, 2 * tl.load(x + o), mask=o < n)


@triton.jit
def double_unmasked_store(x, y, n, B: tl.constexpr):
    o = tl.program_id(0) * B + tl.arange(0, B)
    tl.store(y + o, 2 * tl.load(x + o, mask=o < n, other=0.0))


@triton.jit
def total(x, y, n, B: tl.constexpr):
    o = tl.program_id(0) * B + tl.arange(0, B)
    tl.atomic_add(y, tl.sum(tl.load(x + o, mask=o < n, other=0.0), 0))


@triton.jit
def total_without_atomic(x, y, n, B: tl.constexpr):
    o = tl.program_id(0) * B + tl.arange(0, B)
    tl.store(y, tl.load(y) + tl.sum(tl.load(x + o, mask=o < n, other=0.0), 0))


@triton.jit
def total_read_meanwhile(x, y, n, B: tl.constexpr):
    o = tl.program_id(0) * B + tl.arange(0, B)
    tl.atomic_add(y, tl.sum(tl.load(x + o, mask=o < n, other=0.0), 0) + 0 * tl.load(y))


@triton.jit
def total_from_zero(x, y, n, B: tl.constexpr):
    o = tl.program_id(0) * B + tl.arange(0, B)
    tl.store(y, 0.0, mask=tl.program_id(0) == 0)
    tl.atomic_add(y, tl.sum(tl.load(x + o, mask=o < n, other=0.0), 0))


@triton.jit
def total_without_other(x, y, n, B: tl.constexpr):
    o = tl.program_id(0) * B + tl.arange(0, B)
    tl.atomic_add(y, tl.sum(tl.load(x + o, mask=o < n), 0))


@triton.jit
def move_down_in_place(x, n, B: tl.constexpr):
    o = tl.program_id(0) * B + tl.arange(0, B)
    tl.store(x + o, tl.load(x + o + B, mask=o + B < n, other=0.0), mask=o < n)


@triton.jit
def all_to_one_place(x, B: tl.constexpr):
    o = tl.arange(0, B)
    tl.store(x + 0 * o, o.to(tl.float32))


@triton.jit
def gather(x, where, y, B: tl.constexpr):
    o = tl.arange(0, B)
    tl.store(y + o, tl.load(x + tl.load(where + o)))


@triton.jit
def product(a, b, y, B: tl.constexpr):
    o = tl.arange(0, B)[:, None] * B + tl.arange(0, B)[None, :]
    tl.store(y + o, tl.exp(tl.dot(tl.load(a + o), tl.load(b + o), input_precision="ieee")))


@triton.jit
def claim_slot(x, y):
    tl.atomic_cas(x + 1, 0, 1)
    tl.store(y, 0.0)


@triton.jit
def norm(x, y, B: tl.constexpr):
    b_x = tl.load(x + tl.arange(0, B))
    tl.store(y, tl.sqrt(tl.sum((b_x - 1) * b_x, 0)) / 3)


def pair(n=100):
    return torch.arange(n, dtype=torch.float32), torch.full((n,), torch.nan)


def only(seen):
    """The one problem that was seen, as text."""
    assert len(seen.problems) == 1, [str(problem) for problem in seen.problems]
    return str(seen.problems[0])


def test_right_kernel():
    x, y = pair()
    with watch() as seen:
        double[(2,)](x, y, 100, B=64)
    assert seen.problems == []
    assert (seen.reads, seen.writes, seen.bytes) == ({"x": 400}, {"y": 400}, 800)
    assert seen.launches == ["double"]
    assert torch.equal(y, 2 * x)


def test_names_and_several_launches():
    x, y = pair()
    with watch(modes=x) as seen:
        double[(2,)](x, y, 100, B=64)
        double[(2,)](y, x, 100, B=64)  # a launch waits for the one before: no race; here y is the kernel's argument x
    assert seen.problems == []
    assert seen.launches == ["double", "double"]
    assert seen.reads == {"modes": 400, "x": 400}
    assert seen.writes == {"modes": 400, "y": 400}


def test_each_kernel_by_its_name():
    x, y = pair()
    with watch() as seen:
        double[(2,)](x, y, 100, B=64)
        norm[(1,)](x, y, B=64)
    assert (seen.kernels["double"].bytes, seen.kernels["double"].pointwise, seen.kernels["double"].calls) == (800, 128, {})
    assert (seen.kernels["norm"].reads, seen.kernels["norm"].calls) == ({"x": 256}, {"sqrt": 1})
    assert seen.bytes == seen.kernels["double"].bytes + seen.kernels["norm"].bytes
    assert seen.flops == seen.kernels["double"].flops + seen.kernels["norm"].flops


def test_load_out_of_bounds():
    x, y = pair()
    with watch() as seen:
        double_unmasked_load[(2,)](x, y, 100, B=64)
    assert only(seen) == (
        "out of bounds in double_unmasked_load: program (1, 0, 0) reads 28 values outside x, the first at 100 of 100"
    )
    assert seen.reads["x"] == 400
    assert torch.equal(y, 2 * x)


def test_out_of_bounds_is_known_even_inside_another_tensor():
    both = torch.arange(164, dtype=torch.float32)
    x, neighbour, y = both[:100], both[100:], torch.empty(100)
    with watch(neighbour=neighbour) as seen:
        double_unmasked_load[(2,)](x, y, 100, B=64)
    assert seen.problems[0].tensor == "x"
    assert "neighbour" not in seen.reads


def test_store_out_of_bounds_is_not_carried_out():
    room = torch.zeros(128)
    with watch() as seen:
        double_unmasked_store[(2,)](torch.ones(100), room[:100], 100, B=64)
    assert "program (1, 0, 0) writes 28 values outside y" in only(seen)
    assert torch.equal(room, torch.tensor([2.0] * 100 + [0.0] * 28))


def test_index_before_the_tensor():
    x, y = pair(16)
    where = torch.arange(16) - 1
    with watch() as seen:
        gather[(1,)](x, where, y, B=16)
    assert "reads 1 values outside x, the first at -1 of 16" in only(seen)
    assert y[0].isnan()
    assert torch.equal(y[1:], x[:-1])


def test_gaps_of_a_strided_view_are_outside():
    x = torch.arange(32, dtype=torch.float32)[::2]
    with watch() as seen:
        gather[(1,)](x, torch.arange(16), torch.empty(16), B=16)
    assert "reads 8 values outside x, the first at 1 of 31" in only(seen)


def test_atomics_do_not_race():
    x, y = torch.ones(100), torch.zeros(1)
    with watch() as seen:
        total[(2,)](x, y, 100, B=64)
    assert (seen.problems, y.item()) == ([], 100)
    assert (seen.reads["y"], seen.writes["y"]) == (8, 8)


def test_dropped_atomic_is_a_race():
    x, y = torch.ones(100), torch.zeros(1)
    with watch() as seen:
        total_without_atomic[(2,)](x, y, 100, B=64)
    assert y.item() == 100  # the interpreter, one program after the other, gets it right
    assert only(seen) == "race in total_without_atomic: program (1, 0, 0) reads what program (0, 0, 0) writes in y"


def test_plain_read_of_what_others_update_is_a_race():
    with watch() as seen:
        total_read_meanwhile[(2,)](torch.ones(100), torch.zeros(1), 100, B=64)
    assert "program (1, 0, 0) reads what program (0, 0, 0) updates in y" in only(seen)


def test_update_of_what_another_program_sets_to_zero_is_a_race():
    with watch() as seen:
        total_from_zero[(2,)](torch.ones(100), torch.ones(1), 100, B=64)
    assert "program (1, 0, 0) updates what program (0, 0, 0) writes in y" in only(seen)


def test_write_after_another_program_has_read_is_a_race():
    x = torch.arange(128, dtype=torch.float32)
    with watch() as seen:
        move_down_in_place[(2,)](x, 128, B=64)
    assert only(seen) == "race in move_down_in_place: program (1, 0, 0) writes what program (0, 0, 0) reads in x"


def test_same_memory_under_two_names_is_still_one_place():
    x = torch.arange(128, dtype=torch.float32)
    with watch() as seen:
        double[(2,)](x[:64], x[32:96], 64, B=32)  # the second program reads what the first has written
    assert "program (1, 0, 0) reads what program (0, 0, 0) writes in x" in only(seen)


def test_one_store_to_one_place_twice():
    with watch() as seen:
        all_to_one_place[(1,)](torch.zeros(16), B=16)
    assert "writes one place of x twice in one store" in only(seen)


def test_lanes_without_other_are_undefined():
    x, y = torch.ones(100), torch.zeros(1)
    total_without_other[(2,)](x, y, 100, B=64)
    assert y.item() == 100
    with watch():
        total_without_other[(2,)](x, y, 100, B=64)
    assert y.isnan()


def test_flops_and_calls():
    a = torch.eye(16)
    with watch() as seen:
        product[(1,)](a, a, torch.empty(16, 16), B=16)
    assert (seen.dot_flops, seen.calls, seen.pointwise) == (2 * 16**3, {"exp": 256}, 0)


def test_arithmetic_outside_of_products():
    with watch() as seen:
        norm[(1,)](torch.ones(16), torch.empty(1), B=16)
    assert (seen.pointwise, seen.flops) == (3 * 16 + 1, 3 * 16 + 1)  # difference, product and sum of 16; one division
    assert seen.calls == {"sqrt": 1}


def test_compare_and_swap_out_of_bounds():
    with watch() as seen, pytest.raises(Exception, match="updates 1 values outside x"):
        claim_slot[(1,)](torch.zeros(1, dtype=torch.int32), torch.zeros(1))
    assert seen.problems[0].kind == "out of bounds"


def test_everything_is_put_back():
    x, y = pair()
    interpreter = importlib.import_module("triton.runtime.interpreter")

    def state():
        return (
            dict(vars(interpreter.InterpreterBuilder)),
            interpreter.GridExecutor.__call__,
            interpreter._implicit_cvt,
            interpreter.ReduceOps.sum,
        )

    before = state()
    with pytest.raises(TypeError, match="n"), watch():
        double[(2,)](x, y)
    assert before == state()


def test_another_triton_is_refused(monkeypatch):
    monkeypatch.setitem(importlib.import_module("dynlib_kernels.check.sanitizer").EXPECTED, "create_dot", "self a b c")
    refusal = pytest.raises(RuntimeError, match=r"wraps create_dot\(self a b c\).* but Triton .* has self a b d input_precision")
    with refusal, watch():
        pass


def test_needs_the_interpreter(monkeypatch):
    monkeypatch.setattr(dynlib_kernels, "MODE", "gpu")
    with pytest.raises(RuntimeError, match="start Python with TRITON_INTERPRET=1"), watch():
        pass
