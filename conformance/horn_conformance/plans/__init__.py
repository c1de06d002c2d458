"""The plans, one file for each family of ops, under the name that the family has everywhere."""

from horn_conformance.plans import (  # noqa: F401  (each registers its plans)
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
