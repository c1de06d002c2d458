"""MNIST, 70,000 handwritten digits of 28 by 28 pixels, from its four original IDX files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from horn.api.datasets import idx
from horn.api.datasets.download import Content, cache_folder, fetch
from horn.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    Part = tuple[np.ndarray, np.ndarray]

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
)
FILES = {
    "train-images-idx3-ubyte.gz": Content(
        47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    ),
    "train-labels-idx1-ubyte.gz": Content(
        60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
    ),
    "t10k-images-idx3-ubyte.gz": Content(
        7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    ),
    "t10k-labels-idx1-ubyte.gz": Content(
        10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    ),
}


def load_data(path: str | os.PathLike[str] | None = None) -> tuple[Part, Part]:
    """Return MNIST as ``(x_train, y_train), (x_test, y_test)``, downloading it at the first call.

    The four files are looked for in `path` and nowhere else if it is given; otherwise in the folder
    that the environment variable ``HORN_DATA`` names, then in ``~/.horn/datasets/mnist``, and are
    downloaded to there (11 MB) if they are in neither.

    Args:
        path: A folder with the four ``.gz`` files, or with a subfolder ``mnist`` that holds them.

    Shapes:
        x_train: (60000, 28, 28)   the ink in each pixel, from 0 to 255
        y_train: (60000,)          the digit, from 0 to 9
        x_test:  (10000, 28, 28)
        y_test:  (10000,)

    Dtypes:
        All are uint8; divide the images by 255 before training.

    Raises:
        DataError: Files are absent, cannot be downloaded, or do not hold what they should.

    Reference:
        LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition,
        Proceedings of the IEEE 86 (1998) 2278-2324.
    """
    folder = _given(path) or _downloaded()
    return _read(folder, "train"), _read(folder, "t10k")


def _given(path: str | os.PathLike[str] | None) -> Path | None:
    """Return the folder that the user points at, or None where nothing is pointed at or nothing there."""
    root = path if path is not None else os.environ.get("HORN_DATA") or None
    if root is None:
        return None
    places = [Path(root).expanduser() / "mnist", Path(root).expanduser()]
    for folder in places:
        absent = [name for name in FILES if not (folder / name).is_file()]
        if not absent:
            return folder
        if len(absent) < len(FILES):
            raise _absent(f"Some files of MNIST are missing in {folder}.", f"no {', '.join(absent)}")
    if path is not None or not places[-1].is_dir():
        raise _absent("MNIST is not where it was said to be.", f"none of them in {' or '.join(map(str, places))}")
    return None  # a folder of other data sets


def _absent(what: str, got: str) -> DataError:
    return DataError(
        what,
        expected=f"the files {', '.join(FILES)}",
        got=got,
        remedy="name the folder that holds them, in path= or HORN_DATA, or give neither to download them",
    )


def _downloaded() -> Path:
    """Return the cache, with whatever was missing in it downloaded."""
    folder = cache_folder("mnist")
    for name, content in FILES.items():
        fetch(folder / name, [f"{mirror}/{name}" for mirror in MIRRORS], content)
    return folder


def _read(folder: Path, part: str) -> Part:
    images = idx.read(folder / f"{part}-images-idx3-ubyte.gz", rank=3)
    labels = idx.read(folder / f"{part}-labels-idx1-ubyte.gz", rank=1)
    if images.shape[1:] != (28, 28) or len(images) != len(labels) or (labels > 9).any():
        raise DataError(
            f"The {part} files in {folder} are not those of MNIST.",
            expected="images of 28 by 28 pixels, and for each image one label from 0 to 9",
            got=f"images of shape {images.shape}, {len(labels)} labels, the largest {labels.max(initial=0)}",
            remedy="delete these files and fetch them again",
        )
    return images, labels
