"""The conformance suite of Horn: whether a backend means what the op pages say."""

from horn_conformance import plans  # noqa: F401  (registers the plans)
from horn_conformance.plan import PLANS
from horn_conformance.values import draw

__all__ = ["PLANS", "draw"]
