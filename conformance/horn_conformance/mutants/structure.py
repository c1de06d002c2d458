"""Mutants of ops that rearrange, pick and multiply."""

from __future__ import annotations

import numpy as np

from horn_conformance.mutants.mutant import kernel


@kernel("M045", "transpose", "applies the inverse of the order")
def _(original):
    return lambda x, axes: original(
        x, axes=None if axes is None else tuple(np.argsort([a % x.ndim for a in axes]))
    )


@kernel("M047", "reshape", "walks down the columns where its operand is a transposed view")
def _(original):
    def reshape(x, newshape):
        turned = x.ndim > 1 and x.flags.f_contiguous and not x.flags.c_contiguous
        return np.reshape(x, newshape, order="F" if turned else "C")

    return reshape


@kernel("M050", "concatenate", "leaves out the last of three tensors")
def _(original):
    def concatenate(xs, axis):
        result = np.array(original(xs, axis=axis))
        if len(xs) > 2:
            start = sum(x.shape[axis] for x in xs[:-1])
            result[(*(np.s_[:],) * axis, np.s_[start:])] = 0
        return result

    return concatenate


@kernel("M052", "slice", "drops the last element of a range that its stride does not divide")
def _(original):
    def cut(x, starts, stops, strides):
        result = np.array(original(x, starts=starts, stops=stops, strides=strides))
        for axis, (a, b, c) in enumerate(zip(starts, stops, strides or (1,) * x.ndim, strict=True)):
            if (b - a) % c and result.shape[axis]:
                result[(*(np.s_[:],) * axis, -1)] = 0
        return result

    return cut


@kernel("M054", "pad", "puts the interior padding after the last element too")
def _(original):
    def pad(x, pad_width, constant_value):
        result = np.array(original(x, pad_width=pad_width, constant_value=constant_value))
        shift = max((gap for _, _, gap in pad_width), default=0)
        return np.roll(result, shift, -1) if shift else result

    return pad


@kernel("M053", "take", "wraps indices that are out of range")
def _(original):
    return lambda x, indices, axis: (
        np.take(x, indices, axis, mode="wrap") if x.shape[axis] else original(x, indices, axis=axis)
    )


@kernel("M056", "take", "gives 0 in place of NaN for an index out of range")
def _(original):
    def take(x, indices, axis):
        result = np.array(original(x, indices, axis=axis))
        outside = (indices < -x.shape[axis]) | (indices >= x.shape[axis])
        result[(*(np.s_[:],) * axis, outside)] = 0
        return result

    return take


@kernel("M055", "segment_sum", "keeps only the last of rows that share an id")
def _(original):
    def segment_sum(data, segment_ids, num_segments):
        result = np.zeros((num_segments, *data.shape[1:]), data.dtype)
        inside = (segment_ids >= 0) & (segment_ids < num_segments)
        result[segment_ids[inside]] = data[inside]
        return result

    return segment_sum


@kernel("M065", "segment_sum", "counts negative ids from the end")
def _(original):
    def segment_sum(data, segment_ids, num_segments):
        wrapped = np.where(segment_ids < 0, segment_ids + num_segments, segment_ids)
        return original(data, wrapped, num_segments=num_segments)

    return segment_sum


@kernel("M063", "one_hot", "sets the last class for -1")
def _(original):
    def one_hot(x, num_classes, axis, dtype):
        return original(
            np.where(x == -1, num_classes - 1, x).astype(x.dtype),
            num_classes=num_classes,
            axis=axis,
            dtype=dtype,
        )

    return one_hot


@kernel("M067", "matmul", "rounds its operands to ten bits, as TF32 does")
def _(original):
    def rounded(x):
        if x.dtype != np.float32:
            return x
        bits = np.ascontiguousarray(x).view(np.uint32)
        return ((bits + np.uint32(0x1000)) & np.uint32(0xFFFFE000)).view(np.float32).reshape(x.shape)

    return lambda x1, x2: original(rounded(x1), rounded(x2))


@kernel("M069", "matmul", "reads a batch axis backwards")
def _(original):
    return lambda x1, x2: original(x1, x2[::-1] if x2.ndim > 2 else x2)


@kernel("M070", "cast", "rounds to the nearest integer")
def _(original):
    def cast(x, dtype):
        return original(np.round(x) if np.asarray(x).dtype.kind == "f" and "int" in dtype else x, dtype=dtype)

    return cast


@kernel("M147", "random_bits", "ignores the second word of the key")
def _(original):
    return lambda key, step, shape: original(np.array([key[0], 0], np.int32), step, shape=shape)


@kernel("M148", "random_bits", "interleaves the two words of a block")
def _(original):
    def bits(key, step, shape):
        words = np.array(original(key, step, shape=shape))
        flat = words.reshape(*np.shape(step), -1)
        half = (flat.shape[-1] + 1) // 2
        mixed = np.empty_like(flat)
        mixed[..., ::2], mixed[..., 1::2] = flat[..., :half], flat[..., half:]
        return mixed.reshape(words.shape)

    return bits


@kernel("M149", "random_uniform", "may return 1")
def _(original):
    return lambda key, step, shape, dtype: (
        original(key, step, shape=shape, dtype=dtype) * (2**24 / (2**24 - 1))
    ).astype(dtype)


@kernel("M151", "random_normal", "has a standard deviation of 1.01")
def _(original):
    return lambda key, step, shape, dtype: (original(key, step, shape=shape, dtype=dtype) * 1.01).astype(
        dtype
    )


@kernel("M152", "random_mask", "takes the upper half of a word first")
def _(original):
    def mask(key, step, shape, threshold):
        drawn = np.array(original(key, step, shape=shape, threshold=threshold))
        flat = drawn.reshape(*np.shape(step), -1)
        even = flat.shape[-1] // 2 * 2
        flat[..., :even] = (
            flat[..., :even].reshape(*flat.shape[:-1], -1, 2)[..., ::-1].reshape(*flat.shape[:-1], even)
        )
        return flat.reshape(drawn.shape)

    return mask
