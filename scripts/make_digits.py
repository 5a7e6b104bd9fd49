"""Make data/train.csv.gz and data/test.csv.gz from the four MNIST files in IDX format.

    python -m scripts.make_digits FOLDER_WITH_THE_IDX_FILES

The same IDX files give the same CSV bytes everywhere, and the same .gz bytes with the same zlib. The IDX format is a
big-endian header (two zero bytes, the type 8 for uint8, the number of dimensions, their sizes) and then the values.
"""

import gzip
import hashlib
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from framework.files import publish
from models.digits import FEATURES, TEST, TRAIN

PARTS = {
    TRAIN: ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    TEST: ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array in a gzipped IDX file of unsigned bytes."""
    content = gzip.decompress(path.read_bytes())
    if content[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path}: got magic {content[:4].hex()}; expected IDX of unsigned bytes")
    dimensions = content[3]
    shape = np.frombuffer(content, ">u4", dimensions, 4).tolist()
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def to_csv(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> bytes:
    """Kaggle's Digit Recognizer format: label,pixel0,...,pixel783, a row per image, lines ended by LF."""
    rows = np.column_stack([labels, images.reshape(len(images), FEATURES)]).tolist()
    header = ",".join(["label", *(f"pixel{number}" for number in range(FEATURES))])
    return "\n".join([header, *(",".join(map(str, row)) for row in rows), ""]).encode("ascii")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m scripts.make_digits FOLDER_WITH_THE_IDX_FILES")
    folder = Path(sys.argv[1])
    for target, (images, labels) in PARTS.items():
        csv = to_csv(read_idx(folder / images), read_idx(folder / labels))
        packed = gzip.compress(csv, compresslevel=9, mtime=0)  # no time stamp: equal input, equal bytes
        publish(target, packed)
        print(f"{target.name}: {len(packed):,} bytes, sha256 {hashlib.sha256(packed).hexdigest()}")
        print(f"  unpacked: {len(csv):,} bytes, sha256 {hashlib.sha256(csv).hexdigest()}")


if __name__ == "__main__":
    main()
