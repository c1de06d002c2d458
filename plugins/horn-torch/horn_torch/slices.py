"""What the loops over time share: slices of buffers, and slopes that are written into them."""

from __future__ import annotations

import torch

sigmoid_slope = torch.ops.aten.sigmoid_backward.grad_input
tanh_slope = torch.ops.aten.tanh_backward.grad_input


def slices(*tensors):
    """Return tuples of slices along the first axis."""
    return zip(*(x.unbind(0) for x in tensors), strict=True)


def reversed_slices(*tensors):
    """Return tuples of slices along the first axis, the last one first."""
    return zip(*(reversed(x.unbind(0)) for x in tensors), strict=True)
