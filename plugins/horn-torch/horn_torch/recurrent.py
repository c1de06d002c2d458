"""The long short-term memory over a whole sequence, in one call.

On the CPU and in float32 that call is oneDNN's, which hands its workspace to the gradient; elsewhere
it is torch.lstm, whose graph of autograd is what the gradient needs. The gates of both are in the
order of the page. With a mask it is the loop of `horn_torch.masked_lstm`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from horn_torch import masked_lstm
from horn_torch.recorded import Pair, gradients, gradients_again, recorded, watched

_layer = torch.ops.aten.mkldnn_rnn_layer.default
_layer_backward = torch.ops.aten.mkldnn_rnn_layer_backward.default
_LSTM = 2  # the number of this cell among those of PyTorch


class _Workspace(NamedTuple):
    """What oneDNN's gradient needs: its operands, its results, and bytes of its own."""

    operands: tuple[torch.Tensor, ...]
    outputs: tuple[torch.Tensor, ...]
    go_backwards: bool


class _Recording(NamedTuple):
    """What the gradient of torch.lstm needs: leaves, and results that autograd has recorded."""

    leaves: list[torch.Tensor]
    outputs: tuple[torch.Tensor, ...]


def lstm(x, initial_h, initial_c, kernel, recurrent_kernel, bias, mask, go_backwards):
    operands = (x, initial_h, initial_c, kernel, recurrent_kernel, bias)
    if mask is not None:
        if watched(operands):
            pair = Pair(masked_lstm.forward, masked_lstm.backward, _step_by_step)
            return recorded(pair, (*operands, mask), go_backwards=go_backwards)
        return masked_lstm.forward(*operands, mask, go_backwards=go_backwards)[0]
    if not x.shape[1]:
        return x.new_empty((*x.shape[:2], initial_h.shape[1])), initial_h.clone(), initial_c.clone()
    if not _has_layer(operands):
        return _by_torch(operands, go_backwards)
    return _results(_run_layer(_turned(operands, go_backwards), train=watched(operands)))


# -- oneDNN --------------------------------------------------------------------------------------


def _has_layer(operands):
    """Return whether oneDNN has a kernel for these tensors."""
    if not torch.backends.mkldnn.enabled or not torch.backends.mkldnn.is_available():
        return False
    return all(t.is_cpu and t.dtype is torch.float32 and t.numel() for t in operands)


def _turned(operands, go_backwards):
    """Return the operands as oneDNN has them: time first, and a second bias of zeros."""
    x, h, c, kernel, recurrent_kernel, bias = operands
    steps = x.transpose(0, 1)
    turned = (
        steps.flip(0) if go_backwards else steps, kernel.t(), recurrent_kernel.t(), bias, torch.zeros_like(bias),
        h.unsqueeze(0), c.unsqueeze(0),
    )  # fmt: skip
    # It walks along memory and does not look at strides.
    return tuple(t.contiguous() for t in turned)


def _run_layer(turned, *, train):
    units = turned[2].shape[1]
    return _layer(*turned, False, [], _LSTM, units, 1, True, False, False, train)


def _results(outputs):
    """Return the results of the page from those of a layer."""
    y, h, c = outputs[:3]
    return y.transpose(0, 1), h[0], c[0]


def _layer_gradients(saved, cotangents):
    y, h, c, workspace = saved.outputs
    units = saved.operands[2].shape[1]
    by_y, by_h, by_c = cotangents
    by_x, by_kernel, by_recurrent, by_bias, _, by_first_h, by_first_c = _layer_backward(
        *saved.operands, y, h, c,
        by_y.transpose(0, 1).contiguous(), by_h.unsqueeze(0).contiguous(), by_c.unsqueeze(0).contiguous(),
        False, _LSTM, units, 1, True, True, False, [], False, workspace,
    )  # fmt: skip
    if saved.go_backwards:
        by_x = by_x.flip(0)
    weights = by_kernel.t().contiguous(), by_recurrent.t().contiguous(), by_bias
    return (by_x.transpose(0, 1), by_first_h[0], by_first_c[0], *weights)


# -- torch.lstm ------------------------------------------------------------------------------------


def _by_torch(operands, go_backwards):
    x, h, c, kernel, recurrent_kernel, bias = operands
    y, h, c = torch.lstm(
        x.flip(1) if go_backwards else x, [h.unsqueeze(0), c.unsqueeze(0)],
        [kernel.t(), recurrent_kernel.t(), bias, torch.zeros_like(bias)], True, 1, 0.0, False, False, True,
    )  # fmt: skip
    return y, h[0], c[0]


def _step_by_step(x, h, c, kernel, recurrent_kernel, bias, mask, go_backwards):
    """Return the results from single operations, which can be differentiated more than once."""
    rows, projected = [], (torch.matmul(x, kernel) + bias).unbind(1)
    seen = [None] * len(projected) if mask is None else mask.unsqueeze(-1).unbind(1)
    pairs = list(zip(projected, seen, strict=True))
    for gates, counts in reversed(pairs) if go_backwards else pairs:
        i, f, g, o = (gates + torch.matmul(h, recurrent_kernel)).chunk(4, -1)
        new_c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        new_h = torch.sigmoid(o) * torch.tanh(new_c)
        c = new_c if counts is None else torch.where(counts, new_c, c)
        h = new_h if counts is None else torch.where(counts, new_h, h)
        rows.append(h)
    return torch.stack(rows, 1), h, c


# -- the pair, and the gradient by itself ------------------------------------------------------------


def forward(x, initial_h, initial_c, kernel, recurrent_kernel, bias, mask, go_backwards):
    """Return the results of `lstm`, and what its gradient needs."""
    operands = tuple(t.detach() for t in (x, initial_h, initial_c, kernel, recurrent_kernel, bias))
    if mask is not None:
        return masked_lstm.forward(*operands, mask, go_backwards=go_backwards)
    # oneDNN keeps its workspace, and autograd its graph, only while gradients are enabled.
    if x.shape[1] and _has_layer(operands):
        turned = _turned(operands, go_backwards)
        with torch.inference_mode(mode=False), torch.enable_grad():
            outputs = _run_layer(turned, train=True)
        return _results(outputs), _Workspace(turned, outputs, go_backwards)
    with torch.inference_mode(mode=False), torch.enable_grad():
        leaves = [(t.clone() if t.is_inference() else t.detach()).requires_grad_() for t in operands]
        outputs = lstm(*leaves, None, go_backwards=go_backwards)
        return tuple(t.detach() for t in outputs), _Recording(leaves, outputs)


def backward(residual, cotangents):
    """Return the gradients of `lstm` by its six operands beside the mask."""
    if isinstance(residual, masked_lstm.MaskedRun):
        return masked_lstm.backward(residual, cotangents)
    if isinstance(residual, _Workspace):
        return _layer_gradients(residual, cotangents)
    return gradients(residual.outputs, residual.leaves, cotangents)


def lstm_grad(by_y, by_h, by_c, output, last_h, last_c, *operands, go_backwards):
    del output, last_h, last_c
    cotangents = (by_y, by_h, by_c)
    if watched((*cotangents, *operands)) and operands[0].shape[1]:
        return gradients_again(_step_by_step, operands, cotangents, go_backwards=go_backwards)
    return backward(forward(*operands, go_backwards=go_backwards)[1], cotangents)


KERNELS = {"lstm": lstm, "lstm_grad": lstm_grad}
RESIDUAL_KERNELS = {"lstm": (forward, backward)}
