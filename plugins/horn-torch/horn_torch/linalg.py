"""Products of matrices."""

from __future__ import annotations

import torch

from horn_torch.dtypes import WIDE_UNSIGNED, widened


def matmul(x1, x2):
    try:
        return torch.matmul(x1, x2)
    except RuntimeError:
        if x1.dtype is torch.bool:
            return torch.matmul(x1.to(torch.int32), x2.to(torch.int32)) != 0
        if x1.dtype in WIDE_UNSIGNED:
            return widened(torch.matmul, x1, x2)
        raise


def matmul_nt(x1, x2):
    return matmul(x1, x2.mT)


def matmul_tn(x1, x2):
    return matmul(x1.mT, x2)


KERNELS = {"matmul": matmul, "matmul_nt": matmul_nt, "matmul_tn": matmul_tn}
