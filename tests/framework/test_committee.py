"""Committee and Augmented: the mean of probabilities by hand, and the bits of one opinion, of a seed, of a block."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike

from framework import (
    Affine,
    Augmentation,
    Augmented,
    Committee,
    Dense,
    Dropout,
    Elastic,
    Ensemble,
    Flatten,
    InputError,
    ReLU,
    Rescale,
    Sequential,
    evaluate,
    report,
    softmax,
    stream,
)
from framework.committee import BLOCK_ROWS
from framework.types import Array, Numbers
from tests.framework.console.consoles import Shown

FLOAT64_TOLERANCE = 1e-12
"""A few additions, an exp and a log of numbers around 1, each off by 1e-16 of its size."""
FLOAT32_TOLERANCE = 1e-6
"""Probabilities of float32 scores, which are themselves off by some roundings of 6e-8."""

SIDE = 6
SHAPE = (SIDE, SIDE)
AFFINE = Affine(SHAPE, rotation=20.0)


def echo(dtype: type[np.floating] = np.float64) -> Sequential:
    """Three classes; its scores are its input."""
    model = Sequential([Dense(3, 3, use_bias=False)], dtype=dtype)
    model.set_weights({"layers.0.weight": np.eye(3)})
    return model


def shifted(*scores: float) -> Sequential:
    """Three classes; its scores are these, added to its input."""
    model = Sequential([Dense(3, 3)], dtype=np.float64)
    model.set_weights({"layers.0.weight": np.eye(3), "layers.0.bias": np.array(scores)})
    return model


def reader(seed: int) -> Sequential:
    """Tells images of 6 x 6 pixels apart, by chance."""
    return Sequential([Rescale(1 / 255), Dense(SIDE**2, 8), ReLU(), Dropout(0.5), Dense(8, 4)], seed=seed)


def images(n: int) -> Numbers:
    return np.random.default_rng(n).integers(0, 256, (n, SIDE**2)).astype(np.uint8)


ASKED: dict[str, Callable[[Sequential | Ensemble, ArrayLike], Numbers]] = {
    "forward": lambda model, x: model.forward(x),
    "call": lambda model, x: model(x),
    "predict": lambda model, x: model.predict(x),
    "predict_proba": lambda model, x: model.predict_proba(x),
}

ALONE: dict[str, Callable[[Sequential], Ensemble]] = {
    "a committee of one": lambda model: Committee([model]),
    "no version": lambda model: Augmented(model, AFFINE, versions=0),
    "no version of a committee of one": lambda model: Augmented(Committee([model]), AFFINE, versions=0, seed=3),
    "a committee of one of no version": lambda model: Committee([Augmented(model, AFFINE, versions=0)]),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("alone", ALONE.values(), ids=ALONE)
@pytest.mark.parametrize("n", [0, 1, BLOCK_ROWS, BLOCK_ROWS + 1, 2500])
def test_one_opinion_is_the_model_to_the_bit(
    n: int, alone: Callable[[Sequential], Ensemble], ask: Callable[[Sequential | Ensemble, ArrayLike], Numbers]
) -> None:
    model = reader(0)
    for x in (images(n), images(n).astype(np.float64)):
        # the model's own forward takes all rows at one go
        parts = [x[start : start + BLOCK_ROWS] for start in range(0, max(n, 1), BLOCK_ROWS)]
        expected, answer = np.concatenate([ask(model, part) for part in parts]), ask(alone(model), x)
        assert answer.dtype == expected.dtype
        np.testing.assert_array_equal(answer, expected)


@pytest.mark.parametrize("alone", ALONE.values(), ids=ALONE)
def test_one_opinion_is_evaluated_like_the_model_to_the_bit(alone: Callable[[Sequential], Ensemble]) -> None:
    model, x = reader(0), images(2500)
    y = np.arange(2500) % 4
    one, other = evaluate(model, x, y), evaluate(alone(model), x, y)
    assert (other.loss, other.accuracy) == (one.loss, one.accuracy)
    np.testing.assert_array_equal(other.confusion, one.confusion)


def test_the_mean_of_two_by_hand() -> None:
    # probabilities (1/2, 1/4, 1/4) and (1/8, 5/8, 1/4); their mean is (5/16, 7/16, 1/4)
    first, second = shifted(*np.log([2.0, 1.0, 1.0])), shifted(*np.log([1.0, 5.0, 2.0]))
    committee = Committee([first, second])
    assert len(committee) == 2
    x = np.zeros((2, 3))
    np.testing.assert_allclose(committee.predict_proba(x), [[5 / 16, 7 / 16, 1 / 4]] * 2, rtol=FLOAT64_TOLERANCE)
    np.testing.assert_allclose(committee(x), np.log([[5 / 16, 7 / 16, 1 / 4]] * 2), rtol=FLOAT64_TOLERANCE)
    assert committee.predict(x).tolist() == [1, 1]
    evaluation = evaluate(committee, x, [1, 0])
    assert evaluation.accuracy == 1 / 2
    assert evaluation.loss == pytest.approx((np.log(16 / 7) + np.log(16 / 5)) / 2, rel=FLOAT64_TOLERANCE)


def test_the_mean_is_of_probabilities_and_not_of_scores_or_votes() -> None:
    """Two a little for class 0, one very sure of class 1: it wins."""
    committee = Committee([shifted(0.1, 0, 0), shifted(0.1, 0, 0), shifted(0, 3, 0)])
    assert committee.predict(np.zeros((1, 3))).tolist() == [1]
    # and one that is sure beyond all measure is no surer than 1: two that are rather sure outvote it
    assert Committee([shifted(5, 0, 0), shifted(5, 0, 0), shifted(0, 1e6, 0)]).predict(np.zeros((1, 3))).tolist() == [0]


def test_no_probability_underflows_and_no_score_overflows() -> None:
    committee = Committee([shifted(0, 1e5, -1e5), shifted(0, 1e5 + 1, -1e5)])
    evaluation = evaluate(committee, np.zeros((1, 3)), [0])
    # p₀ = (e^−100000 + e^−100001) / 2, which no float64 holds
    assert evaluation.loss == pytest.approx(1e5 - np.log((1 + np.exp(-1)) / 2), rel=FLOAT64_TOLERANCE)
    assert np.isfinite(committee.forward(np.zeros((1, 3)))).all()


def test_the_order_of_the_members_does_not_matter() -> None:
    members, x = [reader(seed) for seed in range(3)], images(300)
    expected = Committee(members).predict_proba(x)
    for order in itertools.permutations(members):
        answer = Committee(order).predict_proba(x)
        np.testing.assert_allclose(answer, expected, rtol=FLOAT64_TOLERANCE)
        varied = Augmented(Committee(order), AFFINE, versions=2).predict_proba(x)
        np.testing.assert_allclose(
            varied, Augmented(Committee(members), AFFINE, versions=2).predict_proba(x), rtol=FLOAT64_TOLERANCE
        )


def test_every_member_counts_the_same_whatever_it_is_made_of() -> None:
    one, two, x = reader(1), reader(2), images(50)
    inner = Committee([one, one, two])
    expected = (inner.predict_proba(x) + two.predict_proba(x)) / 2
    np.testing.assert_allclose(Committee([inner, two]).predict_proba(x), expected, rtol=FLOAT32_TOLERANCE)


def by_hand(model: Sequential, augmentation: Augmentation, x: Numbers, versions: int, seed: int) -> Array:
    """Of every block of 1024 rows as it is and of its versions, the probabilities, and their mean."""
    blocks = []
    for number, start in enumerate(range(0, len(x), 1024)):
        rows = x[start : start + 1024]
        views = [augmentation(rows, stream(seed, f"prediction/{version}", number)) for version in range(versions)]
        blocks.append(np.mean([softmax(model.forward(view)).astype(np.float64) for view in [rows, *views]], axis=0))
    return np.concatenate(blocks)


@pytest.mark.parametrize("augmentation", [AFFINE, Elastic(SHAPE, strength=1.0)], ids=["affine", "elastic"])
def test_augmented_by_hand(augmentation: Augmentation) -> None:
    model, x = reader(0), images(2100)
    answer = Augmented(model, augmentation, versions=3, seed=5).predict_proba(x)
    np.testing.assert_allclose(answer, by_hand(model, augmentation, x, 3, 5), rtol=FLOAT32_TOLERANCE)


def test_the_same_seed_gives_the_same_bits_and_another_one_others() -> None:
    model, x = reader(0), images(1500)
    answers = [Augmented(model, AFFINE, versions=2, seed=seed).predict_proba(x).tobytes() for seed in (4, 4, 5)]
    assert answers[0] == answers[1] != answers[2]


def test_asking_again_gives_the_same_bits_and_evaluate_asks_the_same() -> None:
    """A row's versions depend on where it stands: evaluate, which goes batch by batch, must not start anew in each."""
    model, x = Augmented(reader(0), AFFINE, versions=2), images(2500)
    labels = model.predict(x)
    assert model.predict(x).tobytes() == labels.tobytes()
    evaluation = evaluate(model, x, labels)
    assert evaluation.accuracy == 1
    np.testing.assert_array_equal(evaluation.scores, model.forward(x))
    in_parts = np.concatenate([model.predict_proba(x[:1024]), model.predict_proba(x[1024:])])
    assert (in_parts[:1024] == model.predict_proba(x)[:1024]).all()
    assert (in_parts[1024:] != model.predict_proba(x)[1024:]).any()


def test_inside_a_committee_the_blocks_are_numbered_on() -> None:
    model, x = reader(0), images(2100)
    member = Augmented(model, AFFINE, versions=2, seed=1)
    np.testing.assert_array_equal(Committee([member]).predict_proba(x), member.predict_proba(x))
    np.testing.assert_allclose(
        Committee([member, member]).predict_proba(x), member.predict_proba(x), rtol=FLOAT64_TOLERANCE
    )


def test_one_draw_for_a_committee_is_the_mean_of_its_members_with_that_draw() -> None:
    members, x = [reader(seed) for seed in range(2)], images(1100)
    together = Augmented(Committee(members), AFFINE, versions=3, seed=2).predict_proba(x)
    apart = Committee(Augmented(member, AFFINE, versions=3, seed=2) for member in members).predict_proba(x)
    np.testing.assert_allclose(together, apart, rtol=FLOAT64_TOLERANCE)


def test_the_versions_of_more_begin_with_those_of_fewer() -> None:
    model, x = reader(0), images(30)
    two, three = (Augmented(model, AFFINE, versions=versions).predict_proba(x) for versions in (2, 3))
    version = AFFINE(x, stream(0, "prediction/2", 0))
    np.testing.assert_allclose(4 * three - 3 * two, model.predict_proba(version), atol=4 * FLOAT32_TOLERANCE)


def test_it_is_inference_and_changes_neither_x_nor_the_model() -> None:
    model, x = reader(0), images(40)
    values, before = model.parameters.values.copy(), x.copy()
    x.flags.writeable = False
    Augmented(Committee([model, reader(1)]), AFFINE, versions=2).predict(x)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(model.parameters.values, values)
    assert not any("scratch" in vars(layer) for layer in model.layers)


def test_no_more_than_a_block_is_handled_at_once() -> None:
    seen: list[int] = []

    class Watching(Augmentation):
        def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
            seen.append(len(x))
            return x.astype(np.float32)

    Augmented(reader(0), Watching(), versions=2).predict(images(2100))
    assert seen == [1024, 1024, 1024, 1024, 52, 52]


def test_the_pictures_of_a_report_show_what_was_evaluated() -> None:
    """Asked for the misread rows alone, the model would see other versions of them, and say something else."""

    class Noise(Augmentation):
        def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
            return (x + rng.normal(0, 200, x.shape)).astype(np.float32)

    model, x = Augmented(reader(0), Noise(), versions=1), images(40)
    labels = model.predict(x)
    misread = 30
    labels[misread] = (labels[misread] + 1) % 4
    shown = Shown("terminal")
    report(model, (x, labels), image_shape=SHAPE, console=shown.console)
    highest = model.predict_proba(x)[misread].max()
    assert model.predict_proba(x[[misread]]).max() != pytest.approx(highest, abs=0.01)
    assert f"row {misread + 1}" in shown.screen.text
    assert f"{highest:.0%}" in shown.screen.text


def test_narrow_and_wide_members_go_together() -> None:
    narrow, wide, x = echo(np.float32), echo(), np.array([[1.0, 2.0, 4.0]])
    np.testing.assert_allclose(Committee([wide, narrow]).predict_proba(x), softmax(x), rtol=FLOAT32_TOLERANCE)
    with pytest.raises(InputError, match="x: row 0, column 1: got inf; expected finite numbers"):
        Committee([wide, narrow]).predict([[1.0, 1e300, 4.0]])


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_what_a_model_refuses_they_refuse(ask: Callable[[Sequential | Ensemble, ArrayLike], Numbers]) -> None:
    for model in (Committee([reader(0), reader(1)]), Augmented(reader(0), AFFINE)):
        with pytest.raises(InputError, match=r"x: got shape \(4, 5\); expected \(n, 36\)"):
            ask(model, np.zeros((4, 5)))
        x = np.zeros((1500, 36))
        x[1200, 2] = np.nan
        with pytest.raises(InputError, match="x: row 1200, column 2: got nan; expected finite numbers"):
            ask(model, x)
        with pytest.raises(InputError, match="got an array of <U1; expected real numbers"):
            ask(model, [["a"] * 36])


def test_evaluate_refuses_for_them_what_it_refuses_for_a_model() -> None:
    for model in (Committee([reader(0), reader(1)]), Augmented(reader(0), AFFINE)):
        with pytest.raises(InputError, match="data: row 1: got label 4; expected an integer from 0 to 3"):
            evaluate(model, images(2), [0, 4])
        with pytest.raises(InputError, match=r"data: got samples of shape \(3,\); the model expects \(36,\)"):
            evaluate(model, np.zeros((2, 3)), [0, 1])


FLAT = Sequential([Flatten(), Dense(36, 4)], input_shape=(6, 6), seed=0)
FIVE = Sequential([Dense(36, 5)], seed=0)
ONE = Sequential([Dense(36, 1)], seed=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Committee([]), "models: got none; expected one or more"),
        (lambda: Committee(reader(0)), "models: got Sequential; expected a list of models"),  # type: ignore[arg-type]
        (lambda: Committee([reader(0), "r"]), r"models\[1\]: got str; expected a Sequential"),  # type: ignore[list-item]
        (
            lambda: Committee([reader(0), reader(1), FIVE]),
            r"models\[2\]: got output_shape \(5,\); expected \(4,\), as models\[0\] has",
        ),
        (
            lambda: Committee([reader(0), FLAT]),
            r"models\[1\]: got input_shape \(6, 6\); expected \(36,\), as models\[0\] has",
        ),
        (
            lambda: Committee([ONE]),
            r"models\[0\]: this model gives samples of shape \(1,\); expected two or more class scores",
        ),
        (lambda: Augmented(ONE, AFFINE), r"model: this model gives samples of shape \(1,\); expected two or more"),
        (lambda: Augmented("m", AFFINE), "model: got str; expected a Sequential"),  # type: ignore[arg-type]
        (lambda: Augmented(reader(0), Affine), "augmentation: got the class Affine; expected an Augmentation"),  # type: ignore[arg-type]
        (lambda: Augmented(reader(0), AFFINE, versions=-1), "versions: got -1; expected an integer of 0 or more"),
        (lambda: Augmented(reader(0), AFFINE, versions=1.5), "versions: got 1.5; expected an integer of 0 or more"),  # type: ignore[arg-type]
        (lambda: Augmented(reader(0), AFFINE, versions=True), "versions: got True; expected an integer of 0 or more"),
        (lambda: Augmented(reader(0), AFFINE, seed=-1), "seed: got -1; expected an integer from 0 to"),
        (
            lambda: Augmented(reader(0), Affine((5, 5))).predict(images(3)),
            r"Affine: got samples of shape \(36,\); expected images of 5 x 5",
        ),
    ],
)
def test_what_cannot_be_averaged_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        make()


def test_they_say_what_they_are_made_of() -> None:
    committee = Committee([echo(), echo()])
    assert repr(committee) == f"Committee([{echo()!r}, {echo()!r}])"
    assert repr(Augmented(echo(), Affine((1, 3)), versions=2)) == (
        f"Augmented({echo()!r}, Affine((1, 3)), versions=2, seed=0)"
    )
