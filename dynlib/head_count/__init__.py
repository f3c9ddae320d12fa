"""How many heads make a state space model? After Ghodsi (2025), arXiv:2512.15115; the proofs and constructions are ours.

operators       a sequence map as a table of operators, W_ij (p, d); the lag operators C A^τ B; Jacobians of any layer
rank            r, the dimension of their span, and how many heads an error ε takes
factorization   the best H heads, and what fewer than r must miss
constructions   r + 1 heads that are not negative, one head a mode, heads of limited width
heads           heads as a layer: free weights, decay masks, linear attention, softmax with a sink
layers          feed-forward, convolution, RNN, KAN, attention, gated SSM: small layers to ask for their operators
imitation       one head that imitates every output, and what that costs: continuity
search          the fewest heads of limited width: a baseline for an open question
highway         how far a gradient reaches
systems         small systems to count heads for
train           the cliff at H = r by singular values, alternating least squares and gradient descent

Time is the first axis and n the length of a sequence. r is the dimension of the operators' span (k in the paper).
"""

from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib.head_count.constructions import head_bound, mode_heads, nonnegative_heads, simplicial_heads, to_modes
    from dynlib.head_count.factorization import Factorization, alternating_least_squares, error_floor, factorize, measured
    from dynlib.head_count.heads import (
        DecayWeights,
        FeatureWeights,
        FreeWeights,
        SinkWeights,
        UFFLayer,
        decay_features,
        free_heads,
        softmax_heads,
    )
    from dynlib.head_count.highway import (
        forgetting_bound,
        gated_jacobian,
        highway_input,
        jacobian_profile,
        jacobian_row,
        quiet_input,
        softmax_jacobian,
    )
    from dynlib.head_count.imitation import imitating_weights
    from dynlib.head_count.layers import (
        attention_layer,
        attention_weights,
        convolution,
        feed_forward,
        gated_ssm,
        kan,
        tanh_rnn,
    )
    from dynlib.head_count.operators import (
        interaction_operators,
        lag_operators,
        operator_rows,
        operator_table,
        secant_operators,
        spectral_radius,
    )
    from dynlib.head_count.rank import InteractionRank, interaction_rank, operator_span, rank_by_length
    from dynlib.head_count.search import fewest_heads, head_size, limited_heads
    from dynlib.head_count.systems import chain, delay_line, leaking, turning
else:
    __getattr__, __dir__ = lazy(__name__)

__all__ = [
    "DecayWeights",
    "Factorization",
    "FeatureWeights",
    "FreeWeights",
    "InteractionRank",
    "SinkWeights",
    "UFFLayer",
    "alternating_least_squares",
    "attention_layer",
    "attention_weights",
    "chain",
    "convolution",
    "decay_features",
    "delay_line",
    "error_floor",
    "factorize",
    "feed_forward",
    "fewest_heads",
    "forgetting_bound",
    "free_heads",
    "gated_jacobian",
    "gated_ssm",
    "head_bound",
    "head_size",
    "highway_input",
    "imitating_weights",
    "interaction_operators",
    "interaction_rank",
    "jacobian_profile",
    "jacobian_row",
    "kan",
    "lag_operators",
    "leaking",
    "limited_heads",
    "measured",
    "mode_heads",
    "nonnegative_heads",
    "operator_rows",
    "operator_span",
    "operator_table",
    "quiet_input",
    "rank_by_length",
    "secant_operators",
    "simplicial_heads",
    "softmax_heads",
    "softmax_jacobian",
    "spectral_radius",
    "tanh_rnn",
    "to_modes",
    "turning",
]
