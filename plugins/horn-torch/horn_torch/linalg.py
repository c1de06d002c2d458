"""Products of matrices."""

from __future__ import annotations

import torch

from horn_torch.dtypes import widening


def matmul(x1, x2):
    if x1.dtype is torch.bool:
        return torch.matmul(x1.to(torch.int32), x2.to(torch.int32)) != 0
    return torch.matmul(x1, x2)


KERNELS = {"matmul": widening(matmul)}
