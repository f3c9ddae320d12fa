"""One loop behind attention and RNNs, after Sieber, Amo Alonso, Didier, Zeilinger and Orvieto (2024).

dsf                  the loop h_i = Λ_i h_{i−1} + B_i u_i, y_i = C_i h_i + D_i u_i: run, table, matrix, gauge, rank
dense                from matrices written out to the loop, and why a Λ that is not diagonal is refused
attention, ssm, rnn  the paper's rows: every constructor takes one sequence's tensors and returns a ``DSF``
extension            more rows, ours: RetNet, GLA, HGRN2, mLSTM, RWKV-5; and the two that do not fit
softmax_recurrence   exact softmax: the same loop in a moving gauge, over a cache that grows
description          any loop in figures: state, gates, ranks, reach, and the function that runs it fastest

Imported by their own names, for training and pictures:
mixers, gated_mixers the models as trainable layers, by the efficient routes of ``routes``
model, mqar          the one-layer network that learns ``dynlib.tasks.multi_query_recall``, and its stored runs
recall               a memory of fixed size beside a softmax, in closed form

Time is the first axis. d is the number of channels, n the states a channel, N = n d the state; a channel's states lie together.
"""

from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib.unified_dynamics.attention import (
        elu_attention,
        elu_plus_one,
        generalised_attention,
        multi_head_elu_attention,
        normalised_attention,
        separable_attention,
        taylor_features,
        truncated_softmax,
    )
    from dynlib.unified_dynamics.dense import from_dense
    from dynlib.unified_dynamics.description import describe
    from dynlib.unified_dynamics.dsf import DSF
    from dynlib.unified_dynamics.extension import deltanet, gla, hgrn2, lstm, mlstm, retnet, rwkv5
    from dynlib.unified_dynamics.rnn import qlstm, reversed_sigmoid, rglru
    from dynlib.unified_dynamics.softmax_recurrence import online_softmax
    from dynlib.unified_dynamics.ssm import lti, s6, ssd
else:
    __getattr__, __dir__ = lazy(__name__)

__all__ = [
    "DSF",
    "deltanet",
    "describe",
    "elu_attention",
    "elu_plus_one",
    "from_dense",
    "generalised_attention",
    "gla",
    "hgrn2",
    "lstm",
    "lti",
    "mlstm",
    "multi_head_elu_attention",
    "normalised_attention",
    "online_softmax",
    "qlstm",
    "retnet",
    "reversed_sigmoid",
    "rglru",
    "rwkv5",
    "s6",
    "separable_attention",
    "ssd",
    "taylor_features",
    "truncated_softmax",
]
