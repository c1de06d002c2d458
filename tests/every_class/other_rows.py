"""How each loss, metric, optimizer, schedule, initializer, regularizer, constraint and callback is made."""

from __future__ import annotations

from horn import callbacks, losses, optimizers

from .rows import Row

LOSSES: dict[str, Row] = {
    **{
        name: Row()
        for name in (
            "CTC", "BinaryCrossentropy", "CategoricalCrossentropy", "CategoricalHinge", "Circle",
            "CosineSimilarity", "Hinge", "KLDivergence", "LogCosh", "Loss", "MeanAbsoluteError",
            "MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError", "Poisson",
            "SparseCategoricalCrossentropy", "SquaredHinge", "Dice",
        )
    },
    "BinaryFocalCrossentropy": Row(away={"apply_class_balancing": True}),
    "CategoricalFocalCrossentropy": Row(),
    "CategoricalGeneralizedCrossEntropy": Row(away={"q": 0.25}),
    "Circle": Row(away={"margin": 0.25, "remove_diagonal": False}),
    "Huber": Row(away={"delta": 2.0}),
    "Tversky": Row(away={"alpha": 0.25}),
}  # fmt: skip

_CLASSES = {"num_classes": 3}
METRICS: dict[str, Row] = {
    **{
        name: Row()
        for name in (
            "Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy",
            "CategoricalCrossentropy", "CategoricalHinge", "ConcordanceCorrelation", "CosineSimilarity",
            "FalseNegatives", "FalsePositives", "Hinge", "KLDivergence", "LogCoshError",
            "Mean", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
            "MeanSquaredLogarithmicError", "Metric", "PearsonCorrelation", "Poisson",
            "RootMeanSquaredError", "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy",
            "SparseTopKCategoricalAccuracy", "SquaredHinge", "Sum", "TopKCategoricalAccuracy",
            "TrueNegatives", "TruePositives", "F1Score", "FBetaScore",
        )
    },
    "AUC": Row(
        away={
            "curve": "PR", "summation_method": "minoring", "multi_label": True, "num_labels": 2,
            "label_weights": [0.5, 1.5], "thresholds": None,
        },
        others=({"thresholds": [0.25, 0.5]},),
    ),
    "BinaryIoU": Row(away={"target_class_ids": (1,)}),
    "IoU": Row({"num_classes": 3, "target_class_ids": (0, 1)}),
    "MeanIoU": Row(_CLASSES),
    "MeanMetricWrapper": Row({"fn": losses.mean_squared_error}, {"fn": losses.mean_absolute_error}),
    "OneHotIoU": Row({"num_classes": 3, "target_class_ids": (0, 1)}, {"sparse_y_pred": True}),
    "OneHotMeanIoU": Row(_CLASSES, {"sparse_y_pred": True}),
    "Precision": Row(away={"thresholds": 0.25}),
    "PrecisionAtRecall": Row({"recall": 0.5}),
    "R2Score": Row(away={"class_aggregation": "variance_weighted_average", "num_regressors": 1}),
    "Recall": Row(away={"thresholds": 0.25}),
    "RecallAtPrecision": Row({"precision": 0.5}),
    "SensitivityAtSpecificity": Row({"specificity": 0.5}),
    "SpecificityAtSensitivity": Row({"sensitivity": 0.5}),
}  # fmt: skip

_ONE_CLIP = {"global_clipnorm": None, "clipvalue": None}
_OTHER_CLIPS = ({"clipnorm": None, "clipvalue": 0.5}, {"clipnorm": None, "global_clipnorm": 0.5})
OPTIMIZERS: dict[str, Row] = {
    **{
        name: Row(away=_ONE_CLIP, others=_OTHER_CLIPS)
        for name in (
            "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Lamb", "Lion", "Nadam",
            "Optimizer", "RMSprop", "ScheduleFreeAdamW",
        )
    },
    "Adafactor": Row(
        away={
            **_ONE_CLIP, "beta_2_decay": -0.5, "epsilon_1": 1e-10, "epsilon_2": 0.01, "clip_threshold": 2.0,
            "relative_step": False,
        },
        others=_OTHER_CLIPS,
    ),
    "Ftrl": Row(
        away={
            **_ONE_CLIP, "learning_rate_power": -0.75, "l1_regularization_strength": 0.1,
            "l2_regularization_strength": 0.2, "l2_shrinkage_regularization_strength": 0.3,
        },
        others=_OTHER_CLIPS,
    ),
    "LossScaleOptimizer": Row(
        {"inner_optimizer": optimizers.SGD(0.5)}, {"initial_scale": 8.0, "dynamic_growth_steps": 3}
    ),
    "MultiOptimizer": Row({"optimizer_map": optimizers.OptimizerMap(optimizers.SGD(0.5), {"b": optimizers.Adam()})}),
    "OptimizerMap": Row({"default_optimizer": optimizers.SGD(0.5)}, {"optimizer_map": {"b.*": optimizers.Adam()}}),
    "Muon": Row(
        away={
            **_ONE_CLIP, "adam_beta_1": 0.5, "adam_beta_2": 0.5, "adam_weight_decay": 0.5,
            "exclude_layers": ["last"], "exclude_embeddings": False, "muon_a": 3.0, "muon_b": -4.0, "muon_c": 2.0,
            "adam_lr_ratio": 0.5, "ns_steps": 3, "nesterov": False, "rms_rate": 0.5,
        },
        others=_OTHER_CLIPS,
    ),
}  # fmt: skip

_DECAY = {"initial_learning_rate": 0.5, "decay_steps": 8}
SCHEDULES: dict[str, Row] = {
    "CosineDecay": Row(_DECAY, {"warmup_target": 0.75}),
    "CosineDecayRestarts": Row(
        {"initial_learning_rate": 0.5, "first_decay_steps": 4}, {"t_mul": 1.5, "m_mul": 0.5}
    ),
    "ExponentialDecay": Row({**_DECAY, "decay_rate": 0.5}),
    "InverseTimeDecay": Row({**_DECAY, "decay_rate": 0.5}),
    "LearningRateSchedule": Row(),
    "PiecewiseConstantDecay": Row({"boundaries": [2, 4], "values": [1.0, 0.5, 0.25]}),
    "PolynomialDecay": Row(_DECAY, {"end_learning_rate": 0.125}),
}

INITIALIZERS: dict[str, Row] = {
    **{
        name: Row()
        for name in (
            "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Initializer", "LecunNormal",
            "LecunUniform", "Ones", "Orthogonal", "RandomNormal", "TruncatedNormal", "Zeros", "Identity",
        )
    },
    "Constant": Row(away={"value": 2.0}),
    "RandomUniform": Row(away={"minval": -1.0, "maxval": 2.0}),
    "STFT": Row(away={"side": "imag", "window": "hamming", "scaling": None, "periodic": True}),
    "VarianceScaling": Row(away={"scale": 2.0, "mode": "fan_out", "distribution": "uniform"}),
}  # fmt: skip

REGULARIZERS: dict[str, Row] = {
    "L1": Row(away={"l1": 0.5}),
    "L1L2": Row(away={"l1": 0.5, "l2": 0.25}),
    "L2": Row(away={"l2": 0.5}),
    "OrthogonalRegularizer": Row(away={"factor": 0.5, "mode": "columns"}),
    "Regularizer": Row(),
}

CONSTRAINTS: dict[str, Row] = {
    "Constraint": Row(),
    "MaxNorm": Row(),
    "MinMaxNorm": Row(away={"min_value": 0.5}),
    "NonNeg": Row(),
    "UnitNorm": Row(),
}

CALLBACKS: dict[str, Row] = {
    "CSVLogger": Row({"filename": "log.csv"}, {"separator": ";", "append": True}),
    "Callback": Row(),
    "CallbackList": Row(
        away={"callbacks": [callbacks.History()], "add_history": True, "add_progbar": True, "model": None}
    ),
    "EarlyStopping": Row(away={"baseline": 0.5, "restore_best_weights": True, "start_from_epoch": 2}),
    "History": Row(),
    "LambdaCallback": Row(
        away=dict.fromkeys(
            (
                "on_epoch_begin", "on_epoch_end", "on_train_begin", "on_train_end", "on_train_batch_begin",
                "on_train_batch_end",
            ),
            print,
        )
    ),
    "LearningRateScheduler": Row({"schedule": abs}),
    "ModelCheckpoint": Row(
        {"filepath": "best.weights.h5", "save_weights_only": True},
        {"save_best_only": True, "save_freq": 5, "initial_value_threshold": 0.5},
    ),
    "ProgbarLogger": Row(),
    "ReduceLROnPlateau": Row(away={"factor": 0.5, "cooldown": 2, "min_lr": 0.125}),
    "SwapEMAWeights": Row(away={"swap_on_epoch": True}),
    "TerminateOnNaN": Row(away={"raise_error": True}),
}  # fmt: skip
