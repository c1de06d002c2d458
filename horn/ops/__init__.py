"""Ops: the public names, each one page of `horn.spec`."""

from horn.spec.op import ops

absolute = ops.absolute
accumulate = ops.accumulate
adam_update = ops.adam_update
add = ops.add
arange = ops.arange
argmax = ops.argmax
batch_normalization = ops.batch_normalization
batch_normalization_train = ops.batch_normalization_train
batch_normalization_train_grad = ops.batch_normalization_train_grad
binary_crossentropy = ops.binary_crossentropy
binary_focal_crossentropy = ops.binary_focal_crossentropy
bitwise_and = ops.bitwise_and
broadcast_to = ops.broadcast_to
cast = ops.cast
categorical_crossentropy = ops.categorical_crossentropy
categorical_focal_crossentropy = ops.categorical_focal_crossentropy
clip = ops.clip
concatenate = ops.concatenate
conv = ops.conv
convert_to_numpy = ops.convert_to_numpy
convert_to_tensor = ops.convert_to_tensor
convolution = ops.convolution
convolution_input_grad = ops.convolution_input_grad
convolution_kernel_grad = ops.convolution_kernel_grad
cos = ops.cos
ctc_loss = ops.ctc_loss
divide = ops.divide
dropout = ops.dropout
equal = ops.equal
exp = ops.exp
expand_dims = ops.expand_dims
expm1 = ops.expm1
full = ops.full
generalized_crossentropy = ops.generalized_crossentropy
greater = ops.greater
greater_equal = ops.greater_equal
huber = ops.huber
isnan = ops.isnan
kl_divergence = ops.kl_divergence
leaky_relu = ops.leaky_relu
less = ops.less
less_equal = ops.less_equal
log = ops.log
log1p = ops.log1p
log_cosh = ops.log_cosh
log_softmax = ops.log_softmax
logical_and = ops.logical_and
logical_not = ops.logical_not
logical_or = ops.logical_or
logsumexp = ops.logsumexp
lstm = ops.lstm
lstm_grad = ops.lstm_grad
matmul = ops.matmul
max = ops.max
max_pool = ops.max_pool
max_pooling = ops.max_pooling
max_pooling_grad = ops.max_pooling_grad
max_pooling_take = ops.max_pooling_take
maximum = ops.maximum
mean = ops.mean
mean_absolute_error = ops.mean_absolute_error
mean_absolute_percentage_error = ops.mean_absolute_percentage_error
mean_squared_error = ops.mean_squared_error
mean_squared_logarithmic_error = ops.mean_squared_logarithmic_error
min = ops.min
minimum = ops.minimum
moments = ops.moments
multiply = ops.multiply
negative = ops.negative
not_equal = ops.not_equal
one_hot = ops.one_hot
ones = ops.ones
ones_like = ops.ones_like
pad = ops.pad
poisson = ops.poisson
power = ops.power
random_bits = ops.random_bits
random_mask = ops.random_mask
random_normal = ops.random_normal
random_uniform = ops.random_uniform
ratio = ops.ratio
relu = ops.relu
relu_grad = ops.relu_grad
reshape = ops.reshape
right_shift = ops.right_shift
rmsprop_update = ops.rmsprop_update
rsqrt = ops.rsqrt
scan = ops.scan
segment_sum = ops.segment_sum
sgd_update = ops.sgd_update
shape = ops.shape
sigmoid = ops.sigmoid
sigmoid_grad = ops.sigmoid_grad
sign = ops.sign
sin = ops.sin
slice = ops.slice
softmax = ops.softmax
softplus = ops.softplus
sparse_categorical_crossentropy = ops.sparse_categorical_crossentropy
split = ops.split
sqrt = ops.sqrt
square = ops.square
squeeze = ops.squeeze
stack = ops.stack
stop_gradient = ops.stop_gradient
subtract = ops.subtract
sum = ops.sum
take = ops.take
tanh = ops.tanh
tanh_grad = ops.tanh_grad
transpose = ops.transpose
var = ops.var
where = ops.where
zeros = ops.zeros
zeros_like = ops.zeros_like

__all__ = [
    "absolute",
    "accumulate",
    "adam_update",
    "add",
    "arange",
    "argmax",
    "batch_normalization",
    "batch_normalization_train",
    "batch_normalization_train_grad",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "bitwise_and",
    "broadcast_to",
    "cast",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "clip",
    "concatenate",
    "conv",
    "convert_to_numpy",
    "convert_to_tensor",
    "convolution",
    "convolution_input_grad",
    "convolution_kernel_grad",
    "cos",
    "ctc_loss",
    "divide",
    "dropout",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "full",
    "generalized_crossentropy",
    "greater",
    "greater_equal",
    "huber",
    "isnan",
    "kl_divergence",
    "leaky_relu",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log_cosh",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logsumexp",
    "lstm",
    "lstm_grad",
    "matmul",
    "max",
    "max_pool",
    "max_pooling",
    "max_pooling_grad",
    "max_pooling_take",
    "maximum",
    "mean",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "min",
    "minimum",
    "moments",
    "multiply",
    "negative",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "pad",
    "poisson",
    "power",
    "random_bits",
    "random_mask",
    "random_normal",
    "random_uniform",
    "ratio",
    "relu",
    "relu_grad",
    "reshape",
    "right_shift",
    "rmsprop_update",
    "rsqrt",
    "scan",
    "segment_sum",
    "sgd_update",
    "shape",
    "sigmoid",
    "sigmoid_grad",
    "sign",
    "sin",
    "slice",
    "softmax",
    "softplus",
    "sparse_categorical_crossentropy",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "stop_gradient",
    "subtract",
    "sum",
    "take",
    "tanh",
    "tanh_grad",
    "transpose",
    "var",
    "where",
    "zeros",
    "zeros_like",
]
