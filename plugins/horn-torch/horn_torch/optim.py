"""Update rules in place, over all parameters in a few calls.

The fused kernels walk along the memory of parameter, gradient and slots side by side and do not
look at strides, so everything they get is contiguous.
"""

from __future__ import annotations

import math

import torch

_is_contiguous = torch.Tensor.is_contiguous


def _contiguous(tensors):
    """Return the same tensors, copied where they are not contiguous."""
    return tensors if all(map(_is_contiguous, tensors)) else [x.contiguous() for x in tensors]


def _put_back(targets, updated):
    """Write into `targets` what `_contiguous` had to copy."""
    if targets is not updated:
        for target, value in zip(targets, updated, strict=True):
            if target is not value:
                target.copy_(value)


def _by_dtype(*lists):
    """Yield the same lists for the parameters of one dtype at a time; the first list has the parameters."""
    kinds = {x.dtype for x in lists[0]}
    if len(kinds) <= 1:
        if kinds:
            yield lists
        return
    for kind in kinds:
        places = [i for i, x in enumerate(lists[0]) if x.dtype is kind]
        yield [[column[i] for i in places] if column else column for column in lists]


def sgd_update(params, gradients, momentums, learning_rate, momentum, nesterov):
    rate = learning_rate.item()
    for group in _by_dtype(params, gradients, momentums if momentum else []):
        ps, gs, ms = map(_contiguous, group)
        # With momentum PyTorch keeps minus our momentum divided by the rate. To keep ours, it is
        # given the whole step for a gradient, and a rate of minus one.
        torch._fused_sgd_(
            ps, torch._foreach_mul(gs, -rate) if momentum else gs, ms,
            weight_decay=0.0, momentum=momentum, lr=-1.0 if momentum else rate, dampening=0.0,
            nesterov=nesterov and bool(momentum), maximize=False, is_first_step=False,
        )  # fmt: skip
        _put_back(group[0], ps)
        _put_back(group[2], ms)
    return (*params, *(momentums if momentum else ()))


def adam_update(params, gradients, moments, velocities, learning_rate, iteration, beta_1, beta_2, epsilon):
    rate, t = learning_rate.item(), iteration.item() + 1
    step = torch.full((), t, dtype=torch.float32, device=iteration.device)
    # PyTorch adds its epsilon after the correction of the second moment, the page before it.
    epsilon /= math.sqrt(-math.expm1(t * math.log(beta_2)))
    for group in _by_dtype(params, gradients, moments, velocities):
        ps, gs, ms, vs = map(_contiguous, group)
        torch._fused_adam_(
            ps, gs, ms, vs, [], [step] * len(ps), lr=rate, beta1=beta_1, beta2=beta_2, weight_decay=0.0,
            eps=epsilon, amsgrad=False, maximize=False,
        )  # fmt: skip
        _put_back(group[0], ps)
        _put_back(group[2], ms)
        _put_back(group[3], vs)
    return (*params, *moments, *velocities)


def rmsprop_update(params, gradients, velocities, momentums, learning_rate, rho, momentum, epsilon):
    rate = learning_rate.item()
    for ps, gs, vs, ms in _by_dtype(params, gradients, velocities, momentums if momentum else []):
        torch._foreach_mul_(vs, rho)
        torch._foreach_addcmul_(vs, gs, gs, 1.0 - rho)
        roots = torch._foreach_add(vs, epsilon)
        torch._foreach_sqrt_(roots)
        if momentum:
            torch._foreach_mul_(ms, momentum)
            torch._foreach_addcdiv_(ms, gs, roots, rate)
            torch._foreach_sub_(ps, ms)
        else:
            torch._foreach_addcdiv_(ps, gs, roots, -rate)
    return (*params, *velocities, *(momentums if momentum else ()))


IN_PLACE_KERNELS = {
    "sgd_update": sgd_update,
    "adam_update": adam_update,
    "rmsprop_update": rmsprop_update,
}
