"""The gated recurrent unit over a whole sequence, so that a backend may fuse all of it."""

from __future__ import annotations

from horn.errors import ShapeError
from horn.spec.laws import show
from horn.spec.op import Tensor, composite, ops
from horn.spec.steps import by_step, check_mask, turned

_FLOATS = ("x", "initial_h", "kernel", "recurrent_kernel", "bias")


@composite(promote=_FLOATS, to_float=True, booleans=("mask",))
def gru(
    x: Tensor,
    initial_h: Tensor,
    kernel: Tensor,
    recurrent_kernel: Tensor,
    bias: Tensor,
    mask: Tensor | None = None,
    reset_after: bool = True,
    go_backwards: bool = False,
):
    """Return all states of a gated recurrent unit, and its last one.

    With the gates in the order z, r, n along the last axis of ``x @ kernel + bias``, u the recurrent
    kernel and s the sigmoid: ``z = s(x_z + h @ u_z)``, ``r = s(x_r + h @ u_r)`` and
    ``h' = z * h + (1 - z) * n``. With `reset_after`, ``n = tanh(x_n + r * (h @ u_n + b_n))``, where the
    second row of the bias is added to ``h @ u``; else ``n = tanh(x_n + (r * h) @ u_n)``.

    Args:
        x: The sequences.
        initial_h: The state before the first step.
        kernel: From the input to the three gates.
        recurrent_kernel: From the state to the three gates.
        bias: Of the gates; with `reset_after` a row for the inputs and a row for the state.
        mask: False for the steps to leave out, which keep the state; None for none.
        reset_after: Whether the reset gate acts after the product with the recurrent kernel.
        go_backwards: Whether to run from the last step to the first; the states come out in the
            order in which they were computed.

    Shapes:
        x:                (batch, time, features)
        initial_h:        (batch, units)
        kernel:           (features, 3 * units)
        recurrent_kernel: (units, 3 * units)
        bias:             (2, 3 * units) with `reset_after`, else (3 * units,)
        mask:             (batch, time)
        returns:          (batch, time, units), (batch, units)

    Reference:
        Cho et al., arXiv:1406.1078, and Chung et al., arXiv:1412.3555.
    """
    units = recurrent_kernel.shape[0]
    _check(x, kernel, recurrent_kernel, bias, reset_after)
    check_mask("gru", x, mask)
    of_inputs, of_state = (bias[0], bias[1]) if reset_after else (bias, None)
    projected = ops.transpose(ops.matmul(x, kernel) + of_inputs, (1, 0, 2))

    def step(h, slices):
        gates, *seen = slices
        x_z, x_r, x_n = ops.split(gates, 3, axis=-1)
        if reset_after:
            h_z, h_r, h_n = ops.split(ops.matmul(h, recurrent_kernel) + of_state, 3, axis=-1)
            n = ops.tanh(x_n + ops.sigmoid(x_r + h_r) * h_n)
        else:
            h_z, h_r = ops.split(ops.matmul(h, recurrent_kernel[:, : 2 * units]), 2, axis=-1)
            n = ops.tanh(x_n + ops.matmul(ops.sigmoid(x_r + h_r) * h, recurrent_kernel[:, 2 * units :]))
        z = ops.sigmoid(x_z + h_z)
        new = z * h + (1.0 - z) * n
        h = ops.where(seen[0], new, h) if seen else new
        return h, h

    h, outputs = ops.scan(step, initial_h, [projected, *by_step(mask)], reverse=go_backwards)
    return ops.transpose(turned(outputs, go_backwards), (1, 0, 2)), h


@gru.vjp
def _(cotangents, outputs, *operands, reset_after, go_backwards):
    given = [ops.zeros_like(y) if c is None else c for c, y in zip(cotangents, outputs, strict=True)]
    grads = ops.gru_grad(*given, *outputs, *operands, reset_after=reset_after, go_backwards=go_backwards)
    return (*grads, None)


@composite(gradient_of="gru")
def gru_grad(
    cotangent: Tensor,
    cotangent_h: Tensor,
    output: Tensor,
    last_h: Tensor,
    x: Tensor,
    initial_h: Tensor,
    kernel: Tensor,
    recurrent_kernel: Tensor,
    bias: Tensor,
    mask: Tensor | None = None,
    reset_after: bool = True,
    go_backwards: bool = False,
):
    """Return the gradients of `gru` by its operands but the mask.

    All states are known, so the gates of all steps at once come from a product or two, and the loop
    carries nothing but the gradient by the state.
    """
    del last_h
    units = recurrent_kernel.shape[0]
    steps = turned(ops.transpose(x, (1, 0, 2)), go_backwards)
    before = ops.concatenate([ops.expand_dims(initial_h, 0), ops.transpose(output, (1, 0, 2))], axis=0)[:-1]
    u_gates, u_n = recurrent_kernel[:, : 2 * units], recurrent_kernel[:, 2 * units :]
    projected = ops.matmul(steps, kernel) + (bias[0] if reset_after else bias)
    inner = ops.matmul(before, recurrent_kernel) + bias[1] if reset_after else ops.matmul(before, u_gates)
    z, r = ops.split(ops.sigmoid(projected[:, :, : 2 * units] + inner[:, :, : 2 * units]), 2, axis=-1)
    h_n = inner[:, :, 2 * units :] if reset_after else ops.matmul(r * before, u_n)
    n = ops.tanh(projected[:, :, 2 * units :] + (r * h_n if reset_after else h_n))
    # The new state by the gates z and n before their activations. A step that is left out is z = 1.
    by_z, by_n = (before - n) * z * (1.0 - z), (1.0 - z) * (1.0 - n * n)
    for seen in by_step(mask):
        seen = turned(seen, go_backwards)
        z, by_z, by_n = ops.where(seen, z, 1.0), ops.where(seen, by_z, 0.0), ops.where(seen, by_n, 0.0)
    given = ops.transpose(cotangent, (1, 0, 2))
    if reset_after:
        by_r = by_n * h_n * r * (1.0 - r)
        shares = ops.concatenate([by_z, by_r, by_n * r], axis=-1)
        by_h, total = _back_after(given, cotangent_h, z, shares, recurrent_kernel)
        by_inner = _thrice(total, shares)
        by_gates = ops.concatenate([by_inner[:, :, : 2 * units], total * by_n], axis=-1)
        by_recurrent = _outer(before, by_inner)
        by_bias = ops.stack([ops.sum(by_gates, axis=(0, 1)), ops.sum(by_inner, axis=(0, 1))])
    else:
        slope = before * r * (1.0 - r)
        by_h, by_gates = _back_before(given, cotangent_h, (z, r, by_z, slope, by_n), u_gates, u_n)
        by_recurrent = ops.concatenate(
            [_outer(before, by_gates[:, :, : 2 * units]), _outer(r * before, by_gates[:, :, 2 * units :])],
            axis=-1,
        )
        by_bias = ops.sum(by_gates, axis=(0, 1))
    by_x = turned(ops.matmul(by_gates, ops.transpose(kernel)), go_backwards)
    return ops.transpose(by_x, (1, 0, 2)), by_h, _outer(steps, by_gates), by_recurrent, by_bias


def _back_after(given, by_last, z, shares, recurrent_kernel):
    """Return the gradients by the first state, and by the state after each step, (time, batch, units)."""
    turned = ops.transpose(recurrent_kernel)

    def step(carried, slices):
        given, z, shares = slices
        total = carried + given
        return total * z + ops.matmul(_thrice(total, shares), turned), total

    return ops.scan(step, by_last, (given, z, shares), reverse=True)


def _back_before(given, by_last, parts, u_gates, u_n):
    """Return the gradients by the first state, and by all gates before their activations."""
    back_gates, back_n = ops.transpose(u_gates), ops.transpose(u_n)

    def step(carried, slices):
        given, z, r, by_z, slope, by_n = slices
        total = carried + given
        through_n = total * by_n
        kept = ops.matmul(through_n, back_n)
        gates = ops.concatenate([total * by_z, kept * slope], axis=-1)
        return total * z + kept * r + ops.matmul(gates, back_gates), ops.concatenate(
            [gates, through_n], axis=-1
        )

    return ops.scan(step, by_last, (given, *parts), reverse=True)


def _thrice(total, shares):
    """Return three factors side by side, each times the same tensor."""
    parts = ops.reshape(shares, (*total.shape[:-1], 3, total.shape[-1]))
    return ops.reshape(ops.expand_dims(total, -2) * parts, shares.shape)


def _outer(rows, columns):
    """Return the sum over steps and examples of the products of two rows."""
    flat = [ops.reshape(x, (-1, x.shape[-1])) for x in (rows, columns)]
    return ops.matmul(ops.transpose(flat[0]), flat[1])


def _check(x, kernel, recurrent_kernel, bias, reset_after):
    units = recurrent_kernel.shape[0]
    wanted = [(x.shape[-1], 3 * units), (units, 3 * units), (2, 3 * units) if reset_after else (3 * units,)]
    given = [kernel.shape, recurrent_kernel.shape, bias.shape]
    if given != wanted:
        raise ShapeError(
            "gru was given weights that do not fit.",
            expected=f"a kernel, a recurrent kernel and a bias of {', '.join(map(show, wanted))}",
            got=", ".join(map(show, given)),
            remedy="build the layer for inputs with this number of features",
        )
