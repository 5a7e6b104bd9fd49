"""How fast a trained network answers, for one image and for all of Kaggle's test rows: every library, in turn."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from framework import Adam, Sequential, fit
from models.digits import load_training_digits
from models.recipes import recipe
from scripts.benchmarks.answering import PEERS
from scripts.benchmarks.figures import Figures, better, spread, table, threads_of
from scripts.benchmarks.part import Part
from scripts.benchmarks.process import race
from scripts.benchmarks.progress import Progress

MANY = 28_000
SECONDS = 0.5
"""Of answering at a time, about."""
EXPLAINED = """\
Inference of the same trained 784-128-10, better of one thread and all, medians of rounds taken in turn; the answer is a
NumPy array of scores or probabilities. chalknet starts from raw pixels (uint8), which it scales; the others have theirs
as float32 from 0 to 1 (naive NumPy: float64), in their own kind of array, before the clock runs. What each takes the
images for was compared."""


def inference(*, rounds: int, progress: Progress) -> Part:
    """Two tables: one image, many images."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        progress.stage("inference, 1 of 2: one image")
        trained().save(path)
        one = [speed.each(lambda calls: 1e6 / calls) for speed in _race(path, 1, rounds, progress)]
        progress.stage(f"inference, 2 of 2: {MANY:,} images")
        many = [speed.each(lambda images: 1e3 * MANY / images) for speed in _race(path, MANY, rounds, progress)]
    return Part(
        ("## Inference", "", EXPLAINED, "", *lines("one image", "µs", one), *lines(f"{MANY:,} images", "ms", many)),
        {
            "one_image_microseconds": [figures.as_tree() for figures in one],
            "many_images": MANY,
            "many_images_milliseconds": [figures.as_tree() for figures in many],
        },
    )


def trained() -> Sequential:
    """784-128-10 after one epoch on the embedded digits."""
    model = recipe("plain-128").build(seed=0)
    fit(model, load_training_digits(), epochs=1, optimizer=Adam(0.001), batch_size=128, seed=0, threads=1, show=False)
    return model


def lines(title: str, unit: str, found: Iterable[Figures]) -> list[str]:
    """A table in Markdown, and how many times as fast the first is."""
    best = better(found, most=False)
    rows = []
    for one in best:
        ratio = "" if one is best[0] else f"{one.median / best[0].median:.2f} x"
        rows.append((one.name, f"{one.median:,.1f}", spread(one, ",.1f"), threads_of(one), ratio))
    return table((title, unit, "from - to", "threads", f"{best[0].name} is"), rows)


def _race(path: Path, images: int, rounds: int, progress: Progress) -> list[Figures]:
    contenders = {name: ("answering", name, str(path), str(images)) for name in PEERS}
    return race(contenders, rounds=rounds, seconds=SECONDS, progress=progress)
