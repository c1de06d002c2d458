"""Layers: the public names."""

from horn.api.layers.bidirectional import Bidirectional
from horn.api.layers.cells import StackedRNNCells
from horn.api.layers.convolution import Conv1D, Conv2D, Conv3D, MaxPooling1D, MaxPooling2D, MaxPooling3D
from horn.api.layers.core import Activation, Dense, Embedding, Flatten, Input, LeakyReLU, Reshape
from horn.api.layers.gru import GRU, GRUCell
from horn.api.layers.layer import Layer
from horn.api.layers.lstm import LSTM, LSTMCell
from horn.api.layers.masking import Masking
from horn.api.layers.merging import Add, Concatenate, add, concatenate
from horn.api.layers.normalization import BatchNormalization
from horn.api.layers.regularization import Dropout
from horn.api.layers.rnn import RNN
from horn.api.layers.simple_rnn import SimpleRNN, SimpleRNNCell
from horn.api.layers.time_distributed import TimeDistributed

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "Add",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRUCell",
    "Input",
    "LSTMCell",
    "Layer",
    "LeakyReLU",
    "Masking",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Reshape",
    "SimpleRNN",
    "SimpleRNNCell",
    "StackedRNNCells",
    "TimeDistributed",
    "add",
    "concatenate",
]
