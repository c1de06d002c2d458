"""Kernels that arrange the same elements in another way."""

from __future__ import annotations

from horn.spec.sizes import product
from horn_tf.tensors import index, ints, number, raw, rows, shape_of


def reshape(x, *, newshape):
    return raw.Reshape(tensor=x, shape=ints(newshape))


def transpose(x, *, axes=None):
    order = tuple(range(len(shape_of(x))))[::-1] if axes is None else tuple(axes)
    rank = len(order)
    return raw.Transpose(x=x, perm=ints(tuple(i % rank for i in order)))


_BROADCAST_RANK = 6  # the most axes that TensorFlow's own kernel takes, however they alternate


def broadcast_to(x, *, shape):
    if len(shape) <= _BROADCAST_RANK:
        return raw.BroadcastTo(input=x, shape=ints(shape))
    given = (*(1,) * (len(shape) - len(x.shape)), *shape_of(x))
    for axis, size in enumerate(shape):  # one axis after the other, with what is around it as two
        if given[axis] != size:
            before, after = product(shape[:axis]), product(given[axis + 1 :])
            x = raw.BroadcastTo(
                input=raw.Reshape(tensor=x, shape=ints((before, 1, after))), shape=ints((before, size, after))
            )
    return raw.Reshape(tensor=x, shape=ints(shape))


def concatenate(xs, *, axis):
    return raw.ConcatV2(values=xs, axis=index(axis)) if len(xs) > 1 else raw.Identity(input=xs[0])


def stack(xs, *, axis):
    return raw.Pack(values=xs, axis=axis)


def slice(x, *, starts, stops, strides=None):
    if strides is None or all(step == 1 for step in strides):
        sizes = tuple(stop - start for start, stop in zip(starts, stops, strict=True))
        return raw.Slice(input=x, begin=ints(tuple(starts)), size=ints(sizes))
    return raw.StridedSlice(input=x, begin=ints(tuple(starts)), end=ints(tuple(stops)), strides=ints(tuple(strides)))


def pad(x, *, pad_width, constant_value=0):
    if any(between for _, _, between in pad_width):
        x = _spread(x, tuple(between for _, _, between in pad_width), constant_value)
    return pad_edges(x, tuple((before, after) for before, after, _ in pad_width), constant_value)


def pad_edges(x, pairs, constant_value=0):
    """Return `x` with a constant put before and after it, so many along each axis."""
    if not any(before or after for before, after in pairs):
        return x
    return raw.PadV2(input=x, paddings=rows(tuple(pairs), 2), constant_values=number(constant_value, x.dtype))


def _spread(x, between, constant_value):
    """Return `x` with a constant between neighbours.

    Each axis that spreads gets an axis of size one beside it, which is padded and merged again.
    """
    shape = shape_of(x)
    apart, pairs, merged, kept = [], [], [], []
    for size, gap in zip(shape, between, strict=True):
        apart += [size, 1] if gap else [size]
        pairs += [(0, 0), (0, gap)] if gap else [(0, 0)]
        merged.append(size * (gap + 1))
        kept.append((size - 1) * (gap + 1) + 1 if size else 0)
    x = pad_edges(raw.Reshape(tensor=x, shape=ints(tuple(apart))), pairs, constant_value)
    x = raw.Reshape(tensor=x, shape=ints(tuple(merged)))
    return raw.Slice(input=x, begin=ints((0,) * len(kept)), size=ints(tuple(kept)))


def expand_dims(x, *, axis):
    return raw.ExpandDims(input=x, axis=index(axis))


def squeeze(x, *, axis):
    gone = {i for i in axis if shape_of(x)[i] == 1}
    return reshape(x, newshape=tuple(size for i, size in enumerate(shape_of(x)) if i not in gone))


def flip(x, *, axis):
    return raw.ReverseV2(tensor=x, axis=ints(tuple(axis)))


KERNELS = {
    "flip": flip,
    "reshape": reshape,
    "transpose": transpose,
    "broadcast_to": broadcast_to,
    "concatenate": concatenate,
    "stack": stack,
    "slice": slice,
    "pad": pad,
    "expand_dims": expand_dims,
    "squeeze": squeeze,
}
