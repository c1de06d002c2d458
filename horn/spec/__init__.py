"""What every op means: how ops are declared and called, and the pages, one file a family."""

from horn.spec import (  # noqa: F401  (each page registers its ops)
    alignment,
    class_losses,
    control,
    conv,
    creation,
    elementwise,
    indexing,
    linalg,
    losses,
    metrics,
    nn,
    optim,
    random,
    recurrent,
    reduction,
    regression_losses,
    shaping,
)
from horn.spec.op import ops

__all__ = ["ops"]
