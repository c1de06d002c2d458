"""Handwritten digits, 8 by 8 pixels: 1,797 images that come with the package.

They are the test part of "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak
(1998), UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, used under the licence
CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). The values and their order are
unchanged; only the file format is ours.
"""

from __future__ import annotations

from importlib.resources import files

import numpy as np

Part = tuple[np.ndarray, np.ndarray]
"""Images and their labels."""

_SHARE = 5
"""One image in so many is for testing."""


def load_data() -> tuple[Part, Part]:
    """Return the digits as ``(x_train, y_train), (x_test, y_test)``; nothing is downloaded.

    The split never changes: of the images put in order of their label, every fifth is for testing,
    so that both parts hold all ten digits in equal shares. Within a part the images keep the order
    of the original file, which mixes the labels.

    Shapes:
        x_train: (1437, 8, 8)   the ink in each cell, from 0 to 16
        y_train: (1437,)        the digit, from 0 to 9
        x_test:  (360, 8, 8)
        y_test:  (360,)

    Dtypes:
        All are uint8; divide the images by 16 before training.

    Reference:
        Alpaydin & Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
        Repository (1998), https://doi.org/10.24432/C50P49, CC BY 4.0.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
        >>> x_train.shape, x_test.shape
        ((1437, 8, 8), (360, 8, 8))
        >>> [int(label) for label in y_test[:5]]
        [0, 2, 4, 7, 1]
    """
    with files("horn.api.datasets").joinpath("digits.npz").open("rb") as file, np.load(file) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    testing = np.zeros(len(labels), dtype=bool)
    testing[np.argsort(labels, kind="stable")[::_SHARE]] = True
    return (images[~testing], labels[~testing]), (images[testing], labels[testing])
