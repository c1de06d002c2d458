"""Layers: the public names."""

from horn.api.layers.activation import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from horn.api.layers.convolution import Conv1D, Conv2D, Conv3D, MaxPooling1D, MaxPooling2D, MaxPooling3D
from horn.api.layers.core import Dense, Embedding, Flatten, Input, Reshape
from horn.api.layers.layer import Layer
from horn.api.layers.merging import Add, Concatenate, add, concatenate
from horn.api.layers.normalization import BatchNormalization
from horn.api.layers.recurrent import LSTM
from horn.api.layers.regularization import Dropout

__all__ = [
    "ELU",
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
    "PReLU",
    "ReLU",
    "Reshape",
    "Softmax",
    "add",
    "concatenate",
]
