"""Layers: the public names."""

from horn.api.layers.convolution import Conv1D, Conv2D, Conv3D, MaxPooling1D, MaxPooling2D, MaxPooling3D
from horn.api.layers.core import Activation, Dense, Embedding, Flatten, Input, LeakyReLU, Reshape
from horn.api.layers.layer import Layer
from horn.api.layers.merging import Add, Concatenate, add, concatenate
from horn.api.layers.normalization import BatchNormalization
from horn.api.layers.recurrent import LSTM
from horn.api.layers.regularization import Dropout

__all__ = [
    "LSTM",
    "Activation",
    "Add",
    "BatchNormalization",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "Input",
    "Layer",
    "LeakyReLU",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Reshape",
    "add",
    "concatenate",
]
