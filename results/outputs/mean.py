"""The mean of the scores of several outputs, and how often it is right. NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backbones.base.errors import UserError
from backbones.base.plain_text import clean
from harness.data.index import Video
from harness.record.schema import FusionScores, Record
from harness.record.shares import share, top_k_hits
from results.outputs.videos import Videos


@dataclass(frozen=True)
class Member:
    """One output of a run. facts: of its test videos, where they were kept."""

    record: Record
    output: str
    videos: Videos
    facts: Sequence[Video] = ()

    def scores(self) -> NDArray[np.float32]:
        """(N, K) of the decoded videos, in float32 as fusion rules take them."""
        local, glob = self.videos.local.astype(np.float32), self.videos.glob.astype(np.float32)
        if self.output == "average":
            return (local + glob) / np.float32(2)
        return local if self.output == "local" else glob


def mean(members: Sequence[Member]) -> FusionScores:
    """Of the members' mean scores, over the same videos; a `UserError` where they were not the same."""
    first = members[0]
    for other in members[1:]:
        _check_same(first, other)
    proba = sum(member.scores() for member in members) / np.float32(len(members))
    counted, groups = _counted(first)
    k = first.record.metrics.local.k

    def hits(most: int) -> NDArray[np.bool_]:
        """Of all videos; those that could not be decoded are misses."""
        full = np.zeros(first.videos.total, bool)
        full[first.videos.ok] = top_k_hits(np.asarray(proba), first.videos.labels, most)
        return full[counted]

    return FusionScores(top1=share(hits(1), groups), top5=share(hits(k), groups), k=k, per_class={})


def _check_same(first: Member, other: Member) -> None:
    """The same videos with the same labels, and of them the same ones decoded."""
    ours, theirs = first.videos, other.videos
    alike = ours.every == theirs.every and np.array_equal(ours.ok, theirs.ok)
    alike = alike and np.array_equal(ours.labels, theirs.labels) and ours.local.shape == theirs.local.shape
    if not alike or first.record.data.fingerprint != other.record.data.fingerprint:
        both = f"runs {first.record.id} and {other.record.id}"
        raise UserError(f"{both} were not tested on the same videos: their outputs have no mean")


def _counted(member: Member) -> tuple[NDArray[np.bool_], list[str | None]]:
    """(which videos headline numbers are over, the groups of these)."""
    facts, every = member.facts, member.videos.every
    if facts and [clean(video.id) for video in facts] != every:
        raise UserError(f"run {member.record.id} lists other videos than its outputs are of")
    if not facts:
        if member.record.data.apart:
            raise UserError(f"run {member.record.id} does not list its videos, of which not all are counted")
        return np.ones(len(every), bool), [None] * len(every)
    apart = set(member.record.data.apart)
    counted = np.array([video.family not in apart for video in facts], bool)
    return counted, [video.group for video, kept in zip(facts, counted, strict=True) if kept]
