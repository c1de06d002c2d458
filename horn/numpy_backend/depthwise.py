"""Convolution of each channel by itself: sums of scaled slices, since there is nothing to multiply."""

from __future__ import annotations

from typing import Any

import numpy as np

from horn.numpy_backend.windows import Sizes, windows


def convolution(x: Any, kernel: Any, strides: Sizes, dilation_rate: Sizes) -> Any:
    """Return the convolution of a padded `x` in as many groups as it has channels."""
    window, filters = kernel.shape[:-2], kernel.shape[-1]
    places = windows(x.shape, window, strides, dilation_rate, x.itemsize)
    shape = (len(x), *places.counts, x.shape[-1], filters // x.shape[-1])
    result = np.zeros(shape, x.dtype)
    weights = kernel.reshape(-1, *shape[-2:])
    for i in range(len(x)):  # an image at a time, so that it stays in the cache
        for place, weight in zip(places.places, weights, strict=True):
            np.add(result[i], np.multiply(x[i][place[1:]][..., np.newaxis], weight), result[i])
    return result.reshape(*shape[:-2], filters)


def kernel_grad(x: Any, cotangent: Any, window: Sizes, strides: Sizes, dilation_rate: Sizes) -> Any:
    """Return the gradient by the kernel, for a padded `x`."""
    places = windows(x.shape, window, strides, dilation_rate, x.itemsize).places
    filters = cotangent.shape[-1]
    shape = (x.shape[-1], filters // x.shape[-1])
    given = cotangent.reshape(*cotangent.shape[:-1], *shape)
    result = np.zeros((len(places), *shape), x.dtype)
    axes = "ijk"[: len(window)]
    for i in range(len(x)):
        for total, place in zip(result, places, strict=True):
            total += np.einsum(f"{axes}c,{axes}cm->cm", x[i][place[1:]], given[i])
    return result.reshape(*window, 1, filters)


def add_input_grad(result: Any, cotangent: Any, kernel: Any, places: list[tuple[Any, ...]]) -> None:
    """Add the gradient by the input to `result`, which has the padded shape."""
    shape = (result.shape[-1], kernel.shape[-1] // result.shape[-1])
    given = cotangent.reshape(*cotangent.shape[:-1], *shape)
    weights = kernel.reshape(-1, *shape)
    for i in range(len(result)):
        for place, weight in zip(places, weights, strict=True):
            result[i][place[1:]] += np.einsum("...cm,cm->...c", given[i], weight)
