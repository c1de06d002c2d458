"""The plans, one file for each family of ops, under the name that the family has everywhere."""

from horn_conformance.plans import (  # noqa: F401  (each registers its plans)
    activation,
    arrangement,
    contraction,
    control,
    conv,
    creation,
    cumulative,
    elementwise,
    indexing,
    linalg,
    losses,
    matrices,
    nn,
    optim,
    piecewise,
    random,
    recurrent,
    reduction,
    shaping,
    sorting,
)
