"""One battery for every loss, then each by hand, and softmax cross-entropy against 50 digits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import mpmath
import numpy as np
import pytest
from numpy.typing import ArrayLike

import framework
from framework import BinaryCrossEntropy, Huber, InputError, Loss, MeanSquaredError, SoftmaxCrossEntropy, softmax
from framework.specs.losses import LossUnion
from framework.types import Array, Numbers
from tests.framework.numeric import GRADIENT_TOLERANCE, numeric_gradient, relative_error

CLASSES = 4

EPSILON = float(np.finfo(np.float64).eps)

REFERENCE_TOLERANCE = 4 * EPSILON
"""Four roundings, relative to the loss or to 1: the scores are rounded when their maximum is taken off."""

TINY_TOLERANCE = 1e-12
"""Relative, for losses far below 1: differences of scores up to 700 are rounded to 700 ε = 1.6e-13, so e^x is too."""

PARTS_TOLERANCE = 1e-12
"""Means of parts against the mean of the whole: some 100 roundings of 1e-16 in another order."""

FLOAT32_TOLERANCE = 1e-5
"""Some 100 roundings of float32, 6e-8 each."""


@dataclass(frozen=True)
class Case:
    loss: Loss
    targets: Callable[[int], Numbers]
    """Targets that fit outputs of shape (n, CLASSES)."""


def labels(n: int) -> Numbers:
    return np.random.default_rng(8).integers(0, CLASSES, n)


def rows(n: int) -> Numbers:
    return np.random.default_rng(8).standard_normal((n, CLASSES))


def shares(n: int) -> Numbers:
    """Probabilities that sum to 1 in each row."""
    return np.random.default_rng(8).dirichlet(np.ones(CLASSES), n)


def answers(n: int) -> Numbers:
    """Yes or no for each output."""
    return np.random.default_rng(8).integers(0, 2, (n, CLASSES))


def chances(n: int) -> Numbers:
    """A probability for each output."""
    return np.random.default_rng(8).uniform(0, 1, (n, CLASSES))


CLASS_WEIGHTS = (0.25, 3.0, 1.0, 2.0)
CASES = (
    Case(SoftmaxCrossEntropy(), labels),
    Case(SoftmaxCrossEntropy(label_smoothing=0.1), labels),
    Case(SoftmaxCrossEntropy(label_smoothing=0.1, class_weights=CLASS_WEIGHTS), labels),
    Case(SoftmaxCrossEntropy(), shares),
    Case(SoftmaxCrossEntropy(label_smoothing=0.1, class_weights=CLASS_WEIGHTS), shares),
    Case(MeanSquaredError(), rows),
    Case(MeanSquaredError(), labels),
    Case(BinaryCrossEntropy(), answers),
    Case(BinaryCrossEntropy(), chances),
    Case(BinaryCrossEntropy(), labels),
    Case(Huber(), rows),
    Case(Huber(0.1), rows),
    Case(Huber(20.0), labels),
)

every_loss = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.loss}-{case.targets.__name__}")


def scores(n: int, classes: int = CLASSES) -> Array:
    return np.random.default_rng(4).standard_normal((n, classes))


def weights(n: int) -> Array:
    """From 0 to 3, one of them 0."""
    drawn = np.random.default_rng(5).uniform(0, 3, n)
    drawn[1] = 0
    return drawn


def test_every_loss_of_the_vocabulary_has_a_case() -> None:
    assert {type(case.loss) for case in CASES} == {spec.component for spec in get_args(LossUnion)}


@every_loss
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [2, 5])
def test_the_gradient_is_the_slope_of_the_number_reported(case: Case, weighted: bool, n: int) -> None:
    outputs, targets = scores(n), case.targets(n)
    sample_weight = weights(n) if weighted else None
    value, grad = case.loss.value_and_grad(outputs, targets, sample_weight)
    assert value == case.loss.value(outputs, targets, sample_weight)
    numeric = numeric_gradient(lambda: case.loss.value(outputs, targets, sample_weight), outputs)
    assert relative_error(grad, numeric) <= GRADIENT_TOLERANCE


@every_loss
def test_nothing_handed_in_is_written_and_the_gradient_is_new(case: Case) -> None:
    outputs, targets, sample_weight = scores(5), case.targets(5), weights(5)
    copies = [array.copy() for array in (outputs, targets, sample_weight)]
    for array in (outputs, targets, sample_weight):
        array.flags.writeable = False
    _, grad = case.loss.value_and_grad(outputs, targets, sample_weight)
    assert not any(np.may_share_memory(grad, array) for array in (outputs, targets, sample_weight))
    for array, copy in zip((outputs, targets, sample_weight), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@every_loss
@pytest.mark.parametrize("weighted", [False, True])
def test_how_scores_lie_in_memory_is_all_one(case: Case, weighted: bool) -> None:
    outputs, targets = scores(5), case.targets(5)
    sample_weight = weights(5) if weighted else None
    value, grad = case.loss.value_and_grad(outputs, targets, sample_weight)
    apart = np.repeat(outputs, 2, axis=0)[::2]
    for other in (np.asfortranarray(outputs), apart):
        other_value, other_grad = case.loss.value_and_grad(other, targets, sample_weight)
        assert other_value == pytest.approx(value, rel=PARTS_TOLERANCE)
        np.testing.assert_allclose(other_grad, grad, rtol=PARTS_TOLERANCE)


@every_loss
@pytest.mark.parametrize("weighted", [False, True])
def test_the_mean_of_ragged_batches_is_the_mean_of_the_whole(case: Case, weighted: bool) -> None:
    for n in range(2, 68, 13):
        outputs, targets = scores(n), case.targets(n)
        sample_weight = weights(n) if weighted else np.ones(n)
        value, grad = case.loss.value_and_grad(outputs, targets, sample_weight if weighted else None)
        row_weights = sample_weight * [case.loss.total_weight(targets[row : row + 1]) for row in range(n)]
        parts, slopes, total = 0.0, [], row_weights.sum()
        for start in range(0, n, 32):
            part = slice(start, start + 32)
            share = row_weights[part].sum() / total
            if not weighted:
                assert share == pytest.approx(case.loss.total_weight(targets[part]) / total, rel=PARTS_TOLERANCE)
            part_value, part_grad = case.loss.value_and_grad(
                outputs[part], targets[part], sample_weight[part] if weighted else None
            )
            parts += share * part_value
            slopes.append(share * part_grad)
        np.testing.assert_allclose(parts, value, rtol=PARTS_TOLERANCE)
        np.testing.assert_allclose(np.concatenate(slopes), grad, rtol=PARTS_TOLERANCE, atol=PARTS_TOLERANCE)


@every_loss
def test_weights_count_samples(case: Case) -> None:
    outputs, targets = scores(3), case.targets(3)
    twice = np.array([0, 1, 1])
    expected, _ = case.loss.value_and_grad(outputs[twice], targets[twice])
    for sample_weight in ([1, 2, 0], [10, 20, 0]):
        value, grad = case.loss.value_and_grad(outputs, targets, sample_weight)
        np.testing.assert_allclose(value, expected, rtol=PARTS_TOLERANCE)
        assert not grad[2].any()


@every_loss
def test_float32_outputs_have_a_float32_gradient(case: Case) -> None:
    outputs = scores(5).astype(np.float32)
    value, grad = case.loss.value_and_grad(outputs, case.targets(5), weights(5))
    expected, expected_grad = case.loss.value_and_grad(outputs.astype(np.float64), case.targets(5), weights(5))
    assert type(value) is float
    assert grad.dtype == np.float32
    np.testing.assert_allclose(value, expected, rtol=FLOAT32_TOLERANCE)
    np.testing.assert_allclose(grad, expected_grad, rtol=FLOAT32_TOLERANCE, atol=FLOAT32_TOLERANCE)


@every_loss
def test_an_empty_batch_has_no_mean(case: Case) -> None:
    with pytest.raises(InputError, match=r"outputs: got shape \(0, 4\); expected .* with n of 1 or more"):
        case.loss.value(np.zeros((0, CLASSES)), case.targets(0))


@every_loss
@pytest.mark.parametrize(
    "sample_weight", [[1, 1], [1, 1, -1], [0, 0, 0], [1, 1, float("nan")], [1, 1, float("inf")], [[1, 1, 1]], 1.0]
)
def test_weights_are_refused_unless_they_weigh(case: Case, sample_weight: list[float]) -> None:
    with pytest.raises(InputError, match=r"sample_weight: got .*; expected 3 finite numbers"):
        case.loss.value(scores(3), case.targets(3), sample_weight)


@every_loss
def test_repr_is_the_call_that_makes_it_again(case: Case) -> None:
    assert eval(repr(case.loss), vars(framework)) == case.loss


LABELLED = (SoftmaxCrossEntropy(), MeanSquaredError(), BinaryCrossEntropy(), Huber())
LABELS_REFUSED = {
    "-1 is not the last class": ([0, -1, 2], r"labels: index 1: got -1; expected an integer from 0 to 3"),
    "one too many": ([0, 1, 10], r"labels: index 2: got 10; expected an integer from 0 to 3"),
    "the number of classes": ([4, 1, 2], r"labels: index 0: got 4; expected an integer from 0 to 3"),
    "unsigned": (np.array([0, 200, 1], np.uint8), r"labels: index 1: got 200; expected an integer from 0 to 3"),
    "too few": ([0, 1], r"got int64 of shape \(2,\); expected integers of shape \(3,\)"),
    "too many": ([0, 1, 2, 3], r"got int64 of shape \(4,\); expected integers of shape \(3,\)"),
}
NO_LABELS = {
    "floats": ([0.0, 1.0, 2.0], r"got float64 of shape \(3,\)"),
    "flags": ([True, False, True], r"got bool of shape \(3,\)"),
    "text": (["0", "1", "2"], r"got <U1 of shape \(3,\)"),
    "a column": ([[0], [1], [2]], r"got int64 of shape \(3, 1\)"),
    "nothing": ([], r"got float64 of shape \(0,\)"),
    "a number": (1, r"got int64 of shape \(\)"),
}


@pytest.mark.parametrize("loss", LABELLED, ids=repr)
@pytest.mark.parametrize(("targets", "message"), LABELS_REFUSED.values(), ids=LABELS_REFUSED)
def test_labels_are_refused_with_index_and_value(loss: Loss, targets: list[int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        loss.value(scores(3), targets)


@pytest.mark.parametrize("loss", LABELLED, ids=repr)
@pytest.mark.parametrize(("targets", "message"), NO_LABELS.values(), ids=NO_LABELS)
def test_what_is_no_label_is_refused(loss: Loss, targets: list[int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        loss.value(scores(3), targets)


@pytest.mark.parametrize(
    ("targets", "hint"),
    [
        ([[0], [1], [2]], "write y.ravel()"),
        (np.eye(5, dtype=int)[:3], "one-hot rows have a column for each of the 4 outputs"),
    ],
    ids=["a column", "of five classes"],
)
def test_labels_in_another_shape_come_with_a_way_out(targets: ArrayLike, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        SoftmaxCrossEntropy().value(scores(3), targets)
    assert caught.value.hint == hint


def test_outputs_have_two_dimensions() -> None:
    for loss in LABELLED:
        with pytest.raises(InputError, match=r"outputs: got shape \(3,\)"):
            loss.value(np.zeros(3), [0, 1, 2])


def test_cross_entropy_by_hand() -> None:
    # scores (0, log 3) are probabilities (1/4, 3/4)
    outputs = np.log([[1.0, 3.0], [1.0, 3.0]])
    value, grad = SoftmaxCrossEntropy().value_and_grad(outputs, [0, 1])
    np.testing.assert_allclose(value, (np.log(4) + np.log(4 / 3)) / 2, rtol=1e-15)
    np.testing.assert_allclose(grad, [[-0.375, 0.375], [0.125, -0.125]], rtol=1e-15)
    value, _ = SoftmaxCrossEntropy().value_and_grad(outputs, [0, 1], [3, 1])
    np.testing.assert_allclose(value, 0.75 * np.log(4) + 0.25 * np.log(4 / 3), rtol=1e-15)


def test_label_smoothing_by_hand() -> None:
    # ε = 0.2 and two classes: the true one counts 0.9, the other 0.1
    value, grad = SoftmaxCrossEntropy(label_smoothing=0.2).value_and_grad(np.log([[1.0, 3.0]]), [0])
    np.testing.assert_allclose(value, 0.9 * np.log(4) + 0.1 * np.log(4 / 3), rtol=1e-15)
    np.testing.assert_allclose(grad, [[-0.65, 0.65]], rtol=1e-15)


def test_class_weights_by_hand() -> None:
    # probabilities (1/4, 3/4) in both rows; the first counts 3 as its class does, the second 1
    loss = SoftmaxCrossEntropy(class_weights=(3, 1))
    outputs = np.log([[1.0, 3.0], [1.0, 3.0]])
    assert loss.total_weight([0, 1]) == 4
    value, grad = loss.value_and_grad(outputs, [0, 1])
    np.testing.assert_allclose(value, 0.75 * np.log(4) + 0.25 * np.log(4 / 3), rtol=1e-15)
    np.testing.assert_allclose(grad, [[-0.5625, 0.5625], [0.0625, -0.0625]], rtol=1e-15)
    # with sample weights 1 and 9 they count 3 and 9
    value, grad = loss.value_and_grad(outputs, [0, 1], [1, 9])
    np.testing.assert_allclose(value, 0.25 * np.log(4) + 0.75 * np.log(4 / 3), rtol=1e-15)
    np.testing.assert_allclose(grad, [[-0.1875, 0.1875], [0.1875, -0.1875]], rtol=1e-15)


def test_a_smoothed_row_weighs_what_its_class_does() -> None:
    # ε = 0.2: the first row's loss is 0.9 log 4 + 0.1 log 4/3, the second's the other way round; they count 3 and 1
    loss = SoftmaxCrossEntropy(0.2, (3.0, 1.0))
    value, _ = loss.value_and_grad(np.log([[1.0, 3.0], [1.0, 3.0]]), [0, 1])
    np.testing.assert_allclose(value, (2.8 * np.log(4) + 1.2 * np.log(4 / 3)) / 4, rtol=1e-15)


def test_probabilities_as_targets_by_hand() -> None:
    outputs = np.log([[1.0, 3.0]])
    value, grad = SoftmaxCrossEntropy().value_and_grad(outputs, [[0.5, 0.5]])
    np.testing.assert_allclose(value, 0.5 * np.log(4) + 0.5 * np.log(4 / 3), rtol=1e-15)
    np.testing.assert_allclose(grad, [[-0.25, 0.25]], rtol=1e-15)
    # smoothed by 0.2: (0.25, 0.75) becomes (0.3, 0.7)
    value, grad = SoftmaxCrossEntropy(label_smoothing=0.2).value_and_grad(outputs, [[0.25, 0.75]])
    np.testing.assert_allclose(value, 0.3 * np.log(4) + 0.7 * np.log(4 / 3), rtol=1e-15)
    np.testing.assert_allclose(grad, [[-0.05, 0.05]], rtol=1e-14)
    # a row that is half of class 0 and half of class 1 weighs (1 + 3) / 2
    loss, targets = SoftmaxCrossEntropy(class_weights=(1.0, 3.0)), [[1.0, 0.0], [0.5, 0.5]]
    assert loss.total_weight(targets) == 3
    value, grad = loss.value_and_grad(np.log([[1.0, 3.0], [1.0, 3.0]]), targets)
    np.testing.assert_allclose(value, (2 * np.log(4) + np.log(4 / 3)) / 3, rtol=1e-15)
    np.testing.assert_allclose(grad, [[-0.25, 0.25], [-1 / 6, 1 / 6]], rtol=1e-15)


@pytest.mark.parametrize("loss", [case.loss for case in CASES[:3]], ids=repr)
@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int64, np.uint8, np.bool_])
def test_one_hot_rows_are_their_labels(loss: Loss, dtype: type[np.generic]) -> None:
    value, grad = loss.value_and_grad(scores(5), labels(5))
    value_of_rows, grad_of_rows = loss.value_and_grad(scores(5), np.eye(CLASSES, dtype=dtype)[labels(5)])
    assert value_of_rows == pytest.approx(value, rel=PARTS_TOLERANCE)
    np.testing.assert_allclose(grad_of_rows, grad, rtol=PARTS_TOLERANCE, atol=PARTS_TOLERANCE)
    assert loss.total_weight(labels(5)) == loss.total_weight(np.eye(CLASSES)[labels(5)])


ROWS_REFUSED = {
    "too little": ([[0.5, 0.5], [0.5, 0.4]], r"targets: row 1: got numbers from 0.4 that sum to 0.9; expected prob"),
    "too much": ([[1.0, 1.0], [0.5, 0.5]], r"targets: row 0: got numbers from 1 that sum to 2; expected probabilities"),
    "below 0": ([[0.5, 0.5], [1.5, -0.5]], r"targets: row 1: got numbers from -0.5 that sum to 1; expected prob"),
    "no number": ([[0.5, 0.5], [float("nan"), 0.5]], r"targets: row 1: got numbers from nan that sum to nan"),
    "another shape": ([[0.5, 0.5]], r"targets: got float64 of shape \(1, 2\); expected shape \(2, 2\)"),
    "three of two": ([[0.5, 0.5, 0.0]] * 2, r"targets: got float64 of shape \(2, 3\); expected shape \(2, 2\)"),
}


@pytest.mark.parametrize(("targets", "message"), ROWS_REFUSED.values(), ids=ROWS_REFUSED)
def test_rows_that_are_no_probabilities_are_refused(targets: list[list[float]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SoftmaxCrossEntropy().value(np.zeros((2, 2)), targets)


def test_rows_of_small_integers_do_not_wrap_round() -> None:
    with pytest.raises(InputError, match="row 0: got numbers from 0 that sum to 257"):
        SoftmaxCrossEntropy().value(np.zeros((2, 3)), np.array([[128, 129, 0], [0, 1, 0]], np.uint8))


def test_probabilities_of_few_bits_are_learnt_in_the_precision_of_the_scores() -> None:
    n = 4096  # 1/n times a probability would have four bits in float16
    outputs, targets = scores(n).astype(np.float32), shares(n).astype(np.float16)
    loss = SoftmaxCrossEntropy(label_smoothing=0.1)
    _, expected, _ = loss.for_training(outputs, targets.astype(np.float32))
    _, grad, _ = loss.for_training(outputs, targets)
    np.testing.assert_array_equal(grad, expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_whole_numbers_as_scores_have_a_gradient(weighted: bool) -> None:
    outputs, targets = np.array([[3, 1, 0], [0, 2, 1]]), np.array([0, 2])
    sample_weight = np.array([1.0, 3.0]) if weighted else None
    grads = [SoftmaxCrossEntropy().value_and_grad(z, targets, sample_weight)[1] for z in (outputs, outputs * 1.0)]
    np.testing.assert_array_equal(grads[0], grads[1])


def test_probabilities_may_come_with_three_digits() -> None:
    value = SoftmaxCrossEntropy().value(np.zeros((1, 3)), [[0.333, 0.333, 0.333]])
    assert value == pytest.approx(np.log(3), rel=1e-3)  # what is missing of the sum


@pytest.mark.parametrize(
    "wrong", [(1.0,), (1.0, 0.0), (1.0, -1.0), (1.0, float("nan")), (1.0, float("inf")), "11", 2.0]
)
def test_class_weights_are_refused_unless_they_weigh(wrong: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match=r"^SoftmaxCrossEntropy: class_weights: got .*; expected .*numbers"):
        SoftmaxCrossEntropy(class_weights=wrong)


def test_there_is_a_weight_for_each_class() -> None:
    for targets in (np.array([0, 1]), np.eye(4)[:2]):
        with pytest.raises(InputError, match="class_weights: got 3 of them; expected 4, one for each class"):
            SoftmaxCrossEntropy(class_weights=(1, 2, 3)).value(np.zeros((2, 4)), targets)


def test_class_weights_may_come_as_a_list_and_are_a_value() -> None:
    loss = SoftmaxCrossEntropy(class_weights=[1, 2])  # type: ignore[arg-type]
    assert loss.class_weights == (1.0, 2.0)
    assert hash(loss) == hash(SoftmaxCrossEntropy(class_weights=(1.0, 2.0)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_as_targets_far_out_are_exact(dtype: type[np.floating]) -> None:
    loss = SoftmaxCrossEntropy(class_weights=(1e6, 1e-6))
    value, grad = loss.value_and_grad(np.array([[1e4, -1e4]], dtype), np.array([[0.25, 0.75]], dtype))
    assert (value, grad.tolist()) == (15000.0, [[0.75, -0.75]])


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, float("nan")])
def test_smoothing_is_from_0_to_below_1(smoothing: float) -> None:
    with pytest.raises(InputError, match="label_smoothing: got"):
        SoftmaxCrossEntropy(label_smoothing=smoothing)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_far_out_is_exact(dtype: type[np.floating]) -> None:
    loss = SoftmaxCrossEntropy()
    value, grad = loss.value_and_grad(np.array([[1e4, -1e4]], dtype), [1])
    assert (value, grad.tolist()) == (20000.0, [[1.0, -1.0]])
    value, grad = loss.value_and_grad(np.array([[1e4, -1e4]], dtype), [0])
    assert (value, grad.tolist()) == (0.0, [[0.0, 0.0]])
    value, grad = loss.value_and_grad(np.full((1, 4), -1e4, dtype), [2])
    np.testing.assert_allclose(value, np.log(4), rtol=1e-7)
    assert grad.tolist() == [[0.25, 0.25, -0.75, 0.25]]


@pytest.mark.parametrize("width", [1e-8, 1.0, 700.0, 1e4])
def test_cross_entropy_agrees_with_fifty_digits(width: float) -> None:
    rng = np.random.default_rng(6)
    for z, label in zip(rng.uniform(-width, width, (300, 3)), rng.integers(0, 3, 300), strict=True):
        expected = _fifty_digits(z, int(label))
        value = SoftmaxCrossEntropy().value(z[np.newaxis], [label])
        assert abs(value - expected) <= REFERENCE_TOLERANCE * max(1, expected)
        if expected > 1e-300:
            assert abs(value - expected) <= TINY_TOLERANCE * expected


def test_a_tiny_loss_is_told_from_0() -> None:
    z = np.array([[70.0, 0.0, -3.0]])
    np.testing.assert_allclose(SoftmaxCrossEntropy().value(z, [0]), _fifty_digits(z[0], 0), rtol=TINY_TOLERANCE)
    assert 0 < SoftmaxCrossEntropy().value(z.astype(np.float32), [0]) < 1e-29


def _fifty_digits(z: Array, label: int) -> float:
    with mpmath.workdps(50):
        powers = [mpmath.exp(mpmath.mpf(float(score))) for score in z]
        others = mpmath.fsum(power for k, power in enumerate(powers) if k != label)
        return float(mpmath.log1p(others / powers[label]))


def test_mean_squared_error_by_hand() -> None:
    outputs, targets = np.array([[1.0, 2], [3, 4]]), [[0, 2], [3, 2]]
    value, grad = MeanSquaredError().value_and_grad(outputs, targets)
    assert (value, grad.tolist()) == (1.25, [[0.5, 0], [0, 1]])
    value, grad = MeanSquaredError().value_and_grad(outputs, targets, [3, 1])
    assert (value, grad.tolist()) == (0.875, [[0.75, 0], [0, 0.5]])


def test_mean_squared_error_of_one_output_takes_flat_targets() -> None:
    outputs = np.array([[1.0], [2], [4]])
    expected = MeanSquaredError().value_and_grad(outputs, [[1], [0], [1]])
    for targets in ([1, 0, 1], [1.0, 0.0, 1.0], np.array([1, 0, 1], np.uint8)):
        value, grad = MeanSquaredError().value_and_grad(outputs, targets)
        assert value == expected[0] == 13 / 3
        assert grad.shape == (3, 1)
        np.testing.assert_array_equal(grad, expected[1])


def test_mean_squared_error_takes_labels_as_one_hot_rows() -> None:
    value, grad = MeanSquaredError().value_and_grad(np.array([[0.0, 1, 0], [1, 0, 0]]), [1, 2])
    assert value == 1 / 3  # 0 for the row that is right, (1 + 1) / 3 for the other
    np.testing.assert_allclose(grad, [[0.0, 0.0, 0.0], [1 / 3, 0.0, -1 / 3]], rtol=1e-15)


@pytest.mark.parametrize("shape", [(3,), (3, 1), (1, 3), (1, 1), (2, 3), (3, 3, 1), ()])
def test_mean_squared_error_never_broadcasts(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"targets: got float64 of shape .*; expected numbers of shape \(3, 3\)"):
        MeanSquaredError().value(np.zeros((3, 3)), np.zeros(shape))
    with pytest.raises(InputError, match=r"targets: got float64 of shape \(1, 3\)"):
        MeanSquaredError().value(np.zeros((3, 1)), np.zeros((1, 3)))


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-12)])
@pytest.mark.parametrize("width", [1e-8, 700.0, 1e4])
def test_probabilities_sum_to_1(width: float, dtype: type[np.floating], tolerance: float) -> None:
    z = np.random.default_rng(7).uniform(-width, width, (200, 10)).astype(dtype)
    p = softmax(z)
    assert p.dtype == dtype
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=tolerance)
    np.testing.assert_array_equal(p[np.arange(200), z.argmax(axis=1)], p.max(axis=1))


def test_softmax_by_hand() -> None:
    np.testing.assert_allclose(softmax(np.log([1.0, 2.0, 5.0])), [0.125, 0.25, 0.625], rtol=1e-15)
    assert softmax([1e4, -1e4]).tolist() == [1, 0]
    assert softmax([[3, 3], [0, 0]]).tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_softmax_of_unsigned_scores_does_not_wrap_around() -> None:
    np.testing.assert_array_equal(softmax(np.array([1, 2], np.uint8)), softmax([1.0, 2.0]))


def test_binary_cross_entropy_by_hand() -> None:
    # scores log 3 and −log 3 are probabilities 3/4 and 1/4
    z = np.log([[3.0], [1 / 3], [3.0]])
    for targets in ([1, 1, 0], [1.0, 1.0, 0.0], [[1], [1], [0]], np.array([1, 1, 0], np.uint8)):
        value, grad = BinaryCrossEntropy().value_and_grad(z, targets)
        np.testing.assert_allclose(value, (np.log(4 / 3) + 2 * np.log(4)) / 3, rtol=1e-15)
        np.testing.assert_allclose(grad, [[-1 / 12], [-1 / 4], [1 / 4]], rtol=1e-15)
    value, grad = BinaryCrossEntropy().value_and_grad(z, [0.75, 1.0, 0.5], [2, 1, 1])
    entropy = 0.75 * np.log(4 / 3) + 0.25 * np.log(4)
    np.testing.assert_allclose(value, (2 * entropy + np.log(4) + np.log(4 / 3) / 2 + np.log(4) / 2) / 4, rtol=1e-15)
    np.testing.assert_allclose(grad, [[0.0], [-0.1875], [0.0625]], rtol=1e-15, atol=1e-17)


def test_binary_cross_entropy_of_several_answers_is_their_mean() -> None:
    z = np.log([[3.0, 1 / 3, 1.0, 3.0]])
    value, grad = BinaryCrossEntropy().value_and_grad(z, [[1, 1, 0, 0]])
    np.testing.assert_allclose(value, (np.log(4 / 3) + 2 * np.log(4) + np.log(2)) / 4, rtol=1e-15)
    np.testing.assert_allclose(grad, [[-1 / 16, -3 / 16, 1 / 8, 3 / 16]], rtol=1e-15)


def test_binary_cross_entropy_takes_labels_as_each_class_against_the_rest() -> None:
    value, grad = BinaryCrossEntropy().value_and_grad(np.log([[3.0, 3.0, 1 / 3]]), [1])
    np.testing.assert_allclose(value, (np.log(4) + np.log(4 / 3) + np.log(4 / 3)) / 3, rtol=1e-15)
    np.testing.assert_allclose(grad, [[1 / 4, -1 / 12, 1 / 12]], rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_binary_cross_entropy_far_out_is_exact(dtype: type[np.floating]) -> None:
    z = np.array([[1e4], [-1e4], [1e4], [-1e4], [1e4]], dtype)
    for score, target, expected, slope in zip(
        z, (1, 0, 0, 1, 0.5), (0, 0, 1e4, 1e4, 5e3), (0, 0, 1, -1, 0.5), strict=True
    ):
        value, grad = BinaryCrossEntropy().value_and_grad(score[np.newaxis], [target])
        assert (value, grad.tolist()) == (expected, [[slope]])


@pytest.mark.parametrize("width", [1e-8, 1.0, 700.0, 1e4])
def test_binary_cross_entropy_agrees_with_fifty_digits(width: float) -> None:
    rng = np.random.default_rng(6)
    for z, t in zip(rng.uniform(-width, width, 300), [0, 1, 0.25] * 100, strict=True):
        with mpmath.workdps(50):
            exact = mpmath.log1p(mpmath.exp(-mpmath.mpf(z))) * t + mpmath.log1p(mpmath.exp(mpmath.mpf(z))) * (1 - t)
            expected = float(exact)
        value = BinaryCrossEntropy().value(np.array([[z]]), [t])
        assert abs(value - expected) <= REFERENCE_TOLERANCE * max(1, expected)
        if expected > 1e-300:
            assert abs(value - expected) <= TINY_TOLERANCE * expected


@pytest.mark.parametrize("wrong", [-0.1, 1.1, 2, -1, float("nan")])
def test_binary_targets_are_from_0_to_1(wrong: float) -> None:
    with pytest.raises(InputError, match=rf"targets: row 1: got {float(wrong)}; expected numbers from 0 to 1"):
        BinaryCrossEntropy().value(np.zeros((3, 1)), [0, wrong, 1])
    with pytest.raises(InputError, match=rf"targets: row 0: got {float(wrong)}; expected numbers from 0 to 1"):
        BinaryCrossEntropy().value(np.zeros((1, 2)), [[0, wrong]])


@pytest.mark.parametrize("loss", [BinaryCrossEntropy(), Huber()], ids=repr)
def test_targets_are_never_broadcast(loss: Loss) -> None:
    for outputs, targets in (
        (np.zeros((3, 3)), np.zeros(3)),
        (np.zeros((3, 3)), np.zeros((1, 3))),
        (np.zeros((3, 1)), np.zeros((1, 3))),
    ):
        with pytest.raises(
            InputError, match=r"targets: got float64 of shape .*; expected numbers of shape \(3, [13]\)"
        ):
            loss.value(outputs, targets)


def test_huber_by_hand_on_both_sides_of_the_bend() -> None:
    # δ = 1: differences 0.5, −3, 1, −1, 0 give 0.125, 2.5, 0.5, 0.5, 0; the slope is the difference up to δ
    outputs = np.array([[0.5], [-3.0], [1.0], [-1.0], [0.0]])
    value, grad = Huber().value_and_grad(outputs, np.zeros(5))
    np.testing.assert_allclose(value, 3.625 / 5, rtol=1e-15)
    np.testing.assert_allclose(grad, [[0.1], [-0.2], [0.2], [-0.2], [0.0]], rtol=1e-15)
    # δ = 2: two outputs, differences 1 and −4 give 1/2 and 2 (4 − 1) = 6
    value, grad = Huber(delta=2.0).value_and_grad(np.array([[2.0, -3.0]]), [[1, 1]])
    assert (value, grad.tolist()) == (3.25, [[0.5, -1.0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huber_far_out_pulls_no_harder(dtype: type[np.floating]) -> None:
    value, grad = Huber(0.5).value_and_grad(np.array([[1e4, -1e4], [0, 0]], dtype), [[0, 0], [0, 0]])
    assert (value, grad.tolist()) == (0.5 * (1e4 - 0.25) / 2, [[0.125, -0.125], [0, 0]])
    value, _ = Huber(1e30).value_and_grad(np.array([[1e4]], dtype), [0])
    assert value == 5e7


@pytest.mark.parametrize("delta", [0.0, -1.0, 2e30, float("nan"), float("inf")])
def test_huber_bends_somewhere(delta: float) -> None:
    with pytest.raises(InputError, match=r"^Huber: delta: got .*; expected a number from 1e-30 to 1e\+30"):
        Huber(delta)
