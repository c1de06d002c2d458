"""Ops: the public names, each one page of `horn.spec`."""

from horn.spec.op import ops

abs = ops.absolute
absolute = ops.absolute
accumulate = ops.accumulate
adadelta_update = ops.adadelta_update
adafactor_update = ops.adafactor_update
adagrad_update = ops.adagrad_update
adam_update = ops.adam_update
adamax_update = ops.adamax_update
adaptive_average_pool = ops.adaptive_average_pool
adaptive_max_pool = ops.adaptive_max_pool
add = ops.add
affine = ops.affine
all = ops.all
amax = ops.max
amin = ops.min
amsgrad_update = ops.amsgrad_update
any = ops.any
arange = ops.arange
arccos = ops.arccos
arccosh = ops.arccosh
arcsin = ops.arcsin
arcsinh = ops.arcsinh
arctan = ops.arctan
arctan2 = ops.arctan2
arctanh = ops.arctanh
argmax = ops.argmax
argmin = ops.argmin
argsort = ops.argsort
average_pool = ops.average_pool
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
ceil = ops.ceil
celu = ops.celu
centered_rmsprop_update = ops.centered_rmsprop_update
clip = ops.clip
clip_by_global_norm = ops.clip_by_global_norm
clip_by_norm = ops.clip_by_norm
clipped_relu = ops.clipped_relu
concatenate = ops.concatenate
conv = ops.conv
conv_transpose = ops.conv_transpose
convert_to_numpy = ops.convert_to_numpy
convert_to_tensor = ops.convert_to_tensor
convolution = ops.convolution
convolution_input_grad = ops.convolution_input_grad
convolution_kernel_grad = ops.convolution_kernel_grad
cos = ops.cos
cosh = ops.cosh
count_nonzero = ops.count_nonzero
ctc_loss = ops.ctc_loss
cumprod = ops.cumprod
cumsum = ops.cumsum
depthwise_conv = ops.depthwise_conv
diag = ops.diag
diagonal = ops.diagonal
diff = ops.diff
digitize = ops.digitize
divide = ops.divide
dot = ops.dot
dot_product_attention = ops.dot_product_attention
dropout = ops.dropout
dropout_mask = ops.dropout_mask
einsum = ops.einsum
elu = ops.elu
equal = ops.equal
erf = ops.erf
exp = ops.exp
exp2 = ops.exp2
expand_dims = ops.expand_dims
expm1 = ops.expm1
eye = ops.eye
flip = ops.flip
floor = ops.floor
floor_divide = ops.floor_divide
ftrl_update = ops.ftrl_update
full = ops.full
full_like = ops.full_like
gelu = ops.gelu
gelu_grad = ops.gelu_grad
generalized_crossentropy = ops.generalized_crossentropy
glu = ops.glu
greater = ops.greater
greater_equal = ops.greater_equal
gru = ops.gru
hard_shrink = ops.hard_shrink
hard_sigmoid = ops.hard_sigmoid
hard_silu = ops.hard_silu
hard_swish = ops.hard_silu
hard_tanh = ops.hard_tanh
hstack = ops.hstack
huber = ops.huber
identity = ops.identity
in_top_k = ops.in_top_k
inner = ops.inner
isclose = ops.isclose
isfinite = ops.isfinite
isinf = ops.isinf
isnan = ops.isnan
kl_divergence = ops.kl_divergence
layer_normalization = ops.layer_normalization
layer_normalization_grad = ops.layer_normalization_grad
lamb_update = ops.lamb_update
leaky_relu = ops.leaky_relu
less = ops.less
less_equal = ops.less_equal
linspace = ops.linspace
lion_update = ops.lion_update
log = ops.log
log10 = ops.log10
log1p = ops.log1p
log2 = ops.log2
log_cosh = ops.log_cosh
log_sigmoid = ops.log_sigmoid
log_softmax = ops.log_softmax
logaddexp = ops.logaddexp
logical_and = ops.logical_and
logical_not = ops.logical_not
logical_or = ops.logical_or
logical_xor = ops.logical_xor
logsumexp = ops.logsumexp
lstm = ops.lstm
lstm_grad = ops.lstm_grad
matmul = ops.matmul
matmul_nt = ops.matmul_nt
matmul_tn = ops.matmul_tn
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
median = ops.median
meshgrid = ops.meshgrid
min = ops.min
minimum = ops.minimum
mirrored_pad = ops.mirrored_pad
mish = ops.mish
mod = ops.mod
moments = ops.moments
moveaxis = ops.moveaxis
multiply = ops.multiply
muon_update = ops.muon_update
nadam_update = ops.nadam_update
nan_to_num = ops.nan_to_num
negative = ops.negative
norm = ops.norm
normalize = ops.normalize
not_equal = ops.not_equal
one_hot = ops.one_hot
ones = ops.ones
ones_like = ops.ones_like
outer = ops.outer
pad = ops.pad
poisson = ops.poisson
power = ops.power
prod = ops.prod
random_bits = ops.random_bits
random_mask = ops.random_mask
random_normal = ops.random_normal
random_uniform = ops.random_uniform
ratio = ops.ratio
ravel = ops.ravel
reciprocal = ops.reciprocal
relu = ops.relu
relu6 = ops.relu6
relu_grad = ops.relu_grad
repeat = ops.repeat
reshape = ops.reshape
right_shift = ops.right_shift
rint = ops.rint
rms_normalization = ops.rms_normalization
rmsprop_update = ops.rmsprop_update
roll = ops.roll
round = ops.round
rsqrt = ops.rsqrt
scan = ops.scan
schedule_free_update = ops.schedule_free_update
searchsorted = ops.searchsorted
segment_sum = ops.segment_sum
selu = ops.selu
separable_conv = ops.separable_conv
sgd_update = ops.sgd_update
shape = ops.shape
sigmoid = ops.sigmoid
sigmoid_grad = ops.sigmoid_grad
sign = ops.sign
silu = ops.silu
sin = ops.sin
sinh = ops.sinh
slice = ops.slice
soft_shrink = ops.soft_shrink
softmax = ops.softmax
softplus = ops.softplus
softsign = ops.softsign
sort = ops.sort
sparse_categorical_crossentropy = ops.sparse_categorical_crossentropy
sparse_categorical_crossentropy_grad = ops.sparse_categorical_crossentropy_grad
sparse_plus = ops.sparse_plus
sparse_sigmoid = ops.sparse_sigmoid
sparsemax = ops.sparsemax
split = ops.split
sqrt = ops.sqrt
square = ops.square
squareplus = ops.squareplus
squeeze = ops.squeeze
stack = ops.stack
std = ops.std
stop_gradient = ops.stop_gradient
subtract = ops.subtract
sum = ops.sum
swapaxes = ops.swapaxes
swish = ops.silu
take = ops.take
take_along_axis = ops.take_along_axis
tan = ops.tan
tanh = ops.tanh
tanh_grad = ops.tanh_grad
tanh_shrink = ops.tanh_shrink
tensordot = ops.tensordot
threshold = ops.threshold
tile = ops.tile
top_k = ops.top_k
trace = ops.trace
transpose = ops.transpose
tri = ops.tri
tril = ops.tril
triu = ops.triu
true_divide = ops.divide
trunc = ops.trunc
unstack = ops.unstack
upsample = ops.upsample
var = ops.var
vdot = ops.vdot
vstack = ops.vstack
where = ops.where
zeros = ops.zeros
zeros_like = ops.zeros_like

__all__ = [
    "abs",
    "absolute",
    "accumulate",
    "adadelta_update",
    "adafactor_update",
    "adagrad_update",
    "adam_update",
    "adamax_update",
    "adaptive_average_pool",
    "adaptive_max_pool",
    "add",
    "affine",
    "all",
    "amax",
    "amin",
    "amsgrad_update",
    "any",
    "arange",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "argmax",
    "argmin",
    "argsort",
    "average_pool",
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
    "ceil",
    "celu",
    "centered_rmsprop_update",
    "clip",
    "clip_by_global_norm",
    "clip_by_norm",
    "clipped_relu",
    "concatenate",
    "conv",
    "conv_transpose",
    "convert_to_numpy",
    "convert_to_tensor",
    "convolution",
    "convolution_input_grad",
    "convolution_kernel_grad",
    "cos",
    "cosh",
    "count_nonzero",
    "ctc_loss",
    "cumprod",
    "cumsum",
    "depthwise_conv",
    "diag",
    "diagonal",
    "diff",
    "digitize",
    "divide",
    "dot",
    "dot_product_attention",
    "dropout",
    "dropout_mask",
    "einsum",
    "elu",
    "equal",
    "erf",
    "exp",
    "exp2",
    "expand_dims",
    "expm1",
    "eye",
    "flip",
    "floor",
    "floor_divide",
    "ftrl_update",
    "full",
    "full_like",
    "gelu",
    "gelu_grad",
    "generalized_crossentropy",
    "glu",
    "greater",
    "greater_equal",
    "gru",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "hstack",
    "huber",
    "identity",
    "in_top_k",
    "inner",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "kl_divergence",
    "lamb_update",
    "layer_normalization",
    "layer_normalization_grad",
    "leaky_relu",
    "less",
    "less_equal",
    "linspace",
    "lion_update",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_cosh",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "lstm",
    "lstm_grad",
    "matmul",
    "matmul_nt",
    "matmul_tn",
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
    "median",
    "meshgrid",
    "min",
    "minimum",
    "mirrored_pad",
    "mish",
    "mod",
    "moments",
    "moveaxis",
    "multiply",
    "muon_update",
    "nadam_update",
    "nan_to_num",
    "negative",
    "norm",
    "normalize",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "outer",
    "pad",
    "poisson",
    "power",
    "prod",
    "random_bits",
    "random_mask",
    "random_normal",
    "random_uniform",
    "ratio",
    "ravel",
    "reciprocal",
    "relu",
    "relu6",
    "relu_grad",
    "repeat",
    "reshape",
    "right_shift",
    "rint",
    "rms_normalization",
    "rmsprop_update",
    "roll",
    "round",
    "rsqrt",
    "scan",
    "schedule_free_update",
    "searchsorted",
    "segment_sum",
    "selu",
    "separable_conv",
    "sgd_update",
    "shape",
    "sigmoid",
    "sigmoid_grad",
    "sign",
    "silu",
    "sin",
    "sinh",
    "slice",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sort",
    "sparse_categorical_crossentropy",
    "sparse_categorical_crossentropy_grad",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "split",
    "sqrt",
    "square",
    "squareplus",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "subtract",
    "sum",
    "swapaxes",
    "swish",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tanh_grad",
    "tanh_shrink",
    "tensordot",
    "threshold",
    "tile",
    "top_k",
    "trace",
    "transpose",
    "tri",
    "tril",
    "triu",
    "true_divide",
    "trunc",
    "unstack",
    "upsample",
    "var",
    "vdot",
    "vstack",
    "where",
    "zeros",
    "zeros_like",
]
