"""Hold-outs and folds by group: stratified by class, pure functions of names: to test or to fit fusion on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from backbones.base.errors import UserError
from harness.data.clips.sample import seed_of
from harness.data.index import VideoIndex

Part = Literal["holdout", "validation"]
SETTINGS: dict[Part, str] = {"holdout": "fit.share", "validation": "data.validation"}


def hold_out(index: VideoIndex, share: float, part: Part = "holdout") -> VideoIndex:
    """The index with about `share` of its training videos, in whole groups, moved to `part`.

    The test videos are not looked at. A class may be missing from the part; where one would have no training
    video left, a `UserError` says so.
    """
    if not share:
        return index
    setting = SETTINGS[part]
    members = [(video.group or video.id, str(video.label)) for video in index.train]
    groups = holdout_groups(members, share, part)
    train = tuple(video for video in index.train if (video.group or video.id) not in groups)
    held = tuple(video for video in index.train if (video.group or video.id) in groups)
    lost = {video.label for video in held} - {video.label for video in train}
    if lost:
        names = ", ".join(index.classes[label] for label in sorted(lost)[:3])
        raise UserError(
            f"{setting}={share:g} leaves no training video of {len(lost)} classes ({names}): groups "
            "are never divided; give a smaller share, or 0 for none"
        )
    left = replace(index, train=train, taken=index.taken + len(held))
    return replace(left, holdout=held) if part == "holdout" else replace(left, validation=held)


def folds(index: VideoIndex, count: int) -> list[VideoIndex]:
    """The index `count` times: each time another part of its training videos is moved to `holdout`.

    Each training video is held out once, in whole groups, with about as many of each class in every fold. The
    test videos are not looked at; no fold where count is 0. A `UserError` where there are too few groups, in
    all or of a class.
    """
    if not count:
        return []
    place = fold_of([(video.group or video.id, str(video.label)) for video in index.train], count)
    made = []
    for fold in range(count):
        inside = [place[video.group or video.id] == fold for video in index.train]
        train = tuple(video for video, out in zip(index.train, inside, strict=True) if not out)
        held = tuple(video for video, out in zip(index.train, inside, strict=True) if out)
        lost = {video.label for video in held} - {video.label for video in train}
        if lost or not held:
            why = f"all videos of {len(lost)} classes are in one group" if lost else f"{len(place)} groups"
            raise UserError(
                f"fit.folds={count} cannot be made of the training videos ({why}); give fit.share instead"
            )
        made.append(replace(index, train=train, holdout=held))
    return made


def fold_of(members: Sequence[tuple[str, str]], count: int) -> dict[str, int]:
    """The fold 0 … count - 1 of each group, from the (group, class) of every video.

    Large groups first, each to the fold that has the fewest of its classes so far, then the fewest videos.
    """
    content: dict[str, Counter[str]] = {}
    for group, label in members:
        content.setdefault(group, Counter())[label] += 1
    order = sorted(content, key=lambda group: (-content[group].total(), seed_of("fold", group)))
    have: list[Counter[str]] = [Counter() for _ in range(count)]
    place = {}
    for group in order:
        own = content[group]
        place[group] = min(
            range(count),
            key=lambda f: (sum(n * have[f][label] for label, n in own.items()), have[f].total(), f),
        )
        have[place[group]].update(own)
    return place


def holdout_groups(members: Sequence[tuple[str, str]], share: float, draw: str = "holdout") -> set[str]:
    """The groups to test on, of the (group, class) of every video.

    Groups, in the order of a hash of their names, are taken as long as they bring the number of test videos
    of each class closer to `share` of its videos (at least one, with one left to train on, if there are two).
    A class's videos in few large groups may miss the share; no group is ever divided, and never are
    all taken. draw: names the hash, so that two parts of one data set are drawn apart.
    """
    sizes = Counter(label for _, label in members)
    short = {label: min(max(round(share * n), 1), n - 1) for label, n in sizes.items()}
    content: dict[str, Counter[str]] = {}
    for group, label in members:
        content.setdefault(group, Counter())[label] += 1
    order = sorted(content, key=lambda group: seed_of(draw, group))
    taken: set[str] = set()
    for group in order:
        if len(taken) < len(order) - 1 and _gain(short, content[group]) > 0:
            taken.add(group)
            for label, n in content[group].items():
                short[label] -= n
    if not taken and len(order) > 1:
        taken.add(max(order, key=lambda group: _gain(short, content[group])))
    return taken


def _gain(short: Mapping[str, int], group: Counter[str]) -> int:
    """By how much a group brings the classes closer to the number that they are short of."""
    return sum(abs(short[label]) - abs(short[label] - n) for label, n in group.items())
