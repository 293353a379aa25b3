"""Networks that can be a stream, behind one contract. Importing this package imports no torch."""

from backbones.registry import REGISTRY, BackboneEntry, build, find

__all__ = ["REGISTRY", "BackboneEntry", "build", "find"]
