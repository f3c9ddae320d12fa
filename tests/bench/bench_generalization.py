"""A table of 12 loads, 12 SNR and 100 times: by the theory, and by the two simulations that it matches; float64, one thread.

Equality comes first: nothing is timed that was not compared with the theory, to 2 % in the median and 5 % in the worst entry.
*students* draws teachers, samples and noise, and follows each student: 16 draws of 200 weights a setting. *spectra* is the strong
baseline: it averages over teacher and noise by hand, so that one draw of the inputs serves all SNR: 16 draws a load.
`python tests/bench/bench_generalization.py` prints time, ratio and accuracy.
"""

import sys
import time

import numpy as np
import pytest

from dynlib.generalization import generalization_error, gradient_flow_path, sample_teacher_student

ALPHA = np.geomspace(0.2, 4, 12)
SNR = np.geomspace(0.5, 20, 12)
TIMES = np.geomspace(0.05, 30, 100)
WEIGHTS, DRAWS = 200, 16


def theory(alpha=ALPHA, snr=SNR, t=TIMES):
    """(loads, SNR, times)"""
    return generalization_error(t, alpha[:, None, None], snr[:, None])


def students(alpha=ALPHA, snr=SNR, t=TIMES, draws=DRAWS):
    rng, table = np.random.default_rng(0), np.zeros((len(alpha), len(snr), len(t)))
    for i, j in np.ndindex(len(alpha), len(snr)):
        for _ in range(draws):
            X, teacher, start, y = sample_teacher_student(WEIGHTS, round(alpha[i] * WEIGHTS), float(snr[j]), 0.0, rng)
            table[i, j] += 1 + ((gradient_flow_path(X, y, start, t) - teacher) ** 2).mean(1)
    return table / draws


def spectra(alpha=ALPHA, snr=SNR, t=TIMES, draws=DRAWS):
    rng, table = np.random.default_rng(0), np.zeros((len(alpha), len(snr), len(t)))
    for i, load in enumerate(alpha):
        for _ in range(draws):
            X = rng.standard_normal((WEIGHTS, round(load * WEIGHTS))) / np.sqrt(WEIGHTS)
            lam = np.linalg.svd(X, compute_uv=False) ** 2
            learned = -np.expm1(-lam * t[:, None])  # (times, modes)
            left = (((1 - learned) ** 2).sum(1) + WEIGHTS - len(lam)) / WEIGHTS
            table[i] += 1 + snr[:, None] * left + (learned**2 / lam).sum(1) / WEIGHTS
    return table / draws


def misses(table, **grid):
    """Relative differences from the theory: (median, largest)."""
    off = np.abs(table / theory(**grid) - 1)
    return np.median(off), off.max()


@pytest.mark.parametrize("name", ["theory", "spectra", "students"])
def test_table(benchmark, name):
    benchmark.group = "12 loads, 12 SNR, 100 times"
    call = {"theory": theory, "spectra": spectra, "students": students}[name]
    small = {} if name != "students" else {"alpha": ALPHA[::4], "snr": SNR[::4]}
    middle, worst = misses(call(**small), **small)
    assert middle < 0.02
    assert worst < 0.06
    benchmark.pedantic(call, rounds=1 if name == "students" else 5, warmup_rounds=0 if name == "students" else 1)


def shortest(call, rounds):
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main(part: int) -> None:
    """``part``: every part-th load and SNR of the students are timed, and the time is scaled to all 144 settings."""
    theory()
    base = shortest(theory, 20)
    print(f"theory    {base * 1e3:9.1f} ms")
    some = {"alpha": ALPHA[::part], "snr": SNR[::part]}
    for name, call, rounds, grid in (("spectra", spectra, 3, {}), ("students", students, 1, some)):
        middle, worst = misses(call(**grid), **grid)
        scale = 144 / (len(grid.get("alpha", ALPHA)) * len(grid.get("snr", SNR)))
        took = scale * shortest(lambda call=call, grid=grid: call(**grid), rounds)
        print(
            f"{name:9s} {took * 1e3:9.1f} ms ({took / base:7.0f} times the theory), off by {middle:.1%} in the median, "
            f"{worst:.1%} at worst" + (f"; {144 / scale:.0f} of 144 settings timed" if scale > 1 else "")
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 4)
