"""Sequence tasks that are drawn and not stored: every example comes from a seeded generator."""

from dynlib_kernels.arguments.scalars import check_counts, check_generator, check_number
from dynlib_kernels.engine import torch

IGNORE = -100  # the target where nothing is asked; the default ``ignore_index`` of torch's cross entropy


def multi_query_recall(
    examples: int,
    *,
    L: int,
    pairs: int,
    vocab: int = 128,
    power: float = 0.01,
    random_non_queries: bool = False,
    generator: torch.Generator | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw multi-query associative recall: a list of facts, then each fact is asked for once.

    Tokens 1 … vocab/2 − 1 are keys, vocab/2 … vocab − 1 are values, 0 is silence. An example begins
    with ``pairs`` facts key, value, key, value, … (no key and no value twice). The rest is silence,
    except that each key comes back once, at the place 2·pairs + 2 g with a gap g of its own from 0
    … (L − 2·pairs)//2 − 1. The gaps are drawn one after the other without replacement, with
    probabilities ∝ (g + 1)^(power − 1): small powers ask soon, power 1 asks anywhere. At L =
    4·pairs every gap is taken, and only the order of the questions is left to chance. The authors'
    code now fills the silence with random tokens, keys and values among them, unless told
    otherwise; ``random_non_queries`` does the same.

    Parameters
    ----------
    examples : int
        The number of examples.
    L : int
        Their length.
    pairs : int
        Facts in each.
    vocab : int, default 128
        All tokens; even.
    power : float, default 0.01
        Above 0.
    random_non_queries : bool, default False
        Whether every silent place holds a token drawn from 0 … vocab − 1. Facts and questions are
        then those of the same generator without it, and nothing is asked at the tokens drawn.
    generator : torch.Generator, optional
        On the CPU, torch's own if left out. The same generator gives the same examples on the same
        version of torch.

    Returns
    -------
    tokens : (examples, L) int64 tensor
        The sequences.
    targets : (examples, L) int64 tensor
        The value of the key at the place where that key is asked for, and ``IGNORE`` everywhere
        else.

    Raises
    ------
    ValueError
        For a count below 1, odd vocab, pairs for which L or vocab has no room, a power that is not
        positive, and random_non_queries that is neither True nor False.

    Notes
    -----
    Memory while drawing: 8 bytes · examples · vocab/2.

    References
    ----------
    .. [1] Arora et al., "Zoology", 2024, arXiv:2312.04927; code: github.com/HazyResearch/zoology.
    .. [2] As used by Sieber et al., 2024, arXiv:2405.15731, section 4.
    """
    examples, L, pairs, vocab = check_counts("multi_query_recall", examples=examples, L=L, pairs=pairs, vocab=vocab)
    power = check_number("multi_query_recall", "power", power, 0, open_end=True)
    if type(random_non_queries) is not bool:
        raise ValueError(f"multi_query_recall: random_non_queries = {random_non_queries!r}; give True or False")
    check_generator("multi_query_recall", "generator", generator)
    half, gaps = vocab // 2, L // 2 - pairs
    if vocab % 2 or half - 1 < pairs:
        least = 2 * (pairs + 1)
        raise ValueError(f"multi_query_recall: vocab = {vocab} must be even and hold {pairs} keys; at least {least}")
    if gaps < pairs:
        raise ValueError(
            f"multi_query_recall: L = {L} has no room for {pairs} facts and as many questions; it must be at least {4 * pairs}"
        )
    if power > 64:
        raise ValueError(f"multi_query_recall: power = {power!r} must be at most 64; 1 asks anywhere, and the weights overflow")

    def draw(weights):
        return torch.multinomial(weights.expand(examples, -1), pairs, generator=generator)

    keys = draw(torch.ones(half - 1, dtype=torch.float64)) + 1
    values = draw(torch.ones(half, dtype=torch.float64)) + half
    asked = 2 * pairs + 2 * draw(torch.arange(1, gaps + 1, dtype=torch.float64) ** (power - 1))
    tokens = torch.zeros(examples, L, dtype=torch.int64)
    if random_non_queries:
        tokens = torch.randint(vocab, tokens.shape, generator=generator)
    tokens[:, 0 : 2 * pairs : 2], tokens[:, 1 : 2 * pairs : 2] = keys, values
    targets = torch.full_like(tokens, IGNORE)
    return tokens.scatter_(1, asked, keys), targets.scatter_(1, asked, values)
