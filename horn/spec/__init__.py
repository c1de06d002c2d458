"""What every op means: how ops are declared and called, and the pages, one file a family."""

from horn.spec import (  # noqa: F401  (each page registers its ops)
    control,
    conv,
    creation,
    elementwise,
    indexing,
    linalg,
    losses,
    nn,
    optim,
    pooling,
    random,
    recurrent,
    reduction,
    shaping,
    upsampling,
)
from horn.spec.op import ops

__all__ = ["ops"]
