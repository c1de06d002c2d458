"""The cross-entropy of integer labels, which keeps for its gradient what it has worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn import settings
from horn.numpy_backend.elementwise import FAST_NAMES
from horn.numpy_backend.pages import page_pair
from horn.numpy_backend.reduction import is_narrow

if TYPE_CHECKING:
    from collections.abc import Callable


def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """Return minus the log-probability of each label."""
    return forward(target, output, from_logits, axis)[0]


def forward(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> tuple[Any, Any]:
    """Return the losses, and for the gradient the place of each label and what is known of it."""
    made = _forward_for(target, output, from_logits, axis)
    return made(target, output) if made else _pages_forward(target, output, from_logits=from_logits, axis=axis)


def _forward_for(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Callable[..., tuple[Any, Any]] | None:
    """Return `forward` for operands of these shapes and dtypes; None for those that the page serves.

    Short rows are worked on as the columns of their transpose, so that each call is long.
    """
    shape, small = output.shape, settings.epsilon()
    if str(output.dtype) not in FAST_NAMES or str(target.dtype) != "int32" or axis not in (-1, 1):
        return None
    if len(shape) != 2 or not all(isinstance(n, int) and n for n in shape):
        return None
    count, classes = shape
    turned = is_narrow(count, classes)
    along, step, starts = (0, count, np.arange(count)) if turned else (1, 1, np.arange(count) * classes)
    ones = np.ones(classes, output.dtype)
    stride = np.asarray(step)  # of 64 bits, so that a negative label is a place far outside

    def run(target: Any, output: Any) -> tuple[Any, Any]:
        labels = target.view(np.uint32)
        scores = output.T.copy() if turned else output.copy()  # to be overwritten
        places = np.multiply(labels, stride)
        np.add(places, starts, places)
        if from_logits:
            np.subtract(scores, _for_each_row(np.maximum.reduce(scores, along), turned), scores)
        try:
            picked = scores.take(places)
        except IndexError:
            picked = None
        if picked is None or not (turned or np.maximum.reduce(labels) < classes):
            return _pages_forward(target, output, from_logits=from_logits, axis=axis)
        if from_logits:
            np.exp(scores, scores)
            total = ones.dot(scores) if turned else np.add.reduce(scores, 1)
            return np.subtract(np.log(total), picked), (scores, places, total, None, turned)
        total = ones.dot(scores) if turned else np.add.reduce(scores, 1)
        share = np.divide(picked, total)
        clipped = np.clip(share, small, 1.0 - small)
        return np.negative(np.log(clipped)), (scores, places, total, (share, clipped), turned)

    return run


forward.made_for = _forward_for  # type: ignore[attr-defined]  # see `Backend.kernels`


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
    return grad.T.copy() if turned else grad


def _for_each_row(x: Any, turned: bool) -> Any:  # noqa: FBT001
    """Return a number for each example so that it broadcasts along the classes."""
    return x if turned else x.reshape(-1, 1)


def sparse_categorical_crossentropy_grad(
    cotangent: Any, losses: Any, target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Return the gradient where the forward run left nothing."""
    del losses
    return backward(forward(target, output, from_logits, axis)[1], cotangent)


_pages_forward, _pages_backward = page_pair("sparse_categorical_crossentropy")

KERNELS = {
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
    "sparse_categorical_crossentropy_grad": sparse_categorical_crossentropy_grad,
}
RESIDUAL_KERNELS = {"sparse_categorical_crossentropy": (forward, backward)}
