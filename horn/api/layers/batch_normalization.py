"""Normalisation by the statistics of the batch."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import flag, real
from horn.api.layers.affine import Affine, known_along, one_axis, single, statistic
from horn.api.layers.core import none_of
from horn.spec import ops
from horn.spec.graph import spec_of


class BatchNormalization(Affine):
    """Normalisation by the statistics of the batch, or of training when the model is used.

    While training, each channel gets mean 0 and variance 1 over the batch, and the moving
    statistics follow: ``moving = moving * momentum + batch * (1 - momentum)``, with the variance
    not corrected for its bias. Otherwise the moving statistics are used. A frozen layer
    (`trainable` False) always uses them.

    Args:
        axis: The axis of the channels.
        momentum: How much of the moving statistics is kept at each step.
        epsilon: Added to the variance.
        center: Whether to add `beta`.
        scale: Whether to multiply by `gamma`.
        beta_initializer: For `beta`.
        gamma_initializer: For `gamma`.
        moving_mean_initializer: For the moving mean.
        moving_variance_initializer: For the moving variance.
        beta_regularizer: For `beta`; see `horn.regularizers`.
        gamma_regularizer: For `gamma`.
        beta_constraint: For `beta`; see `horn.constraints`.
        gamma_constraint: For `gamma`.
        renorm: Batch renormalisation, which Horn does not offer: False.
        renorm_clipping: Belongs to `renorm`: None.
        renorm_momentum: Belongs to `renorm`: its default.
        synchronized: Statistics over several machines, which Horn does not offer: False.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, ..., channels), the channels on `axis`
        mask:    (batch, steps), or what else the first axes of the inputs are; statistics leave out
            places where it is false
        returns: that of the inputs

    Dtypes:
        Inputs of 16 bits are normalised in float32, and given back in 16 bits.

    Raises:
        ArgumentError: An argument is out of its range, or not offered.
        ShapeError: The inputs have no such axis, or no fixed size there.

    Reference:
        Ioffe & Szegedy, Batch Normalization, arXiv:1502.03167.

    Example:
        >>> layer = BatchNormalization(epsilon=0.0)
        >>> layer(np.array([[1.0], [3.0]], "float32"), training=True)
        array([[-1.],
               [ 1.]], dtype=float32)
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._take(
            one_axis("BatchNormalization", axis), epsilon, center, scale,
            beta_initializer=beta_initializer, gamma_initializer=gamma_initializer,
            moving_mean_initializer=moving_mean_initializer, moving_variance_initializer=moving_variance_initializer,
            beta_regularizer=beta_regularizer, gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint, gamma_constraint=gamma_constraint,
        )  # fmt: skip
        self.momentum = real("BatchNormalization", "momentum", momentum, "[0, 1]")
        kind = "BatchNormalization"
        none_of(kind, renorm=flag(kind, "renorm", renorm), renorm_clipping=renorm_clipping)
        none_of(kind, synchronized=flag(kind, "synchronized", synchronized))
        self.renorm = self.synchronized = False
        self.renorm_clipping, self.renorm_momentum = None, real(kind, "renorm_momentum", renorm_momentum, "[0, 1]")

    def build(self, input_shape: Any) -> None:
        """Make scale, shift and moving statistics."""
        shape = known_along(self, input_shape, self.axis)
        self._make(shape)
        self.moving_mean = statistic(self, shape, "moving_mean", trainable=False)
        self.moving_variance = statistic(self, shape, "moving_variance", trainable=False)

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        """Return the normalised inputs; while training, move the statistics."""
        x = single(inputs)
        if not training or not self.trainable:
            y = self._with(x, self.moving_mean, self.moving_variance)
        else:
            y, mean, variance = self._by_batch(x) if mask is None else self._by_mask(x, mask)
            for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
                now = ops.stop_gradient(now)
                moving.assign(ops.add(moving * self.momentum, ops.multiply(now, 1.0 - self.momentum)))
        return y if x is inputs else ops.cast(y, self.compute_dtype)

    def _with(self, x: Any, mean: Any, variance: Any) -> Any:
        """Return `x` normalised by given statistics."""
        return ops.batch_normalization(
            x, mean, variance, self.beta, self.gamma, axis=self.axis, epsilon=self.epsilon
        )

    def _by_batch(self, x: Any) -> Any:
        """Return `x` normalised by its own statistics, and these."""
        size, dtype = self.moving_mean.shape, spec_of(x).dtype
        gamma = ops.ones(size, dtype) if self.gamma is None else self.gamma
        beta = ops.zeros(size, dtype) if self.beta is None else self.beta
        return ops.batch_normalization_train(x, gamma, beta, axis=self.axis, epsilon=self.epsilon)

    def _by_mask(self, x: Any, mask: Any) -> Any:
        """Return `x` normalised by the statistics of the places that the mask leaves, and these."""
        rank = len(ops.shape(x))
        axis = self.axis % rank
        rest = tuple(i for i in range(rank) if i != axis)
        for _ in range(rank - len(ops.shape(mask))):
            mask = ops.expand_dims(mask, -1)
        shape = tuple(1 if i == axis else size for i, size in enumerate(ops.shape(x)))
        weights = ops.broadcast_to(ops.cast(mask, spec_of(x).dtype), shape)
        # As much as Keras adds, so that a batch without any place gives no NaN.
        total = ops.add(ops.sum(weights, axis=rest, keepdims=True), 1e-7)
        mean = ops.divide(ops.sum(ops.multiply(weights, x), axis=rest, keepdims=True), total)
        squares = ops.square(ops.subtract(x, mean))
        variance = ops.divide(ops.sum(ops.multiply(weights, squares), axis=rest, keepdims=True), total)
        mean, variance = (ops.reshape(value, self.moving_mean.shape) for value in (mean, variance))
        return self._with(x, mean, variance), mean, variance
