"""By the name of an argument, values that it cannot have."""

from __future__ import annotations

from typing import Any

NAN, INF = float("nan"), float("inf")

_NO_NUMBER: tuple[Any, ...] = (NAN, "3", True, object(), [1.5])
SIZE = (-1, 0, 1.5, None, INF, *_NO_NUMBER)
SIZE_OR_NONE = (-1, 0, 1.5, INF, *_NO_NUMBER)
COUNT = (-1, 1.5, INF, *_NO_NUMBER)
SIZES = (-1, 0, 1.5, INF, (), (1, 1, 1, 1, 1), (1, -1), *_NO_NUMBER)
SHARE = (2, -0.5, INF, *_NO_NUMBER)
POSITIVE = (0, -0.5, INF, *_NO_NUMBER)
NOT_NEGATIVE = (-0.5, INF, *_NO_NUMBER)
REAL = (INF, *_NO_NUMBER)
FLAG = ("yes", 2, None, 0.5, object())
WORD = ("nonsense", 3, object(), ["valid"], True)
NAMED = ("nonsense", 3, object(), True)
CALLABLE = (3, "nonsense", object(), True)
NAME = (3, object(), True, ["a"])
AXES = (1.5, "a", NAN, True, [0.5])


def _each(names: str, values: tuple[Any, ...]) -> dict[str, tuple[Any, ...]]:
    return dict.fromkeys(names.split(), values)


KINDS: dict[str, tuple[Any, ...]] = {
    **_each("name monitor filename filepath", NAME),
    "dtype": NAMED,
    **_each(
        "trainable autocast use_bias center scale renorm synchronized keepdims normalize "
        "mask_zero return_sequences return_state go_backwards stateful unroll "
        "zero_output_for_mask reset_after unit_forget_bias use_gate use_scale from_logits "
        "apply_class_balancing remove_diagonal sparse_y_true sparse_y_pred multi_label "
        "from_sorted_ids amsgrad nesterov centered use_ema relative_step exclude_embeddings "
        "staircase cycle periodic append restore_best_weights save_best_only "
        "save_weights_only swap_on_epoch raise_error add_history add_progbar",
        FLAG,
    ),
    "flash_attention": ("yes", 2, object()),
    "use_cudnn": ("yes", 2, object()),
    **_each(
        "units filters depth_multiplier groups input_dim output_dim n num_heads key_dim "
        "head_dim num_query_heads num_key_value_heads num_classes k num_thresholds ns_steps "
        "dynamic_growth_steps",
        SIZE,
    ),
    **_each("value_dim sliding_window top_k ema_overwrite_frequency num_labels", SIZE_OR_NONE),
    "gradient_accumulation_steps": (1, *SIZE_OR_NONE),
    **_each("kernel_size strides dilation_rate pool_size output_size size", SIZES),
    "output_padding": (-1, 1.5, NAN, "3", True, (1, 1, 1, 1), object()),
    "seed": (1.5, "a", NAN, True, object()),
    **_each("class_id num_regressors patience cooldown start_from_epoch warmup_steps", COUNT),
    **_each(
        "rate dropout recurrent_dropout beta_1 beta_2 rho momentum label_smoothing "
        "ema_momentum adam_beta_1 adam_beta_2 recall precision sensitivity specificity q "
        "threshold renorm_momentum factor",
        SHARE,
    ),
    **_each(
        "negative_slope stddev l1 l2 initial_learning_rate learning_rate "
        "initial_accumulator_value l1_regularization_strength l2_regularization_strength "
        "l2_shrinkage_regularization_strength weight_decay adam_weight_decay max_value "
        "min_value gamma rms_rate adam_lr_ratio end_learning_rate warmup_target alpha beta "
        "epsilon epsilon_1 epsilon_2 min_delta min_lr margin",
        NOT_NEGATIVE,
    ),
    **_each(
        "clipnorm clipvalue global_clipnorm loss_scale_factor clip_threshold delta "
        "decay_steps first_decay_steps t_mul m_mul decay_rate initial_scale power",
        POSITIVE,
    ),
    **_each(
        "gain mean minval maxval muon_a muon_b muon_c baseline initial_value_threshold mask_value value",
        REAL,
    ),
    "beta_2_decay": (0.5, INF, *_NO_NUMBER),
    "learning_rate_power": (0.5, *_NO_NUMBER),
    "thresholds": ([], [2.0], 2, -0.5, NAN, "a", [None], [NAN], object()),
    **_each(
        "padding data_format reduction interpolation score_mode merge_mode curve "
        "summation_method average class_aggregation mode distribution side window scaling",
        WORD,
    ),
    **_each("activation recurrent_activation", NAMED),
    "equation": ("nonsense", 3, None, "ab,bc", "ab->a", object()),
    **_each(
        "function fn schedule cell layer backward_layer on_epoch_begin on_epoch_end "
        "on_train_begin on_train_end on_train_batch_begin on_train_batch_end",
        CALLABLE,
    ),
    "cells": (3, [], [3], "nonsense", object()),
    **_each("inner_optimizer default_optimizer optimizer_map", (3, "nonsense", None, object())),
    "axis": (*AXES, None),
    **_each("shared_axes input_axes output_axes attention_axes", AXES),
    "axes": (*AXES, (1, 2, 3), ()),
    "bias_axes": (3, "z", object()),
    "noise_shape": (3, "a", (0,), (-1,), (1.5,)),
    "target_shape": (3.5, "a", (0.5,), (-1, -1), (-2,), None),
    "output_shape": (0, -1, 1.5, "a", object()),
    "cropping": (-1, 1.5, "a", (1, 2, 3, 4), NAN, True),
    "dims": ((1, 1), (0, 1), 3, "a", (), (1, 3), (1.5,)),
    "weights": (3, "a", object()),
    "arguments": (3, "a"),
    "label_weights": (3, "a", [-1.0], [NAN]),
    "ignore_class": (1.5, "a", NAN, True, object()),
    "target_class_ids": (3.5, "a", (), (-1,), (7,), (1.5,)),
    "exclude_layers": (3, "a", [3]),
    "boundaries": (3, [], [4, 2], ["a", "b"], [NAN, 1]),
    "values": (3, [], [1.0], ["a", "b", "c"], [NAN, 1.0, 1.0], [-1.0, 1.0, 1.0]),
    "separator": (3, "", None),
    "verbose": (-1, 1.5, "a", None),
    "save_freq": (0, -1, 1.5, "nonsense", None),
    "callbacks": (3, [3], "a"),
    "model": (),
    "renorm_clipping": (3, {"nonsense": 1.0}),
    "lora_rank": (1,),
    "lora_alpha": (1.0,),
    "quantization_config": ({},),
    "gptq_unpacked_column_size": (3,),
    "mask": (3, "a"),
    "params": (),
}

SPECIAL: dict[str, tuple[Any, ...]] = {
    "CategoricalFocalCrossentropy.alpha": (-0.5, NAN, "3", True, object(), [-1.0]),
    "Constant.value": (NAN, "3", True, object(), None),
    "Circle.margin": REAL,
    "ELU.alpha": REAL,
    "EarlyStopping.min_delta": REAL,  # its sign does not count, as in Keras
    "ReduceLROnPlateau.min_delta": REAL,
    "GroupNormalization.groups": (-2, 0, 1.5, None, INF, *_NO_NUMBER),  # -1 stands for one channel a group
    "InverseTimeDecay.decay_rate": NOT_NEGATIVE,
    "OptimizerMap.optimizer_map": (3, "a", [("a", 3)], {"a": 3}, {3: None}, {"(": None}),
    "OrthogonalRegularizer.factor": NOT_NEGATIVE,
    "ReLU.threshold": NOT_NEGATIVE,
    "VarianceScaling.scale": POSITIVE,
    "Dice.axis": AXES,
    "Tversky.axis": AXES,
    **{f"ZeroPadding{n}D.padding": (-1, 1.5, "a", (1, 2, 3, 4), NAN, True) for n in (1, 2, 3)},
}
"""Where an argument of this name means something else in one class."""


def wrong_for(made: type, name: str) -> tuple[Any, ...]:
    """Return values that an argument of a class cannot have."""
    special = SPECIAL.get(f"{made.__name__}.{name}")
    if special is not None:
        return special
    kind = name.rpartition("_")[2]
    if kind == "initializer":
        return tuple(value for value in NAMED if value != 3)  # a number is that constant
    return NAMED if kind in ("regularizer", "constraint") else KINDS[name]
