"""What all optimizers can do beside their rule: clipping, decay, averages, accumulation."""

from __future__ import annotations

from typing import Any, TypedDict

from horn.api.bounds import flag, real, whole
from horn.errors import ArgumentError


class Options(TypedDict, total=False):
    """The keywords that every optimizer takes."""

    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    clipnorm: float | None
    global_clipnorm: float | None
    clipvalue: float | None
    weight_decay: float | None
    gradient_accumulation_steps: int | None
    loss_scale_factor: float | None
    name: str | None


_CLIPS = ("clipnorm", "global_clipnorm", "clipvalue")
_ABSENT = (
    "weight_decay",
    *_CLIPS,
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)
DEFAULTS: dict[str, Any] = {**dict.fromkeys(_ABSENT), "use_ema": False, "ema_momentum": 0.99}
"""What every option is where it is not given."""


def checked(owner: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return all options, those not given at their defaults.

    Raises:
        ArgumentError: One has a value that means nothing, or two ways of clipping are asked for.
    """
    options = {**DEFAULTS, **given}
    for name in (*_CLIPS, "loss_scale_factor"):
        if options[name] is not None:
            real(owner, name, options[name], "(0, inf)")
    if options["weight_decay"] is not None:
        real(owner, "weight_decay", options["weight_decay"], "[0, inf)")
    flag(owner, "use_ema", options["use_ema"])
    real(owner, "ema_momentum", options["ema_momentum"], "[0, 1]")
    if options["ema_overwrite_frequency"] is not None:
        whole(owner, "ema_overwrite_frequency", options["ema_overwrite_frequency"])
    if options["gradient_accumulation_steps"] is not None:
        whole(owner, "gradient_accumulation_steps", options["gradient_accumulation_steps"], low=2)
    clips = [name for name in _CLIPS if options[name] is not None]
    if len(clips) > 1:
        raise ArgumentError(
            f"{owner} was told to clip gradients in two ways.",
            expected="one of clipnorm, global_clipnorm and clipvalue",
            got=", ".join(f"{name}={options[name]!r}" for name in clips),
            remedy=f"keep {clips[0]} alone",
        )
    return options
