"""Backends with one defect each, which the suite has to catch, and harmless ones, which it must not."""

from horn_conformance.mutants import benign, elementwise, gradients, layers, modes, structure, windows  # noqa: F401
from horn_conformance.mutants.mutant import MUTANTS

__all__ = ["MUTANTS"]
