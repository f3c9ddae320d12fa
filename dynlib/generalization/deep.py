"""Deep linear nets: many layers whose product is one map. Depth changes the clock of training.

Following Saxe, McClelland and Ganguli 2014 and Arora, Cohen and Hazan 2018; derivations ours.
"""

import itertools

import numpy as np
from scipy.integrate import solve_ivp

from dynlib.generalization.simulate import gradient_flow_path
from dynlib.modes import impulse_response, step_response
from dynlib_kernels.arguments.arrays import check_not_negative, check_positive
from dynlib_kernels.arguments.samples import check_samples
from dynlib_kernels.arguments.scalars import check_count

PATIENCE = 200_000  # slopes of one path; a thousand are many


def logistic_mode(t, target, s0, depth: int = 2) -> np.ndarray:
    """One mode of a deep linear net with whitened inputs and layers that are aligned.

    s' = L s^{2 − 2/L} (ŝ − s), s(0) = s0. Closed for L = 1 (a mode that learns) and for L = 2,
    where half of ŝ is reached at log(ŝ/s0 − 1)/(2ŝ); else a differential equation, to 1e-9.

    Parameters
    ----------
    t : array_like
        Times, t ≥ 0.
    target : array_like
        ŝ ≥ 0; broadcasts with t and s0.
    s0 : array_like
        The start, s0 > 0, which may lie above ŝ: it then decays.
    depth : int, default 2
        L ≥ 1, the number of layers.

    Returns
    -------
    float64 array of the broadcast shape, or a number
        s(t).

    Raises
    ------
    ValueError
        For other values; s0 = 0 is a saddle, where a net of two or more layers stays for ever.

    """
    where = "logistic_mode"
    depth = check_count(where, "depth", depth)
    (t, target), (s0,) = check_not_negative(where, t=t, target=target), check_positive(where, s0=s0)
    t, target, s0 = np.broadcast_arrays(t, target, s0)
    if depth == 1:
        return (target + (s0 - target) * impulse_response(t, 1.0))[()]
    if depth == 2:
        # ŝ / (1 + (ŝ/s0 − 1) e^{−2ŝt}): no large exponential; divided by ŝ, so that ŝ = 0 has its limit s0/(1 + 2 s0 t)
        left = impulse_response(t, 2 * target)
        grown = np.divide(step_response(t, 2 * target), target, out=np.array(2 * t), where=target > 0)
        return (s0 / (left + s0 * grown))[()]
    flat = [x.ravel() for x in (t, target, s0)]
    paths: dict[tuple[float, float, float], float] = {}
    for goal, start in set(zip(*(x.tolist() for x in flat[1:]), strict=True)):
        times = np.unique(flat[0][(flat[1] == goal) & (flat[2] == start)])

        def slope(_, s, goal=goal):
            return depth * np.abs(s) ** (2 - 2 / depth) * (goal - s)

        path = _integrate(where, f"target = {goal:g}, s0 = {start:g} and t", slope, np.array([start]), times)
        paths |= {(time, goal, start): s for time, s in zip(times.tolist(), path[:, 0], strict=True)}
    return np.array([paths[key] for key in zip(*(x.tolist() for x in flat), strict=True)]).reshape(t.shape)[()]


def deep_linear_path(X, y, w0, t, depth: int) -> np.ndarray:
    """The product of the weights of a deep linear net with one output, as one vector w(t).

    With balanced layers, W_{l+1}ᵀ W_{l+1} = W_l W_lᵀ, gradient flow on ½‖y − Xw‖² in all layers
    makes the product follow w' = ‖w‖^{2 − 2/L} [g + (L − 1) ŵ ŵᵀ g] with g = Xᵀ(y − Xw) and ŵ =
    w/‖w‖. Its modes pull at each other through ‖w‖.

    Parameters
    ----------
    X : (P, N) array
        One sample a row.
    y : (P,) array
        The labels.
    w0 : (N,) array
        The product at the start.
    t : (T,) array
        Times, t ≥ 0 and finite, of any order.
    depth : int
        L ≥ 1, the number of layers; at 1 it is ``gradient_flow_path``.

    Returns
    -------
    (T, N) float64 array
        w at the times t, to 1e-7.

    Raises
    ------
    ValueError
        For other shapes and values, and for w0 = 0 with L ≥ 2: a saddle.

    """
    where = "deep_linear_path"
    depth = check_count(where, "depth", depth)
    X, y, w0 = check_samples(where, X, y, w0)
    (t,) = check_not_negative(where, t=t)
    if depth == 1:
        return gradient_flow_path(X, y, w0, t)
    if not w0.any():
        raise ValueError(f"{where}: w0 is 0, a saddle that a net of {depth} layers never leaves; give something small")
    S, target = X.T @ X, X.T @ y

    def flow(_, w):
        g, square = target - S @ w, w @ w
        return square ** (1 - 1 / depth) * (g + (depth - 1) * w * (w @ g) / square)

    times, back = np.unique(t, return_inverse=True)
    return _integrate(where, "X, y, w0, t and depth", flow, w0, times)[back.reshape(t.shape)]


def _integrate(where: str, names: str, flow, start: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The solution of x' = flow(t, x) at increasing times, (T, len(start)), from x(0) = start; names are those of "
    "its arguments."""
    calls = itertools.count(1)

    def watched(t, x):
        slope = flow(t, x)
        if next(calls) > PATIENCE or not np.isfinite(slope).all():
            raise ValueError(
                f"{where}: {names} of such sizes make a flow that cannot be followed to t = {times[-1]:g}; "
                "give X, y and starts of sizes near 1, or earlier times"
            )
        return slope

    with np.errstate(over="ignore", invalid="ignore"):
        first = start + times[:, None] * watched(0.0, start)
        if (np.abs(first[-1] - start) <= 1e-9 * np.abs(start)).all():  # so early that the next term is below 1e-17
            return first
        solution = solve_ivp(watched, (0, times[-1]), start, t_eval=times, method="LSODA", rtol=1e-10, atol=1e-12)
    if not solution.success:
        raise RuntimeError(f"gradient flow could not be followed to t = {times[-1]:g}: {solution.message}")
    return solution.y.T
