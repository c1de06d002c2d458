"""Layers that every model has: input, dense, activation, and embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn import dtypes, settings
from horn.api import activations, constraints, initializers, regularizers
from horn.api.bounds import about, flag, name as label, whole
from horn.api.layers.layer import Layer, known_sizes
from horn.api.naming import automatic_name
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.spec.graph import KerasTensor
from horn.spec.sizes import Dim
from horn.spec.tensorspec import TensorSpec

if TYPE_CHECKING:
    import numpy as np


def Input(  # noqa: N802  (Keras's name)
    shape: tuple[int | None, ...] | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    name: str | None = None,
) -> KerasTensor:
    """Return the symbolic tensor that a functional model begins with.

    Args:
        shape: Without the batch; None for a size that is not known.
        batch_size: The size of the batch, if it is fixed.
        dtype: Default: the default float.
        name: By which `fit` finds it in a dictionary of inputs.

    Raises:
        ArgumentError: There is no shape, or an argument has a value that it cannot have.

    Example:
        >>> Input(shape=(28, 28, 1)).shape
        (None, 28, 28, 1)
    """
    if not isinstance(shape, list | tuple):
        raise ArgumentError(
            "Input was given no shape.",
            expected="the sizes of one example, such as shape=(28, 28, 1)",
            got=f"shape={shape!r}",
            remedy="write Input(shape=(...))",
        )
    name = label("Input", name, without="/") or automatic_name("input")
    shape = tuple(None if size is None else whole("Input", "shape", size, low=0) for size in shape)
    batch_size = None if batch_size is None else whole("Input", "batch_size", batch_size)
    with about("Input", "dtype"):
        dtype = dtypes.canonical(settings.floatx() if dtype is None else dtype)
    symbol = KerasTensor(TensorSpec(known_sizes((batch_size, *shape), name), dtype))
    symbol.name = name
    return symbol


def described_input(symbol: KerasTensor) -> dict[str, Any]:
    """Return an `Input` in the form of Keras's configurations."""
    config = {"batch_shape": symbol.shape, "dtype": symbol.spec.dtype, "name": symbol.name}
    return {"module": "keras.layers", "class_name": "InputLayer", "config": config, "registered_name": None}


def revived_input(described: Any) -> KerasTensor | None:
    """Return the `Input` that `described_input` or Keras has described, and None for anything else."""
    if not isinstance(described, dict) or described.get("class_name") != "InputLayer":
        return None
    config = described["config"]
    batch, *shape = config["batch_shape"]
    return Input(tuple(shape), batch, config.get("dtype"), config.get("name"))


class Dense(Layer):
    """A fully connected layer: ``activation(inputs @ kernel + bias)``.

    Args:
        units: The size of the last axis of the output.
        activation: A name, a function, or None.
        use_bias: Whether to add a bias.
        kernel_initializer: For the kernel.
        bias_initializer: For the bias.
        kernel_regularizer: For the kernel; see `horn.regularizers`.
        bias_regularizer: For the bias.
        activity_regularizer: For the outputs; see `Layer`.
        kernel_constraint: For the kernel; see `horn.constraints`.
        bias_constraint: For the bias.
        lora_rank: Not offered: None.
        lora_alpha: Not offered: None.
        quantization_config: Not offered: None.
        **kwargs: Those of `Layer`.

    Raises:
        ArgumentError: `units` is no positive integer, or an argument is not offered.

    Shapes:
        inputs:  (..., features)
        kernel:  (features, units)
        returns: (..., units)

    Example:
        >>> Dense(3)(np.ones((2, 4), "float32")).shape
        (2, 3)
    """

    activation: Any

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        none_of("Dense", lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = whole("Dense", "units", units)
        self.use_bias = flag("Dense", "use_bias", use_bias)
        keep_recipes(
            self, activation=activation, kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint, bias_constraint=bias_constraint,
        )  # fmt: skip

    supports_masking = True
    _not_configured = (*Layer._not_configured, "lora_rank", "lora_alpha", "quantization_config")

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        features = _last_size(self, input_shape)
        self.kernel = weight_of(self, (features, self.units), "kernel")
        self.bias = weight_of(self, (self.units,), "bias") if self.use_bias else None

    def call(self, inputs: Any) -> Any:
        """Return the activated product."""
        check_last_axis(self, inputs, self.kernel.shape[0])
        if self.bias is None:
            return self.activation(ops.matmul(inputs, self.kernel))
        return self.activation(ops.affine(inputs, self.kernel, self.bias))


class Embedding(Layer):
    """A vector for each integer.

    Args:
        input_dim: How many integers there are: 0 to ``input_dim - 1``.
        output_dim: The size of the vectors.
        embeddings_initializer: For the vectors.
        embeddings_regularizer: For the vectors; see `horn.regularizers`.
        embeddings_constraint: For the vectors; see `horn.constraints`.
        mask_zero: Whether 0 stands for no input; what comes after then leaves those steps out.
        weights: The vectors to begin with, in place of what the initializer makes: an array, or a
            list of one.
        lora_rank: Not offered: None.
        lora_alpha: Not offered: None.
        quantization_config: Not offered: None.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  any, integers
        returns: the shape of the inputs, and `output_dim`

    Raises:
        ArgumentError: A size is no positive integer, `weights` has another shape, or an argument is
            not offered.

    Reference:
        Bengio, Ducharme, Vincent & Jauvin, A neural probabilistic language model, JMLR 3 (2003) 1137-1155.

    Example:
        >>> Embedding(3, 2, weights=np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))(np.array([[2, 0]]))
        array([[[4., 5.],
                [0., 1.]]], dtype=float32)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        none_of(
            "Embedding", lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config
        )
        super().__init__(**kwargs)
        self.input_dim = whole("Embedding", "input_dim", input_dim)
        self.output_dim = whole("Embedding", "output_dim", output_dim)
        keep_recipes(
            self, embeddings_initializer=embeddings_initializer, embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
        )  # fmt: skip
        self.mask_zero = flag("Embedding", "mask_zero", mask_zero)
        with about("Embedding", "weights"):
            self._first = _vectors(weights, (self.input_dim, self.output_dim))

    _not_configured = (*Layer._not_configured, "weights", "lora_rank", "lora_alpha", "quantization_config")

    def build(self, input_shape: Any) -> None:  # noqa: ARG002
        """Make the vectors."""
        shape = (self.input_dim, self.output_dim)
        first = self._first
        self.embeddings = weight_of(self, shape, "embeddings", None if first is None else _Given(first))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return which inputs are not zero, with `mask_zero`."""
        del previous_mask
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def call(self, inputs: Any) -> Any:
        """Return the vectors of the inputs."""
        return ops.take(self.embeddings, ops.cast(inputs, "int32"), axis=0)


class _Given(initializers.Initializer):
    """Makes a weight of values that are there already."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __call__(self, shape: Any, dtype: Any = None) -> np.ndarray:  # noqa: ARG002
        return self.values.astype(dtypes.numpy_dtype(dtypes.canonical(dtype or settings.floatx())))


def _vectors(weights: Any, shape: tuple[int, int]) -> np.ndarray | None:
    """Return the first vectors of an embedding as an array of this shape, or None."""
    if weights is None:
        return None
    given = weights[0] if isinstance(weights, list | tuple) and len(weights) == 1 else weights
    array = ops.convert_to_numpy(given)
    if array.shape != shape:
        raise ArgumentError(
            "Embedding was given weights of another shape than its vectors.",
            expected=f"an array of shape {shape}, or a list of one",
            got=f"shape {array.shape}",
            remedy="change input_dim and output_dim, or the weights",
        )
    return array


_KINDS: dict[str, Any] = {
    "activation": activations,
    "initializer": initializers,
    "regularizer": regularizers,
    "constraint": constraints,
}


def keep_recipes(layer: Layer, **given: Any) -> None:
    """Keep the arguments that may be names in attributes of their names, each as an object or a function.

    Args:
        layer: Whose arguments they are.
        **given: Such as ``kernel_initializer="zeros"`` or ``activation="relu"``.
    """
    for name, value in given.items():
        with about(type(layer).__name__, name):
            setattr(layer, name, _KINDS[name.rpartition("_")[2]].get(value))


def none_of(layer: str, **given: Any) -> None:
    """Raise an `ArgumentError` if an argument that Horn does not offer is other than None or False."""
    for name, value in given.items():
        if value is not None and value is not False:
            raise ArgumentError(
                f"{layer} was given {name}, which Horn does not offer.",
                expected=f"{name}={False if value is True else None}",
                got=f"{name}={value!r}",
                remedy="leave it away",
            )


def weight_of(
    layer: Layer, shape: tuple[int, ...], name: str, initializer: Any = None, prefix: str | None = None
) -> Any:
    """Return a new weight, made as the layer's arguments that begin with its name say.

    Args:
        layer: Has ``kernel_initializer``, ``kernel_regularizer`` and ``kernel_constraint`` for a kernel.
        shape: The sizes.
        name: Of the weight, such as ``"kernel"``.
        initializer: What to use in place of the layer's.
        prefix: What the arguments begin with, if not with the name.
    """
    prefix = prefix or name
    return layer.add_weight(
        shape,
        initializer or getattr(layer, f"{prefix}_initializer"),
        name=name,
        regularizer=getattr(layer, f"{prefix}_regularizer"),
        constraint=getattr(layer, f"{prefix}_constraint"),
    )


def _last_size(layer: Layer, input_shape: Any) -> int:
    if not input_shape or input_shape[-1] is None:
        raise ShapeError(
            f"{type(layer).__name__} {layer.name!r} cannot be built without the size of the last axis.",
            expected="a fixed size on the last axis",
            got=str(input_shape),
            remedy="fix it in Input(shape=...), or flatten the inputs first",
        )
    return input_shape[-1]


def check_last_axis(layer: Layer, inputs: Any, features: int, axis: int = -1) -> None:
    """Raise a `ShapeError` that names the layer unless the inputs have the features it was built for."""
    shape = tuple(ops.shape(inputs))
    if len(shape) < 2 or (shape[axis] != features and not isinstance(shape[axis], Dim)):
        shown = tuple(None if isinstance(size, Dim) else size for size in shape)
        raise ShapeError(
            f"{type(layer).__name__} {layer.name!r} was built for inputs with {features} features.",
            expected=f"shape (..., {features})",
            got=f"shape {shown}",
            remedy="put Flatten() or Reshape() before this layer, or make a new one for these inputs",
        )
