"""What every op means: how ops are declared and called, and the pages, one file a family."""

from horn.spec import (  # noqa: F401  (each page registers its ops)
    activation,
    alignment,
    arrangement,
    attention,
    class_losses,
    contraction,
    control,
    conv,
    creation,
    cumulative,
    elementwise,
    gru,
    indexing,
    linalg,
    losses,
    matrices,
    metrics,
    nn,
    normalization,
    optim,
    piecewise,
    pooling,
    random,
    recurrent,
    reduction,
    regression_losses,
    shaping,
    sorting,
    upsampling,
)
from horn.spec.op import ops

__all__ = ["ops"]
