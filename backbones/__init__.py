"""Networks that can be a stream, behind one contract. Importing this package imports no torch."""

from backbones.building import build, find
from backbones.registry import REGISTRY, BackboneEntry

__all__ = ["REGISTRY", "BackboneEntry", "build", "find"]
