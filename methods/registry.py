"""The registries of methods and fusion rules (torch-free).

`methods.catalogue`, `methods.fusion.catalogue` and plug-ins fill them: code that looks a name up imports
METHODS and FUSIONS from the catalogues.
"""

from __future__ import annotations

from dataclasses import dataclass

from backbones.base.registry import Registry


@dataclass(frozen=True)
class MethodEntry:
    """A method by name.

    target: "module:Class" of a `Method`. fusion: the rule whose prediction is the method's own.
    paper, equations: where it is described. settings: "module:Class" of its settings, in a module without
    torch, so that lists can show them. roles: what the streams are to it, where they are not alike.
    teacher: the stream that must come trained, where there is one, on the clips that both streams see.
    taught_by: the method that trains it. after: what its run's checkpoint is for.
    twins: the backbone of both streams of a two-stream network, unless another is asked for: the local one
    over optical flow (motion), the global one over RGB (appearance), on the same clips.
    """

    name: str
    target: str
    summary: str
    paper: str
    equations: str
    fusion: str
    settings: str = ""
    roles: str = ""
    teacher: str = ""
    taught_by: str = ""
    after: str = ""
    twins: str = ""


@dataclass(frozen=True)
class FusionEntry:
    """A fusion rule by name.

    target: "module:Class" of a `Fusion`. learned: whether it must be fitted on held-out videos.
    maps: whether it needs the streams' stored maps.
    """

    name: str
    target: str
    summary: str
    paper: str
    learned: bool
    maps: bool = False


METHODS: Registry[MethodEntry] = Registry("method", "methods")
FUSIONS: Registry[FusionEntry] = Registry("fusion", "fusions")
