"""Ops: the public names, each one page of `horn.spec`."""

from horn.spec.op import ops

absolute = ops.absolute
adadelta_update = ops.adadelta_update
adafactor_update = ops.adafactor_update
adagrad_update = ops.adagrad_update
adam_update = ops.adam_update
adamax_update = ops.adamax_update
add = ops.add
amsgrad_update = ops.amsgrad_update
arange = ops.arange
argmax = ops.argmax
batch_normalization = ops.batch_normalization
batch_normalization_train = ops.batch_normalization_train
batch_normalization_train_grad = ops.batch_normalization_train_grad
binary_crossentropy = ops.binary_crossentropy
bitwise_and = ops.bitwise_and
broadcast_to = ops.broadcast_to
cast = ops.cast
categorical_crossentropy = ops.categorical_crossentropy
centered_rmsprop_update = ops.centered_rmsprop_update
clip = ops.clip
clip_by_global_norm = ops.clip_by_global_norm
clip_by_norm = ops.clip_by_norm
concatenate = ops.concatenate
conv = ops.conv
convert_to_numpy = ops.convert_to_numpy
convert_to_tensor = ops.convert_to_tensor
convolution = ops.convolution
convolution_input_grad = ops.convolution_input_grad
convolution_kernel_grad = ops.convolution_kernel_grad
cos = ops.cos
divide = ops.divide
dropout = ops.dropout
dropout_mask = ops.dropout_mask
equal = ops.equal
exp = ops.exp
expand_dims = ops.expand_dims
expm1 = ops.expm1
ftrl_update = ops.ftrl_update
full = ops.full
greater = ops.greater
greater_equal = ops.greater_equal
gru = ops.gru
isnan = ops.isnan
lamb_update = ops.lamb_update
leaky_relu = ops.leaky_relu
less = ops.less
less_equal = ops.less_equal
lion_update = ops.lion_update
log = ops.log
log1p = ops.log1p
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
mean_squared_error = ops.mean_squared_error
min = ops.min
minimum = ops.minimum
moments = ops.moments
multiply = ops.multiply
muon_update = ops.muon_update
nadam_update = ops.nadam_update
negative = ops.negative
not_equal = ops.not_equal
one_hot = ops.one_hot
ones = ops.ones
ones_like = ops.ones_like
pad = ops.pad
power = ops.power
random_bits = ops.random_bits
random_mask = ops.random_mask
random_normal = ops.random_normal
random_uniform = ops.random_uniform
relu = ops.relu
relu_grad = ops.relu_grad
reshape = ops.reshape
right_shift = ops.right_shift
rmsprop_update = ops.rmsprop_update
rsqrt = ops.rsqrt
scan = ops.scan
schedule_free_update = ops.schedule_free_update
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
sparse_categorical_crossentropy_grad = ops.sparse_categorical_crossentropy_grad
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
    "adadelta_update",
    "adafactor_update",
    "adagrad_update",
    "adam_update",
    "adamax_update",
    "add",
    "amsgrad_update",
    "arange",
    "argmax",
    "batch_normalization",
    "batch_normalization_train",
    "batch_normalization_train_grad",
    "binary_crossentropy",
    "bitwise_and",
    "broadcast_to",
    "cast",
    "categorical_crossentropy",
    "centered_rmsprop_update",
    "clip",
    "clip_by_global_norm",
    "clip_by_norm",
    "concatenate",
    "conv",
    "convert_to_numpy",
    "convert_to_tensor",
    "convolution",
    "convolution_input_grad",
    "convolution_kernel_grad",
    "cos",
    "divide",
    "dropout",
    "dropout_mask",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "ftrl_update",
    "full",
    "greater",
    "greater_equal",
    "gru",
    "isnan",
    "lamb_update",
    "leaky_relu",
    "less",
    "less_equal",
    "lion_update",
    "log",
    "log1p",
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
    "mean_squared_error",
    "min",
    "minimum",
    "moments",
    "multiply",
    "muon_update",
    "nadam_update",
    "negative",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "pad",
    "power",
    "random_bits",
    "random_mask",
    "random_normal",
    "random_uniform",
    "relu",
    "relu_grad",
    "reshape",
    "right_shift",
    "rmsprop_update",
    "rsqrt",
    "scan",
    "schedule_free_update",
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
    "sparse_categorical_crossentropy_grad",
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
