"""Networks that can be a stream, behind one contract. Importing this package imports no torch."""

from backbones.building import build, find
from backbones.registry import BACKBONES, BackboneEntry

__all__ = ["BACKBONES", "BackboneEntry", "build", "find"]
