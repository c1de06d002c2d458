"""How each layer is made."""

from __future__ import annotations

from typing import Any

from horn import activations, layers

from .rows import Row

_IMAGE, _SEQUENCE, _VOLUME = ((2, 6, 6, 4),), ((2, 6, 4),), ((2, 4, 4, 4, 4),)
_ON = {"1D": _SEQUENCE, "2D": _IMAGE, "3D": _VOLUME}
_FILTERS = {"filters": 4, "kernel_size": 2}
_UNITS = {"units": 3}
_HEADS = {"num_heads": 2, "key_dim": 3}
_GROUPED = {"head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 2}
_PAIR = ((2, 3, 4), (2, 3, 4))
_NOT_OFFERED = dict.fromkeys(("lora_rank", "lora_alpha", "quantization_config", "gptq_unpacked_column_size"))


_DILATED = ({"strides": 1, "dilation_rate": 2},)


def _spatial(
    name: str, needed: dict[str, Any] | None = None, others: Any = (), **away: Any
) -> dict[str, Row]:
    return {name.replace("*", kind): Row(needed or {}, away, on, others) for kind, on in _ON.items()}


LAYERS: dict[str, Row] = {
    "Activation": Row({"activation": "relu"}, {"activation": "tanh"}),
    "ActivityRegularization": Row(away={"l1": 0.5, "l2": 0.25}),
    **_spatial("AdaptiveAveragePooling*", {"output_size": 2}),
    **_spatial("AdaptiveMaxPooling*", {"output_size": 2}),
    **{name: Row(on=_PAIR) for name in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")},
    "AdditiveAttention": Row(away={"use_scale": False}, on=_PAIR),
    "AlphaDropout": Row({"rate": 0.25}),
    "Attention": Row(away={"use_scale": True, "score_mode": "concat"}, on=_PAIR),
    **_spatial("AveragePooling*", {"pool_size": 2}, strides=1),
    "BatchNormalization": Row(
        away={"renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99, "synchronized": False}
    ),
    "Bidirectional": Row(
        {"layer": layers.GRU(3)},
        {
            "merge_mode": "sum",
            "weights": None,
            "backward_layer": layers.GRU(3, go_backwards=True, use_bias=False),
        },
        _SEQUENCE,
    ),
    "Concatenate": Row(on=_PAIR),
    **_spatial("Conv*", _FILTERS, _DILATED, dilation_rate=1),
    **_spatial(
        "Conv*Transpose",
        _FILTERS,
        ({"strides": 1, "dilation_rate": 2, "output_padding": 0},),
        dilation_rate=1,
        output_padding=1,
    ),
    "Cropping1D": Row(away={"cropping": (2, 1)}, on=_SEQUENCE),
    "Cropping2D": Row(away={"cropping": ((1, 2), (0, 1))}, on=_IMAGE),
    "Cropping3D": Row(away={"cropping": ((1, 2), (0, 1), (1, 1))}, on=_VOLUME),
    "Dense": Row(_UNITS, _NOT_OFFERED),
    "DepthwiseConv1D": Row({"kernel_size": 2}, {"dilation_rate": 1}, _SEQUENCE, _DILATED),
    "DepthwiseConv2D": Row({"kernel_size": 2}, {"dilation_rate": 1}, _IMAGE, _DILATED),
    "Dot": Row({"axes": 1}, {"axes": (2, 2), "normalize": True}, _PAIR),
    "Dropout": Row({"rate": 0.5}, {"rate": 0.25}),
    "ELU": Row(),
    "EinsumDense": Row(
        {"equation": "ab,bc->ac", "output_shape": 3},
        {"equation": "ab,cb->ac", "output_shape": (5,), "bias_axes": "c", **_NOT_OFFERED},
    ),
    "Embedding": Row({"input_dim": 4, "output_dim": 3}, {"mask_zero": True, "weights": None, **_NOT_OFFERED}),
    "Flatten": Row(on=_IMAGE),
    "GRU": Row(_UNITS, on=_SEQUENCE),
    "GRUCell": Row(_UNITS),
    "GaussianDropout": Row({"rate": 0.25}),
    "GaussianNoise": Row({"stddev": 0.25}),
    **_spatial("GlobalAveragePooling*"),
    **_spatial("GlobalMaxPooling*"),
    "GroupNormalization": Row({"groups": 4}, {"groups": 2}),
    "GroupedQueryAttention": Row(_GROUPED, on=_PAIR),
    "Identity": Row(),
    "LSTM": Row(_UNITS, on=_SEQUENCE),
    "LSTMCell": Row(_UNITS),
    "Lambda": Row(
        {"function": activations.relu},
        {"output_shape": (4,), "mask": None, "arguments": {"negative_slope": 0.5}},
    ),
    "Layer": Row(),
    "LayerNormalization": Row(),
    "LeakyReLU": Row(away={"negative_slope": 0.5}),
    "Masking": Row(away={"mask_value": 1.0}, on=_SEQUENCE),
    **_spatial("MaxPooling*", pool_size=3, strides=1),
    "MultiHeadAttention": Row(
        _HEADS, {"value_dim": 5, "output_shape": 3, "attention_axes": 1, "sliding_window": 2}, _PAIR
    ),
    "PReLU": Row(away={"shared_axes": [1]}, on=_SEQUENCE),
    "Permute": Row({"dims": (2, 1)}, on=_SEQUENCE),
    "RMSNormalization": Row(),
    "RNN": Row({"cell": layers.GRUCell(3)}, on=_SEQUENCE),
    "ReLU": Row(away={"max_value": 1.0, "negative_slope": 0.5, "threshold": 0.25}),
    "RepeatVector": Row({"n": 2}),
    "Reshape": Row({"target_shape": (2, 2)}, {"target_shape": (-1, 1)}),
    "SeparableConv1D": Row(_FILTERS, {"dilation_rate": 1}, _SEQUENCE, _DILATED),
    "SeparableConv2D": Row(_FILTERS, {"dilation_rate": 1}, _IMAGE, _DILATED),
    "SimpleRNN": Row(_UNITS, on=_SEQUENCE),
    "SimpleRNNCell": Row(_UNITS),
    "Softmax": Row(),
    **_spatial("SpatialDropout*", {"rate": 0.25}),
    "StackedRNNCells": Row({"cells": [layers.GRUCell(3), layers.LSTMCell(2)]}),
    "TimeDistributed": Row({"layer": layers.Dense(3)}, on=_SEQUENCE),
    "UnitNormalization": Row(),
    **_spatial("UpSampling*", size=3),
    "ZeroPadding1D": Row(away={"padding": (2, 1)}, on=_SEQUENCE),
    "ZeroPadding2D": Row(away={"padding": ((1, 2), (0, 1))}, on=_IMAGE),
    "ZeroPadding3D": Row(away={"padding": ((1, 2), (0, 1), (1, 1))}, on=_VOLUME),
}
