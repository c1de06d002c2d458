"""What a row of the tables says, and for each argument a value that is not its default."""

from __future__ import annotations

from typing import Any, NamedTuple


class Row(NamedTuple):
    """How a class is made.

    Attributes:
        needed: The arguments that it cannot be made without.
        away: Arguments that differ from their defaults, where `AWAY` says another value than is needed here.
        on: The shapes of the inputs of a layer.
        others: More changes of these, for arguments that exclude one another.
    """

    needed: dict[str, Any] = {}  # noqa: RUF012
    away: dict[str, Any] = {}  # noqa: RUF012
    on: tuple[tuple[int, ...], ...] = ((2, 4),)
    others: tuple[dict[str, Any], ...] = ()


AWAY: dict[str, Any] = {
    # of all layers
    "name": "mine", "trainable": False, "dtype": "float64", "autocast": False, "activity_regularizer": "l2",
    # weights
    "use_bias": False, "kernel_initializer": "he_normal", "bias_initializer": "ones", "kernel_regularizer": "l1",
    "bias_regularizer": "l2", "kernel_constraint": "non_neg", "bias_constraint": "unit_norm", "activation": "relu",
    "recurrent_activation": "hard_sigmoid", "recurrent_initializer": "he_normal", "recurrent_regularizer": "l1",
    "recurrent_constraint": "non_neg", "unit_forget_bias": False, "reset_after": False,
    "depthwise_initializer": "he_normal", "depthwise_regularizer": "l1", "depthwise_constraint": "non_neg",
    "pointwise_initializer": "he_normal", "pointwise_regularizer": "l1", "pointwise_constraint": "non_neg",
    "beta_initializer": "ones", "gamma_initializer": "zeros", "beta_regularizer": "l1", "gamma_regularizer": "l2",
    "beta_constraint": "non_neg", "gamma_constraint": "unit_norm", "moving_mean_initializer": "ones",
    "moving_variance_initializer": "zeros", "center": False, "scale": False, "embeddings_initializer": "ones",
    "embeddings_regularizer": "l1", "embeddings_constraint": "unit_norm", "alpha_initializer": "ones",
    "alpha_regularizer": "l1", "alpha_constraint": "non_neg",
    # sizes and choices
    "padding": "same", "data_format": "channels_first", "strides": 2, "keepdims": True, "depth_multiplier": 2,
    "dilation_rate": 2, "groups": 2, "axis": 1, "epsilon": 0.01, "seed": 3, "dropout": 0.25,
    "recurrent_dropout": 0.5, "noise_shape": (2, 1), "return_sequences": True, "return_state": True,
    "go_backwards": True, "stateful": True, "unroll": True, "zero_output_for_mask": True, "use_cudnn": False,
    "momentum": 0.5, "use_gate": True, "sliding_window": 2, "flash_attention": False, "interpolation": "bilinear",
    # losses and metrics
    "reduction": "sum", "from_logits": True, "label_smoothing": 0.1, "alpha": 0.5, "gamma": 3.0, "threshold": 0.25,
    "thresholds": [0.25, 0.75], "class_id": 1, "top_k": 1, "num_thresholds": 50, "average": "macro", "beta": 0.75,
    "ignore_class": 1, "sparse_y_true": False, "sparse_y_pred": False, "k": 2, "from_sorted_ids": True,
    # optimizers
    "learning_rate": 0.5, "beta_1": 0.5, "beta_2": 0.75, "rho": 0.5, "amsgrad": True, "nesterov": True,
    "centered": True, "initial_accumulator_value": 0.5, "weight_decay": 0.01, "clipnorm": 1.5, "use_ema": True,
    "ema_momentum": 0.5, "ema_overwrite_frequency": 3, "loss_scale_factor": 2.0, "gradient_accumulation_steps": 2,
    # schedules
    "staircase": True, "warmup_steps": 3, "cycle": True, "power": 2.0,
    # initializers, constraints
    "gain": 2.0, "mean": 1.0, "stddev": 0.5, "input_axes": [0], "output_axes": [1], "rate": 0.5, "max_value": 3.0,
    # callbacks
    "verbose": 1, "mode": "max", "monitor": "loss", "patience": 3, "min_delta": 0.5,
}  # fmt: skip
"""By the name of an argument, a value that is not its default."""
