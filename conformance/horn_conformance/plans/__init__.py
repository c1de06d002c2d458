"""The plans, one file for each family of ops, under the name that the family has everywhere."""

from horn_conformance.plans import (  # noqa: F401  (each registers its plans)
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
