"""Hold-outs by group: stratified by class, a pure function of names: to test on, or to fit fusion on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from backbones.errors import UserError
from harness.data.index import VideoIndex
from harness.data.sample import seed_of


def hold_out(index: VideoIndex, share: float) -> VideoIndex:
    """The index with about `share` of its training videos, in whole groups, moved to `holdout`.

    The test videos are not looked at. A class may be missing from the hold-out; where one would have no
    training video left, a `UserError` says so.
    """
    if not share:
        return index
    groups = holdout_groups([(video.group or video.id, str(video.label)) for video in index.train], share)
    train = tuple(video for video in index.train if (video.group or video.id) not in groups)
    held = tuple(video for video in index.train if (video.group or video.id) in groups)
    lost = {video.label for video in held} - {video.label for video in train}
    if lost:
        names = ", ".join(index.classes[label] for label in sorted(lost)[:3])
        raise UserError(
            f"fit.share={share:g} leaves no training video of {len(lost)} classes ({names}): groups "
            "are never divided; give a smaller share, or 0 to fit no fusion rule"
        )
    return replace(index, train=train, holdout=held)


def holdout_groups(members: Sequence[tuple[str, str]], share: float) -> set[str]:
    """The groups to test on, of the (group, class) of every video.

    Groups, in the order of a hash of their names, are taken as long as they bring the number of test videos
    of each class closer to `share` of its videos (at least one, with one left to train on, if there are two).
    A class's videos in few large groups may miss the share; no group is ever divided, and never are
    all taken.
    """
    sizes = Counter(label for _, label in members)
    short = {label: min(max(round(share * n), 1), n - 1) for label, n in sizes.items()}
    content: dict[str, Counter[str]] = {}
    for group, label in members:
        content.setdefault(group, Counter())[label] += 1
    order = sorted(content, key=lambda group: seed_of("holdout", group))
    taken: set[str] = set()
    for group in order:
        if len(taken) < len(order) - 1 and _gain(short, content[group]) > 0:
            taken.add(group)
            short = {label: n - content[group][label] for label, n in short.items()}
    if not taken and len(order) > 1:
        taken.add(max(order, key=lambda group: _gain(short, content[group])))
    return taken


def _gain(short: Mapping[str, int], group: Counter[str]) -> int:
    """By how much a group brings the classes closer to the number that they are short of."""
    return sum(abs(short[label]) - abs(short[label] - n) for label, n in group.items())
