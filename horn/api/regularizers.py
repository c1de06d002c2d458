"""Regularizers: functions from a weight to a scalar that is added to the loss."""

from __future__ import annotations

from typing import Any, Self

from horn.api.bounds import choice, real
from horn.api.described import describe, revive
from horn.api.keywords import ExactKeywords
from horn.api.lookup import by_name
from horn.errors import ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of


class Regularizer(ExactKeywords):
    """The base of regularizers: write `__call__` in ops, and `get_config`.

    Raises:
        ArgumentError: An argument has a value that it cannot have, or does not exist.

    Example:
        >>> class Range(Regularizer):
        ...     def __call__(self, x):
        ...         return ops.max(x) - ops.min(x)
        >>> float(Range()(np.array([1.0, 4.0])))
        3.0
    """

    def __call__(self, x: Any) -> Any:
        """Return the penalty of a weight, a scalar tensor."""
        raise NotImplementedError(f"{type(self).__name__} has no `__call__`")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal regularizer."""
        raise NotImplementedError(f"{type(self).__name__} has no `get_config`")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return a regularizer made from what `get_config` returned."""
        return cls(**config)


class L1L2(Regularizer):
    """The penalty ``l1 * sum(|x|) + l2 * sum(x**2)``.

    Args:
        l1: The factor of the magnitudes, 0 or more.
        l2: The factor of the squares, 0 or more.

    Raises:
        ArgumentError: A factor is negative or no number.

    Reference:
        Zou & Hastie, Regularization and variable selection via the elastic net, Journal of the Royal
        Statistical Society B 67 (2005) 301-320.

    Example:
        >>> float(L1L2(l1=1.0, l2=0.5)(np.array([1.0, -2.0])))
        5.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        kind = type(self).__name__
        self.l1 = real(kind, "l1", 0.0 if l1 is None else l1, "[0, inf)")
        self.l2 = real(kind, "l2", 0.0 if l2 is None else l2, "[0, inf)")

    def __call__(self, x: Any) -> Any:
        parts = []
        if self.l1:
            parts.append(ops.multiply(ops.sum(ops.absolute(x)), float(self.l1)))
        if self.l2:
            parts.append(ops.multiply(ops.sum(ops.square(x)), float(self.l2)))
        if not parts:
            return ops.zeros((), spec_of(x).dtype)
        return parts[0] if len(parts) == 1 else ops.add(*parts)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """The penalty ``l1 * sum(|x|)``.

    Args:
        l1: The factor, 0 or more.

    Reference:
        Tibshirani, Regression shrinkage and selection via the lasso, Journal of the Royal Statistical
        Society B 58 (1996) 267-288.

    Example:
        >>> float(L1(0.5)(np.array([1.0, -2.0])))
        1.5
    """

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=0.01 if l1 is None else l1)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(L1L2):
    """The penalty ``l2 * sum(x**2)``.

    Args:
        l2: The factor, 0 or more.

    Reference:
        Krogh & Hertz, A simple weight decay can improve generalization, NeurIPS 1991.

    Example:
        >>> float(L2(0.5)(np.array([1.0, -2.0])))
        2.5
    """

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=0.01 if l2 is None else l2)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """The mean magnitude of the cosines between the rows, or columns, of a matrix, times a factor.

    Args:
        factor: The factor, 0 or more.
        mode: ``"rows"`` or ``"columns"``.

    Raises:
        ArgumentError: The factor or the mode is none.
        ShapeError: It is called with a weight that is no matrix.

    Reference:
        Brock, Lim, Ritchie & Weston, Neural photo editing with introspective adversarial networks, ICLR 2017,
        arXiv:1609.07093, on orthogonal regularization.

    Example:
        >>> float(OrthogonalRegularizer(1.0)(np.array([[3.0, 0.0], [0.0, 2.0]])))
        0.0
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = real("OrthogonalRegularizer", "factor", factor, "[0, inf)")
        self.mode = choice("OrthogonalRegularizer", "mode", mode, ("rows", "columns"))

    def __call__(self, x: Any) -> Any:
        shape = spec_of(x).shape
        if len(shape) != 2:
            raise ShapeError(
                "OrthogonalRegularizer was given a weight that is no matrix.",
                expected="a weight with 2 axes",
                got=f"shape {shape}",
                remedy="use it for the kernel of a Dense layer",
            )
        rows = x if self.mode == "rows" else ops.transpose(x)
        size = int(spec_of(rows).shape[0])  # type: ignore[arg-type]  (a weight has fixed sizes)
        norm = ops.sqrt(ops.maximum(ops.sum(ops.square(rows), axis=1, keepdims=True), 1e-12))
        unit = ops.divide(rows, norm)
        cosines = ops.matmul(unit, ops.transpose(unit))
        places = ops.arange(size)
        apart = ops.not_equal(ops.expand_dims(places, 0), ops.expand_dims(places, 1))
        total = ops.sum(ops.where(apart, ops.absolute(cosines), 0.0))
        # Each pair is counted twice, among size * (size - 1) / 2 pairs.
        return ops.multiply(total, self.factor / max(size * (size - 1), 1))

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


TABLE: dict[str, Any] = {
    "l1": L1,
    "l2": L2,
    "l1l2": L1L2,
    "l1_l2": L1L2,
    "orthogonal_regularizer": OrthogonalRegularizer,
    "OrthogonalRegularizer": OrthogonalRegularizer,
}


def get(identifier: Any) -> Any:
    """Return the regularizer that a name, a dictionary, a class or a function means; None stays None.

    Args:
        identifier: A name, what `serialize` returned, a class, or an object, which is returned as it is.

    Raises:
        ArgumentError: There is no regularizer of that name.

    Example:
        >>> get("l2").get_config()
        {'l2': 0.01}
    """
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Regularizer):
        return identifier()
    if identifier is None or callable(identifier):
        return identifier
    return by_name("regularizer", identifier, TABLE)()


def serialize(regularizer: Regularizer) -> dict[str, Any]:
    """Return the dictionary that `deserialize` turns back into an equal regularizer.

    Args:
        regularizer: The regularizer.
    """
    return describe("keras.regularizers", regularizer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the regularizer that a dictionary describes.

    Args:
        config: What `serialize` returned, or a name.
        custom_objects: Names of one's own classes and functions.

    Raises:
        ArgumentError: There is no regularizer of that name.
    """
    return revive("regularizer", config, TABLE, custom_objects)
