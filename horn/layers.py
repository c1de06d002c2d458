"""Layers: the public names."""

from horn.api.layers.activation import (
    ELU,
    Activation,
    LeakyReLU,
    PReLU,
    ReLU,
    Softmax,
)
from horn.api.layers.bidirectional import (
    Bidirectional,
)
from horn.api.layers.borders import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from horn.api.layers.cells import (
    StackedRNNCells,
)
from horn.api.layers.convolution import (
    Conv1D,
    Conv1D as Convolution1D,
    Conv2D,
    Conv2D as Convolution2D,
    Conv3D,
    Conv3D as Convolution3D,
)
from horn.api.layers.core import (
    Dense,
    Embedding,
    Input,
)
from horn.api.layers.global_pooling import (
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
    GlobalAveragePooling1D,
    GlobalAveragePooling1D as GlobalAvgPool1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling2D as GlobalAvgPool2D,
    GlobalAveragePooling3D,
    GlobalAveragePooling3D as GlobalAvgPool3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling1D as GlobalMaxPool1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling2D as GlobalMaxPool2D,
    GlobalMaxPooling3D,
    GlobalMaxPooling3D as GlobalMaxPool3D,
)
from horn.api.layers.gru import (
    GRU,
    GRUCell,
)
from horn.api.layers.layer import (
    Layer,
)
from horn.api.layers.lstm import (
    LSTM,
    LSTMCell,
)
from horn.api.layers.masking import (
    Masking,
)
from horn.api.layers.merging import (
    Add,
    Concatenate,
    add,
    concatenate,
)
from horn.api.layers.normalization import (
    BatchNormalization,
)
from horn.api.layers.pooling import (
    AveragePooling1D,
    AveragePooling1D as AvgPool1D,
    AveragePooling2D,
    AveragePooling2D as AvgPool2D,
    AveragePooling3D,
    AveragePooling3D as AvgPool3D,
    MaxPooling1D,
    MaxPooling1D as MaxPool1D,
    MaxPooling2D,
    MaxPooling2D as MaxPool2D,
    MaxPooling3D,
    MaxPooling3D as MaxPool3D,
)
from horn.api.layers.regularization import (
    Dropout,
)
from horn.api.layers.reshaping import (
    Flatten,
    Permute,
    RepeatVector,
    Reshape,
)
from horn.api.layers.rnn import (
    RNN,
)
from horn.api.layers.separable import (
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv1D as SeparableConvolution1D,
    SeparableConv2D,
    SeparableConv2D as SeparableConvolution2D,
)
from horn.api.layers.simple_rnn import (
    SimpleRNN,
    SimpleRNNCell,
)
from horn.api.layers.time_distributed import (
    TimeDistributed,
)
from horn.api.layers.transposed import (
    Conv1DTranspose,
    Conv1DTranspose as Convolution1DTranspose,
    Conv2DTranspose,
    Conv2DTranspose as Convolution2DTranspose,
    Conv3DTranspose,
    Conv3DTranspose as Convolution3DTranspose,
)

__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "Add",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRUCell",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "Input",
    "LSTMCell",
    "Layer",
    "LeakyReLU",
    "Masking",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "PReLU",
    "Permute",
    "ReLU",
    "RepeatVector",
    "Reshape",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "StackedRNNCells",
    "TimeDistributed",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
    "add",
    "concatenate",
]
