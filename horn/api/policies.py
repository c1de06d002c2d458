"""Dtype policies: in what a layer computes, and in what it keeps its weights."""

from __future__ import annotations

from typing import Any

from horn import dtypes, settings
from horn.errors import ArgumentError

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


class DTypePolicy:
    """The dtypes of a layer.

    Args:
        name: A dtype for both, or ``"mixed_bfloat16"`` or ``"mixed_float16"``: half precision to
            compute in, float32 for the weights, so that small updates are not lost.

    Attributes:
        compute_dtype: Of the inputs and weights as `call` sees them.
        variable_dtype: Of the weights as they are kept.

    Raises:
        ArgumentError: There is no such policy.

    Example:
        >>> policy = DTypePolicy("mixed_bfloat16")
        >>> policy.compute_dtype, policy.variable_dtype
        ('bfloat16', 'float32')

    Reference:
        Micikevicius et al., Mixed precision training, arXiv:1710.03740, section 3.
    """

    def __init__(self, name: str) -> None:
        if name in _MIXED:
            self.name, self.compute_dtype, self.variable_dtype = name, _MIXED[name], "float32"
            return
        if not isinstance(name, str) or name.startswith("mixed_"):
            raise ArgumentError(
                f"There is no dtype policy {name!r}.",
                expected=f"a dtype such as 'float32', or one of {', '.join(_MIXED)}",
                got=repr(name),
                remedy="write dtype='mixed_bfloat16'",
            )
        self.name = self.compute_dtype = self.variable_dtype = dtypes.canonical(name)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal policy."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicy:
        """Return a policy made from what `get_config` returned."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"<DTypePolicy {self.name!r}>"


def dtype_policy() -> DTypePolicy:
    """Return the policy of new layers: what `set_dtype_policy` was given, or the default float."""
    chosen = settings.current()
    return DTypePolicy(chosen.dtype_policy or chosen.floatx)


def set_dtype_policy(policy: str | DTypePolicy | None) -> None:
    """Set the policy of new layers, for this context; None to follow the default float again."""
    settings.set_dtype_policy(None if policy is None else get(policy).name)


def get(policy: Any) -> DTypePolicy:
    """Return the policy that a name, a dtype, a dictionary or an object means; None for the default one."""
    if policy is None:
        return dtype_policy()
    if isinstance(policy, DTypePolicy):
        return policy
    if isinstance(policy, dict):
        return DTypePolicy.from_config(policy.get("config", policy))
    return DTypePolicy(policy if policy in _MIXED else dtypes.canonical(policy))
