"""Callbacks: the public names."""

from horn.api.callbacks.averages import SwapEMAWeights
from horn.api.callbacks.callback import Callback, History
from horn.api.callbacks.callback_list import CallbackList
from horn.api.callbacks.checkpoint import ModelCheckpoint
from horn.api.callbacks.csv_logger import CSVLogger
from horn.api.callbacks.lambda_callback import LambdaCallback
from horn.api.callbacks.progress import ProgbarLogger
from horn.api.callbacks.rates import LearningRateScheduler, ReduceLROnPlateau
from horn.api.callbacks.stopping import EarlyStopping, TerminateOnNaN

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "SwapEMAWeights",
    "TerminateOnNaN",
]
