"""`EinsumDense`: a dense layer whose product is written in Einstein's notation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from horn.api.layers.core import keep_recipes, none_of, weight_of
from horn.api.layers.layer import Layer
from horn.errors import ArgumentError, ShapeError, UnknownSizeError
from horn.spec import ops

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORM = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


class EinsumDense(Layer):
    """A product with a kernel along the axes that an equation names: ``einsum(equation, inputs, kernel)``.

    Args:
        equation: As ``"abc,cd->abd"``: letters for the axes of the inputs, the kernel and the
            outputs. ``...`` before or behind the letters of both inputs and outputs stands for axes
            that stay.
        output_shape: The sizes of the outputs for the letters behind that of the batch, or for all
            letters with ``...`` before them; None for a size that the inputs have.
        activation: A name, a function, or None.
        bias_axes: The letters of the outputs that a bias has; None for no bias.
        kernel_initializer: For the kernel.
        bias_initializer: For the bias.
        kernel_regularizer: For the kernel; see `horn.regularizers`.
        bias_regularizer: For the bias.
        kernel_constraint: For the kernel; see `horn.constraints`.
        bias_constraint: For the bias.
        lora_rank: Not offered: None.
        lora_alpha: Not offered: None.
        gptq_unpacked_column_size: Not offered: None.
        quantization_config: Not offered: None.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  what the equation says
        kernel:  what the equation says
        bias:    the sizes of `bias_axes`, with ones between and behind
        returns: what the equation and `output_shape` say

        Where the kernel has the letter of the batch, every batch must be as large as the first one, or as
        ``Input(batch_size=...)`` says; the kernel then holds numbers for each place in a batch.

    Raises:
        ArgumentError: The equation, the shape or the axes of the bias cannot be understood.
        ShapeError: A size is not known, or the inputs and `output_shape` give one letter two sizes.

    Example:
        >>> layer = EinsumDense("...x,xy->...y", output_shape=4, bias_axes="y")
        >>> layer(np.ones((5, 6, 3), "float32")).shape, layer.kernel.shape
        ((5, 6, 4), (3, 4))
    """

    _not_configured = (
        *Layer._not_configured, "lora_rank", "lora_alpha", "gptq_unpacked_column_size", "quantization_config",
    )  # fmt: skip

    activation: Any

    def __init__(
        self,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: int | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        none_of(
            "EinsumDense", lora_rank=lora_rank, lora_alpha=lora_alpha,
            gptq_unpacked_column_size=gptq_unpacked_column_size, quantization_config=quantization_config,
        )  # fmt: skip
        super().__init__(**kwargs)
        self._equation = _read(equation, bias_axes)
        self.equation = equation
        self.output_shape = _sizes(output_shape)
        self.bias_axes = bias_axes
        keep_recipes(
            self, activation=activation, kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint, bias_constraint=bias_constraint,
        )  # fmt: skip

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        known = self._known(tuple(input_shape))
        self.kernel = weight_of(self, tuple(known[i] for i in self._equation.kernel), "kernel")
        self.bias = None
        if self.bias_axes:
            output = self._equation.output
            first = min(output.index(letter) for letter in self.bias_axes)
            shape = [known[i] if i in self.bias_axes else 1 for i in output[first:]]
            behind = 0 if self._equation.before else len(input_shape) - len(self._equation.input)
            self.bias = weight_of(self, (*shape, *(1,) * behind), "bias")

    def _known(self, shape: tuple[Any, ...]) -> dict[str, Any]:
        """Return the size of each letter; that of the batch may be None."""
        parts = self._equation
        hidden = len(shape) - len(parts.input)
        wanted = self.output_shape
        named = parts.output if parts.before and hidden else parts.output[1:]
        if hidden < 0 or (hidden and not (parts.before or parts.behind)) or len(wanted) != len(named):
            raise self._refused(
                shape, "an axis for each letter, and a size in output_shape for each of the outputs"
            )
        known = dict(zip(parts.input, shape[hidden:] if parts.before else shape, strict=False))
        for letter, size in zip(named, wanted, strict=True):
            if size is not None and known.setdefault(letter, size) not in (size, None):
                raise self._refused(shape, f"one size for the letter {letter}")
            known[letter] = known.get(letter) or size
        needed = {*parts.kernel, *(self.bias_axes or "")}
        if any(known.get(letter) is None for letter in needed):
            raise self._refused(
                shape, f"a fixed size for each of the letters {''.join(sorted(needed))}", UnknownSizeError
            )
        return known

    def _refused(self, shape: Any, expected: str, kind: type[ShapeError] = ShapeError) -> ShapeError:
        return kind(
            f"EinsumDense {self.name!r} cannot give its letters sizes.",
            expected=expected,
            got=f"equation={self.equation!r}, output_shape={self.output_shape}, inputs of shape {shape}",
            remedy="give the inputs a fixed size there, for the batch by Input(batch_size=...)"
            if kind is UnknownSizeError
            else "write the sizes behind the batch in output_shape, as in EinsumDense('abc,cd->abd', (None, 64))",
        )

    def call(self, inputs: Any) -> Any:
        """Return the activated product."""
        parts, sizes = self._equation, ops.shape(inputs)
        of_letters = sizes[-len(parts.input) :] if parts.before else sizes
        for letter, size in zip(parts.input, of_letters, strict=False):
            if letter in parts.kernel and not isinstance(size, int):
                # The kernel has an axis for the examples, so a step is made for batches of one size.
                raise self._refused(sizes, f"a fixed size for the letter {letter}", UnknownSizeError)
        x = ops.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self.activation(x)


class _Equation(NamedTuple):
    """The parts of an equation: letters, and whether ``...`` is before or behind those of the inputs."""

    input: str
    kernel: str
    output: str
    before: bool
    behind: bool


def _read(equation: Any, bias_axes: Any) -> _Equation:
    """Return the parts of an equation."""
    found = _FORM.fullmatch(equation.replace(" ", "")) if isinstance(equation, str) else None
    parts: list[Any] = list(found.groups()) if found else []
    if (
        not found
        or (parts[0], parts[2]) != (parts[4], parts[6])
        or (parts[0] and parts[2])
        or not _agree(parts)
    ):
        raise ArgumentError(
            "EinsumDense was given an equation that it cannot understand.",
            expected='"inputs,kernel->outputs" in letters, with "..." before or behind those of inputs and outputs',
            got=repr(equation),
            remedy='write EinsumDense("abc,cd->abd", ...), for example',
        )
    if bias_axes is not None and (not isinstance(bias_axes, str) or not set(bias_axes) <= set(parts[5])):
        raise ArgumentError(
            "EinsumDense was given axes of the bias that the outputs do not have.",
            expected=f"some of the letters {parts[5]}, or None",
            got=f"bias_axes={bias_axes!r}",
            remedy=f"write bias_axes={parts[5][-1]!r}",
        )
    return _Equation(parts[1], parts[3], parts[5], parts[0] is not None, parts[2] is not None)


def _agree(parts: Sequence[Any]) -> bool:
    """Return whether each letter is once in a part, and comes from somewhere."""
    inputs, kernel, outputs = (set(parts[i]) for i in (1, 3, 5))
    once = all(len(set(parts[i])) == len(parts[i]) for i in (1, 3, 5))
    return once and outputs <= inputs | kernel and kernel <= inputs | outputs


def _sizes(output_shape: Any) -> tuple[int | None, ...]:
    given = output_shape if isinstance(output_shape, list | tuple) else (output_shape,)
    for size in given:
        if size is not None and (isinstance(size, bool) or not hasattr(size, "__index__") or int(size) < 1):
            raise ArgumentError(
                "EinsumDense was given an output_shape that is no shape.",
                expected="positive integers, or None for sizes of the inputs",
                got=f"output_shape={output_shape!r}",
                remedy="write output_shape=(None, 64), without the batch",
            )
    return tuple(None if size is None else int(size) for size in given)
