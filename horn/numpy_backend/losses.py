"""The cross-entropy of integer labels, which keeps for its gradient what it has worked out."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from horn import settings
from horn.numpy_backend.elementwise import FAST
from horn.numpy_backend.pages import page_pair
from horn.numpy_backend.reduction import is_narrow


def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """Return minus the log-probability of each label."""
    return forward(target, output, from_logits, axis)[0]


def forward(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> tuple[Any, Any]:
    """Return the losses, and for the gradient the place of each label and what is known of it.

    Short rows are worked on as the columns of their transpose, so that each call is long.
    """
    at = output.ndim - 1
    if output.dtype not in FAST or at != 1 or axis not in (-1, 1) or not output.size or not _are_legal(target, output):
        return _pages_forward(target, output, from_logits=from_logits, axis=axis)
    count, classes = output.shape
    turned = is_narrow(count, classes)
    scores = np.array(output.T if turned else output, order="C")  # a copy, to be overwritten
    along = 0 if turned else 1
    places = target * count + _numbers(count) if turned else _numbers(count) * classes + target
    if from_logits:
        np.subtract(scores, _for_each_row(np.maximum.reduce(scores, along), turned), scores)
        picked = scores.take(places)
        np.exp(scores, scores)
        total = np.add.reduce(scores, along)
        return np.subtract(np.log(total), picked), (scores, places, total, None, turned)
    small = settings.epsilon()
    total = np.add.reduce(scores, along)
    share = np.divide(scores.take(places), total)
    clipped = np.clip(share, small, 1.0 - small)
    return np.negative(np.log(clipped)), (scores, places, total, (share, clipped), turned)


def backward(residual: tuple[Any, ...], cotangent: Any) -> Any:
    """Return the gradient by the outputs, in place of the scores that `forward` has kept."""
    if len(residual) == 3:
        return _pages_backward(residual, cotangent)
    scores, places, total, shares, turned = residual
    if shares is None:
        grad = np.divide(scores, _for_each_row(total, turned))
        grad.reshape(-1)[places] -= 1
        np.multiply(grad, _for_each_row(cotangent, turned), grad)
    else:
        share, clipped = shares
        factor = np.divide(np.where(share == clipped, cotangent, 0), total)
        grad = np.empty_like(scores)
        grad[...] = _for_each_row(factor, turned)
        grad.reshape(-1)[places] -= np.divide(factor, clipped)
    return np.array(grad.T, order="C") if turned else grad


def _for_each_row(x: Any, turned: bool) -> Any:  # noqa: FBT001
    """Return a number for each example so that it broadcasts along the classes."""
    return x if turned else x.reshape(-1, 1)


@lru_cache(maxsize=8)
def _numbers(count: int) -> Any:
    """Return the numbers of the examples of a batch."""
    return np.arange(count)


def sparse_categorical_crossentropy_grad(
    cotangent: Any, losses: Any, target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Return the gradient where the forward run left nothing."""
    del losses
    return backward(forward(target, output, from_logits, axis)[1], cotangent)


def _are_legal(target: Any, output: Any) -> bool:
    """Return whether the labels are int32 and each is a class: a negative one is large without its sign."""
    return target.dtype == np.int32 and bool(np.maximum.reduce(target.view(np.uint32)) < output.shape[-1])


_pages_forward, _pages_backward = page_pair("sparse_categorical_crossentropy")

KERNELS = {
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
    "sparse_categorical_crossentropy_grad": sparse_categorical_crossentropy_grad,
}
RESIDUAL_KERNELS = {"sparse_categorical_crossentropy": (forward, backward)}
