"""Fuzz the readers of models and checkpoints: python -m tests.fuzz.fuzz_model -runs=1000000

libFuzzer's options; arguments without a dash are folders with files to start from, beside ours. One change in four is
libFuzzer's own, of bytes; the others know the layout, and most seal the file again with the right digest, to get deep.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["framework"]):
    from tests.fuzz.model_files import FileDamager, check, seeds

BYTES_CHANGES = 4
"""One in so many."""
DEFAULTS = {"-max_len": 65_536, "-timeout": 10, "-rss_limit_mb": 768, "-report_slow_units": 2}


def main() -> None:
    """Run until an answer is wrong, or for as long as libFuzzer is told to."""
    files = FileDamager()

    def changed(content: bytes, longest: int, seed: int) -> bytes:
        new = None if seed % BYTES_CHANGES == 0 else files.damaged(content, seed)
        return atheris.Mutate(content, longest) if new is None or len(new) > longest else new

    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(seeds()):
            Path(folder, f"{number:04}").write_bytes(content)
        given = {word.partition("=")[0] for word in sys.argv[1:]}
        options = [f"{name}={value}" for name, value in DEFAULTS.items() if name not in given]
        atheris.Setup([*sys.argv, *options, folder], check, custom_mutator=changed)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
