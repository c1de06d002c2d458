"""The optim family: the update rules of optimizers, and the limits on gradients."""

from horn.spec.optim import accumulating, clipping, matrices, moments, standard  # noqa: F401
