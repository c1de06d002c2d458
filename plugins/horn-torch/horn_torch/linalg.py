"""Products of matrices."""

from __future__ import annotations

import torch

from horn.dtypes import FLOATS
from horn_torch.dtypes import WIDE_UNSIGNED, widened, widening

_add, _add_to = widening(torch.add), widening(torch.Tensor.add_)


def matmul(x1, x2):
    try:
        return torch.matmul(x1, x2)
    except RuntimeError:
        if x1.dtype is torch.bool:
            return torch.matmul(x1.to(torch.int32), x2.to(torch.int32)) != 0
        if x1.dtype in WIDE_UNSIGNED:
            return widened(torch.matmul, x1, x2)
        raise


def affine(x, kernel, bias):
    # In place in a plan alone: elsewhere torch.func.vmap may run over the bias, and finds no room for it.
    add = _add_to if torch.is_inference_mode_enabled() else _add
    return add(matmul(x, kernel), bias)


def _affine_for(x, kernel, bias):
    """Return one call for a product of matrices and a bias; half precision would be rounded once less."""
    kinds = {x.dtype, kernel.dtype, bias.dtype}
    if len(x.shape) != 2 or len(kinds) > 1 or not kinds <= {"float32", "float64"}:
        return None
    return lambda x, kernel, bias: torch.addmm(bias, x, kernel)


affine.made_for = _affine_for


def matmul_nt(x1, x2):
    return matmul(x1, x2.mT)


def matmul_tn(x1, x2):
    return matmul(x1.mT, x2)


def _matmul_tn_into(x1, x2):
    """Return the product of two matrices that fills a tensor."""
    if len(x1.shape) != 2 or len(x2.shape) != 2 or x1.dtype not in FLOATS:
        return None
    return lambda x1, x2, out: torch.mm(x1.mT, x2, out=out)


INTO_KERNELS = {"matmul_tn": _matmul_tn_into}

KERNELS = {"affine": affine, "matmul": matmul, "matmul_nt": matmul_nt, "matmul_tn": matmul_tn}
