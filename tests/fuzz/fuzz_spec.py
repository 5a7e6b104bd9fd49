"""Fuzz the spec reader: python -m tests.fuzz.fuzz_spec -runs=1000000

libFuzzer's options; arguments without a dash are folders with texts to start from, beside ours. One change in four is
libFuzzer's own, of bytes, the others are of the JSON tree.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["framework"]):
    from tests.fuzz.specs import LARGEST_SEED, check, damager, seeds

BYTES_CHANGES = 4
"""One in so many."""
DEFAULTS = {"-max_len": LARGEST_SEED, "-timeout": 10, "-rss_limit_mb": 768}
"""A text has to be refused within a second; ten leave room for a busy computer and the tracing of every line."""


def main() -> None:
    """Run until an answer is wrong, or for as long as libFuzzer is told to."""
    trees = damager()

    def changed(text: bytes, longest: int, seed: int) -> bytes:
        new = None if seed % BYTES_CHANGES == 0 else trees.damaged(text, seed)
        return atheris.Mutate(text, longest) if new is None or len(new) > longest else new

    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(seeds()):
            if len(text) <= LARGEST_SEED:
                Path(folder, f"{number:04}").write_bytes(text)
        given = {word.partition("=")[0] for word in sys.argv[1:]}
        options = [f"{name}={value}" for name, value in DEFAULTS.items() if name not in given]
        atheris.Setup([*sys.argv, *options, folder], check, custom_mutator=changed)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
