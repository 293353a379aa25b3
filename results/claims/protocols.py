"""The papers' protocols by their presets: the real one, and the same on generated clips. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backbones.base.streams import STREAMS
from harness.config.preset_files import GENERATED
from harness.config.preset_files import preset as preset_tree
from harness.papers.registry import PAPERS
from harness.record.index.shape import R, by_shape
from results.claims.side import PAPER_PRESET

TINY = "tiny"  # of papers that have no small protocol of their own


def protocols() -> dict[str, str]:
    """{preset of a paper's protocol: the one on generated clips}, of all papers."""
    found: dict[str, str] = {}
    for paper in PAPERS:
        found.setdefault(paper.presets.get("paper", PAPER_PRESET), paper.presets.get("tiny", TINY))
    return found


def tiny_of(preset: str) -> str:
    """What stands for a preset on generated clips; itself where it is no paper's."""
    return protocols().get(preset, preset)


def of_another_paper(used: str, preset: str) -> bool:
    """Whether a run's preset is another paper's than the one whose protocol is `preset`."""
    pairs = protocols().items()
    return used not in (preset, tiny_of(preset)) and any(used in pair for pair in pairs)


@PAPERS.remembered
def named_data(preset: str, reported: tuple[str, ...] = ()) -> frozenset[str]:
    """The data sets that tables of a paper name: of its protocol and the small one, the generated clips, and
    where its numbers were reported. Runs on others, as a user's own folder, are no runs of the paper's."""
    trees = map(preset_tree, (preset, tiny_of(preset)))
    own = [tree.get("data", {}).get("dataset", GENERATED) for tree in trees]
    return frozenset([GENERATED, *own, *filter(None, reported)])


def comparable(records: Sequence[R], preset: str) -> tuple[list[R], list[R]]:
    """(runs that tables and claims of a paper can use, the others). preset: the paper's protocol.

    The others were made under another preset, and their streams do not see what this paper's do: in one paper
    the local stream is 3D convolutions over RGB, in another one over optical flow. Only a paper whose presets
    lie in its folder says what its streams see; the harness's own presets are anybody's.
    """
    if "/" not in preset:
        return list(records), []
    alien = {
        place
        for shape, places in by_shape(records).items()
        if not _is_comparable(shape.template, preset)
        for place in places
    }
    usable = [record for place, record in enumerate(records) if place not in alien]
    return usable, [records[place] for place in sorted(alien)]


def unlike(record: R, preset: str) -> list[str]:
    """What its streams see that the paper's do not, as "local.modality rgb, not flow"."""
    ours, theirs = seen_by(record.config), seen_by(preset_tree(tiny_of(preset)))
    return [f"{key} {ours[key]}, not {theirs[key]}" for key in ours if ours[key] != theirs[key]]


def seen_by(config: Mapping[str, Any]) -> dict[str, Any]:
    """What the streams see: RGB or flow, and how far their frames are apart."""
    found: dict[str, Any] = {}
    for name in STREAMS:
        found |= {
            f"{name}.modality": config[name].get("modality") or "rgb",
            f"{name}.stride": config[name]["stride"],
        }
    return found


def _is_comparable(config: Mapping[str, Any], preset: str) -> bool:
    """Under the paper's own presets always; under another paper's where RGB or flow and the stride of the
    frames are as here, under any other where RGB or flow is."""
    used, ours = config["preset"], seen_by(config)
    if used in (preset, tiny_of(preset)):
        return True
    keys = [key for key in ours if key.endswith(".modality") or of_another_paper(used, preset)]
    return any(all(ours[key] == theirs[key] for key in keys) for theirs in _seen(preset))


@PAPERS.remembered
def _seen(preset: str) -> list[dict[str, Any]]:
    """Under the protocol of a paper, and under the one on generated clips."""
    return [seen_by(preset_tree(name)) for name in dict.fromkeys((preset, tiny_of(preset)))]
