"""Losses for which PyTorch has a kernel of equal meaning, and the cross-entropy of integer labels.

Not among them: its binary cross-entropies, which clamp logarithms at -100, test the range of the
probabilities, or give another result for an infinite logit.
"""

from __future__ import annotations

import torch

from horn import settings

_aten = torch.ops.aten
_squared = _aten.mse_loss.default
_pick, _pick_backward = _aten.nll_loss_forward.default, _aten.nll_loss_backward.default
_log_softmax_backward = torch._log_softmax_backward_data
_NO_REDUCTION = 0
_NEVER = -(2**40)  # the label to pass over: none of int32


def mean_squared_error(y_true, y_pred):
    return torch.mean(_squared(y_pred, y_true, _NO_REDUCTION), -1)


def mean_absolute_error(y_true, y_pred):
    return torch.mean(torch.abs(y_pred - y_true), -1)


# -- the cross-entropy of integer labels -----------------------------------------------------------


def sparse_categorical_crossentropy(target, output, from_logits, axis):
    return forward(target, output, from_logits, axis)[0]


def sparse_categorical_crossentropy_grad(cotangent, losses, target, output, from_logits, axis):
    return backward(forward(target, output, from_logits, axis)[1], cotangent)


def forward(target, output, from_logits, axis):
    """Return the losses, and what the gradient needs."""
    labels = (target if target.dtype is torch.int32 else target.to(torch.int32)).long()
    if from_logits and output.ndim == 2 and axis in (-1, 1) and output.is_cpu:
        logs = torch.log_softmax(output, 1)
        try:
            losses, weight = _pick(logs, labels, None, _NO_REDUCTION, _NEVER)
        except IndexError:
            pass  # a label is no class: the page gives NaN for it
        else:
            return losses, (logs, labels, weight)
    scores = output.movedim(axis, -1)
    legal = (labels >= 0) & (labels < scores.shape[-1])
    places = torch.where(legal, labels, 0).unsqueeze(-1)
    if from_logits:
        logs = torch.log_softmax(scores, -1)
        picked, known = logs.gather(-1, places).squeeze(-1), (logs,)
    else:
        small = settings.epsilon()
        total = scores.sum(-1)
        share = scores.gather(-1, places).squeeze(-1) / total
        clipped = share.clamp(small, 1.0 - small)
        picked, known = torch.log(clipped), (total, share, clipped, scores.shape)
    return torch.where(legal, -picked, torch.nan), (axis, legal, places, known)


def backward(residual, cotangent):
    """Return the gradient of `sparse_categorical_crossentropy` by its outputs."""
    if len(residual) == 3:
        logs, labels, weight = residual
        grad = _pick_backward(cotangent, logs, labels, None, _NO_REDUCTION, _NEVER, weight)
        return _log_softmax_backward(grad, logs, 1, logs.dtype)
    axis, legal, places, known = residual
    given = torch.where(legal, cotangent, 0.0)
    if len(known) == 1:
        share = torch.exp(known[0])
        grad = share.scatter_add(-1, places, share.new_full(places.shape, -1.0)) * given.unsqueeze(-1)
    else:
        total, share, clipped, shape = known
        factor = torch.where(share == clipped, given, 0.0) / total
        rows = factor.unsqueeze(-1)
        grad = rows.expand(shape).scatter_add(-1, places, -rows / clipped.unsqueeze(-1))
    return grad.movedim(-1, axis)


KERNELS = {
    "mean_absolute_error": mean_absolute_error,
    "mean_squared_error": mean_squared_error,
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
    "sparse_categorical_crossentropy_grad": sparse_categorical_crossentropy_grad,
}
RESIDUAL_KERNELS = {"sparse_categorical_crossentropy": (forward, backward)}
