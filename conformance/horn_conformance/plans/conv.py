"""Plans of convolution."""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, DTypeError, ShapeError
from horn_conformance.plan import T, case, fault, lit, plan


def _call(strides, padding, dilation, groups=1):
    return {"strides": strides, "padding": padding, "dilation_rate": dilation, "groups": groups}


# Input, kernel, attributes: asymmetric padding, stride with dilation, groups, depthwise with a
# multiplier of two, a window of one with a stride, one to three axes, an empty batch.
_ROWS = (
    ((2, 7, 6, 4), (3, 2, 2, 6), _call((2, 1), ((1, 0), (0, 2)), (1, 2), 2)),
    ((11, 10, 3), (3, 3, 5), _call((2,), ((1, 1),), (2,))),
    ((2, 5, 6, 3), (3, 3, 1, 6), _call((1, 1), ((1, 1), (1, 1)), (1, 1), 3)),
    ((2, 7, 5, 3), (1, 1, 3, 2), _call((2, 3), ((0, 0), (0, 0)), (1, 1))),
    ((1, 4, 5, 3, 2), (2, 2, 2, 2, 3), _call((1, 2, 1), ((0, 1), (1, 0), (0, 0)), (1, 1, 2))),
    ((0, 5, 2), (2, 2, 3), _call((1,), ((0, 0),), (1,))),
    ((3, 19, 23, 5), (3, 3, 5, 7), _call((1, 1), ((1, 1), (1, 1)), (1, 1))),
)


def _shape(x, kernel, attrs):
    rows = zip(x[1:-1], kernel[:-2], attrs["strides"], attrs["padding"], attrs["dilation_rate"], strict=True)
    return (x[0], *((n + sum(p) - (k - 1) * d - 1) // s + 1 for n, k, s, p, d in rows), kernel[-1])


def _unknown(x):
    return 11 if 11 in x else None


_X, _K = T(2, 5, 6, 4), T(3, 2, 2, 6)
_ONE = _call((1, 1), ((0, 0), (0, 0)), (1, 1), 2)
plan("convolution", *(case(T(*x), T(*k), unknown=_unknown(x), **attrs) for x, k, attrs in _ROWS),
     special=(case(lit(np.array([[[1.0], [np.nan], [2.0], [3.0]]], np.float32)), lit([[[1.0]], [[2.0]]]), **_call((1,), ((1, 0),), (1,))),),
     faults=(fault(ShapeError, "channels", T(2, 5, 6, 3), _K, **_ONE), fault(ShapeError, "ranks", T(2, 5, 4), _K, **_ONE),
             fault(ShapeError, "larger", _X, T(7, 2, 2, 6), **_ONE), fault(ShapeError, "channels", _X, T(3, 2, 2, 5), **_ONE),
             fault(DTypeError, "convolution", T(1, 5, 2, dtype="int32", of="ints"), T(2, 2, 3, dtype="int32", of="ints"),
                   **_call((1,), ((0, 0),), (1,)))))  # fmt: skip
plan("convolution_input_grad",
     *(case(T(*_shape(x, k, attrs)), T(*k), input_shape=x[1:-1], unknown=_unknown(x), **attrs) for x, k, attrs in _ROWS))
plan("convolution_kernel_grad",
     *(case(T(*x), T(*_shape(x, k, attrs)), window=k[:-2], unknown=_unknown(x), **attrs) for x, k, attrs in _ROWS))
plan("conv",
     case(T(11, 8, 7, 2), T(3, 2, 2, 4), strides=2, padding="same", unknown=11), case(T(2, 9, 3), T(3, 3, 2), dilation_rate=2),
     case(T(2, 4, 7, 6), T(2, 3, 2, 4), padding="same", data_format="channels_first"),
     case(T(1, 6, 6, 2), T(3, 3, 2, 3), strides=(1, 3), padding="same", dilation_rate=(2, 1)), case(T(1, 3, 4, 5, 1), T(2, 2, 2, 1, 2)),
     case(T(2, 9, 3), T(3, 3, 2), padding="causal", strides=2, dilation_rate=2), case(T(2, 4, 5, 2), T(3, 2, 2, 3), padding="full", dilation_rate=(1, 2)),
     faults=(fault(ArgumentError, "padding", _X, T(3, 2, 4, 6), padding="sane"), fault(ArgumentError, "strides", _X, T(3, 2, 4, 6), strides=0),
             fault(ArgumentError, "padding", _X, T(3, 2, 4, 6), padding="causal"), fault(ShapeError, "ranks", _X, T(3, 4, 6)),
             fault(ArgumentError, "data format", _X, T(3, 2, 4, 6), data_format="last")))  # fmt: skip
plan("depthwise_conv",
     case(T(11, 7, 6, 3), T(3, 2, 3, 2), strides=2, padding="same", unknown=11), case(T(2, 9, 4), T(3, 4, 1), padding="causal", dilation_rate=2),
     case(T(2, 3, 5, 6), T(2, 3, 3, 2), strides=(1, 2), data_format="channels_first"), case(T(1, 4, 3, 5, 2), T(2, 2, 3, 2, 1), padding="same"),
     faults=(fault(ShapeError, "channels", _X, T(3, 2, 3, 1)), fault(ShapeError, "ranks", _X, T(3, 4, 1))))  # fmt: skip
plan("separable_conv",
     case(T(11, 7, 6, 3), T(3, 2, 3, 2), T(1, 1, 6, 4), strides=2, padding="same", unknown=11),
     case(T(2, 9, 2), T(3, 2, 2), T(1, 4, 3), padding="causal", dilation_rate=2),
     case(T(2, 3, 5, 6), T(2, 3, 3, 1), T(1, 1, 3, 2), strides=(1, 2), data_format="channels_first"),
     faults=(fault(ShapeError, "channels", _X, T(3, 2, 4, 2), T(1, 1, 5, 2)),))  # fmt: skip
plan("conv_transpose",
     case(T(11, 4, 3, 2), T(3, 2, 5, 2), strides=(2, 1), padding="same", unknown=11), case(T(2, 5, 3), T(2, 2, 3), strides=3),
     case(T(2, 3, 4, 5), T(3, 2, 2, 3), strides=2, output_padding=(1, 0), data_format="channels_first"),
     case(T(2, 4, 2), T(4, 3, 2), strides=2, padding="same", output_padding=1, dilation_rate=2),
     case(T(1, 2, 3, 2, 2), T(2, 1, 3, 1, 2), strides=(1, 2, 2), padding="same"),
     faults=(fault(ShapeError, "channels", T(2, 5, 3), T(2, 3, 2)), fault(ArgumentError, "output_padding", T(2, 5, 3), T(2, 2, 3), output_padding=1),
             fault(ArgumentError, "padding", T(2, 5, 3), T(2, 2, 3), padding="causal"), fault(ShapeError, "ranks", T(2, 5, 3), T(2, 2)),
             fault(ShapeError, "cuts", T(2, 1, 3), T(4, 2, 3), padding="same", output_padding=0, dilation_rate=1)))  # fmt: skip
