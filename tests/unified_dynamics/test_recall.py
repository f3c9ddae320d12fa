"""The closed-form memory against a memory that is really written and read, and against its formulas."""

import numpy as np
import pytest

from dynlib.unified_dynamics.recall import KEYS, READERS, expected_recall_error, memory_keys, recall_errors, recall_matrix


def stored_and_read(k, reader, gain, channels, rng):
    """Mean squared error of recall with values that are drawn, stored one after the other and read, over their mean square."""
    v = rng.standard_normal((len(k), channels))
    if reader == "sum":
        state = np.zeros((k.shape[1], channels))
        for key, value in zip(k, v, strict=True):
            state += np.outer(key, value)
        answers = k @ state
    else:
        answers = []
        for question in k:
            logits = gain * (k @ question)
            weights = np.exp(logits - logits.max())
            answers.append(weights @ v / weights.sum())
    return ((np.array(answers) - v) ** 2).mean()


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("keys", KEYS)
def test_errors_are_those_of_a_memory_that_is_written_and_read(keys, reader):
    rng, repeats, n = np.random.default_rng(5), 20, 8
    k = memory_keys(20, n, keys=keys, repeats=repeats, seed=3)
    errors = recall_errors(20, n, keys=keys, reader=reader, gain=4.0, repeats=repeats, seed=3)
    for K in (1, 2, 8, 9, 20):
        square = np.mean([stored_and_read(one[:K], reader, 4.0, 2000, rng) for one in k])
        assert errors[K - 1] == pytest.approx(np.sqrt(square), rel=0.04, abs=1e-12)


@pytest.mark.parametrize("n", [8, 16, 64])
def test_random_keys_blur_like_the_root_of_their_number(n):
    """1,000 repeats: the mean square of K (K − 1)/2 products with variance about 2/n², so 3 standard deviations of each root."""
    errors = recall_errors(64, n, repeats=1000)
    for K in (2, 8, 17, 64):
        expected = expected_recall_error(K, n)
        assert expected == pytest.approx(np.sqrt((K - 1) / n))
        assert abs(errors[K - 1] - expected) < 3 * expected / np.sqrt(1000 * K * (K - 1))


@pytest.mark.parametrize("n", [3, 16])
def test_orthogonal_keys_hold_n_facts_and_no_more(n):
    errors = recall_errors(64, n, keys="orthogonal")
    assert (errors[:n] == 0).all()
    assert errors[n] == pytest.approx(np.sqrt(2 / (n + 1)))
    for K in range(1, 65):
        assert errors[K - 1] == pytest.approx(expected_recall_error(K, n, keys="orthogonal"))


def test_a_softmax_cannot_tell_apart_facts_with_one_key():
    errors = recall_errors(17, 16, keys="orthogonal", reader="softmax")
    assert errors[15] < 1e-5
    assert errors[16] == pytest.approx(1 / np.sqrt(17), abs=1e-5)


def test_the_numbers_of_the_picture():
    summed, soft = recall_errors(64, 16), recall_errors(64, 16, reader="softmax")
    assert np.round(summed[[1, 7, 16]], 2).tolist() == [0.26, 0.66, 1.0]
    assert recall_errors(17, 16, keys="orthogonal")[16] == pytest.approx(0.3430, abs=5e-5)
    assert soft.max() < 0.01
    assert np.round(soft[-1], 4) == 0.0086
    assert recall_errors(64, 8, reader="softmax")[-1] > 0.08


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("keys", KEYS)
def test_the_error_is_what_the_table_lacks(keys, reader):
    for K in (1, 5, 20, 64):
        W = recall_matrix(K, 16, keys=keys, reader=reader, seed=7)
        lacks = np.linalg.norm(W - np.eye(K)) / np.sqrt(K)
        assert recall_errors(64, 16, keys=keys, reader=reader, repeats=1, seed=7)[K - 1] == pytest.approx(lacks, abs=1e-12)
        if reader == "softmax":
            np.testing.assert_allclose(W.sum(1), 1)


def test_tables_grow_and_old_facts_stay():
    np.testing.assert_allclose(recall_matrix(9, 8)[:5, :5], recall_matrix(5, 8), rtol=0, atol=1e-15)


def test_keys_have_length_one_and_the_seed_decides():
    k = memory_keys(6, 5, repeats=3, seed=1)
    assert k.shape == (3, 6, 5)
    np.testing.assert_allclose((k**2).sum(-1), 1)
    assert (k == memory_keys(6, 5, repeats=3, seed=1)).all()
    assert (k != memory_keys(6, 5, repeats=3, seed=2)).any()
    assert abs(memory_keys(2000, 5)[0].mean(0)).max() < 0.04


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: recall_errors(0, 4), "recall_errors: facts = 0 must be a whole number"),
        (lambda: recall_errors(4, 0), "memory_keys: n = 0 must be a whole number"),
        (lambda: recall_errors(4, 4, repeats=0), "memory_keys: repeats = 0 must be"),
        (lambda: recall_errors(4, 4, keys="odd"), "keys = 'odd' is not known; choose from 'random', 'orthogonal'"),
        (lambda: recall_errors(4, 4, reader="sun"), "recall_errors: reader = 'sun' is not known"),
        (lambda: recall_errors(4, 4, gain=0), "recall_errors: gain = 0 must be above 0"),
        (lambda: recall_matrix(4, 4, gain=np.inf), "recall_matrix: gain = inf must be a finite number"),
        (lambda: recall_matrix(-1, 4), "recall_matrix: K = -1 must be"),
        (lambda: expected_recall_error(3, 2, keys="odd"), "expected_recall_error: keys = 'odd'"),
        (lambda: expected_recall_error(3, 0), "expected_recall_error: n = 0 must be"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
