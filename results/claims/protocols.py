"""The papers' protocols by their presets: the real one, and the same on generated clips. No torch."""

from __future__ import annotations

from harness.papers.registry import PAPERS
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
