"""`localglobal`: generated clips whose truth is known, as real mp4 files in a cache folder.

A figure moves before a still, dark background. 16 classes in four families of four; the figure's colour
tells the family, and within a family (chance 1 in 4) a class is told by

- *local*: a fast motion of one part of the body, visible only between neighbouring frames;
- *global*: the order of four colours that it shows, visible only over more than 16 frames;
- *shared*: a colour under noise, of which the global stream can average out more;
- *conflict*: both a motion and an order, of which one misleads: in one training video in five and in every
  video that is not trained on it belongs to another class. It is reported apart: what is right on it depends
  on which stream was believed, and headline numbers leave it out.

The laws, and why each wrong stream stays at chance, are in `laws.py`. They hold for a local stream of at most
16 consecutive frames and a global stream whose stride is a multiple of 8. Left and right may be exchanged.

What this data can decide: whether a pipeline trains, resumes and tests as it should; which stream a dominance
rule trusts when it is known which one is right; whether distillation carries a cue from one stream to the
other, or harms one. What it cannot decide: any claim of accuracy on real actions, or which method is better
there. Its scenes, motions and difficulty are ours, chosen so that small networks learn in minutes.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from backbones.base.errors import UsageError, suggestion
from harness.data.index import Video, VideoIndex
from harness.data.sets.localglobal import cache, plan
from harness.data.sets.localglobal.progress import reporter

SPLIT = "standard"


def index(
    root: Path | None = None,
    split: str = SPLIT,
    *,
    train_per_class: int = plan.Settings.train_per_class,
    validation_per_class: int = plan.Settings.validation_per_class,
    fit_per_class: int = plan.Settings.fit_per_class,
    test_per_class: int = plan.Settings.test_per_class,
    size: int = plan.Settings.size,
    length: int = plan.Settings.length,
    lead: int = plan.Settings.lead,
    tremble: int = plan.Settings.tremble,
    jitter: int = plan.Settings.jitter,
    flicker: int = plan.Settings.flicker,
    seed: int = plan.Settings.seed,
    parts: Collection[str] = ("train", "test"),
    workers: int | None = None,
    progress: cache.Progress | None = None,
    draw: bool = True,
    **unknown: Any,
) -> VideoIndex:
    """The index of the clips; makes them first where they are not in the cache (a dry run says how long).

    root: folder of the cache (`$XDG_CACHE_HOME/mbd-harness/localglobal` by default); the clips of one
    choice of settings lie in one folder below it. …_per_class: clips of each class in a part. size: pixels of
    both sides. length: frames, at 25 per second; at least 144 + lead. lead: 0 … 127 and jitter: 0 … 512, the
    larger, the harder the order; tremble: 0 … 512, the larger, the harder the motion; flicker: 0 … 512, the
    larger, the harder the colour of *shared* (`laws.py`). seed: of all that is drawn. parts: of "train",
    "validation", "fit" and "test", those that are needed; the others stay empty and are not made. workers:
    processes, one per core by default. progress: called with (clips done, clips to be made). draw: False
    makes none; where some are not there they are counted, and the fingerprint is empty.
    A `UsageError` for settings out of range and a root with other videos, a `UserError` for one not writable.
    """
    settings = plan.Settings(
        train_per_class=train_per_class,
        validation_per_class=validation_per_class,
        fit_per_class=fit_per_class,
        test_per_class=test_per_class,
        size=size,
        length=length,
        lead=lead,
        tremble=tremble,
        jitter=jitter,
        flicker=flicker,
        seed=seed,
    )
    _check(settings, split, unknown)
    wanted, base = plan.clips(settings, parts), cache.base(root)
    return _made(settings, wanted, base, workers or _cores(), progress, draw)


def _made(
    settings: plan.Settings,
    wanted: Sequence[plan.Clip],
    base: Path,
    workers: int,
    progress: cache.Progress | None,
    draw: bool,
) -> VideoIndex:
    """Of all clips; without drawing, where some are not there, as they are planned."""
    if not draw and (lacking := cache.lacking(base, wanted)):
        listed = _listed(settings, wanted, base / settings.key(), {})
        return replace(listed, undrawn=len(lacking), drawing_s=_drawing_s(lacking, workers))
    with reporter() as shown:
        folder, made = cache.ensure(base, wanted, workers, progress or shown)
    return _listed(settings, wanted, folder, made)


def _drawing_s(lacking: Sequence[plan.Clip], workers: int) -> float:
    from harness.data.sets.localglobal.encode import seconds_of  # which loads PyAV

    return seconds_of(lacking[0]) * len(lacking) / workers


def _listed(
    settings: plan.Settings, wanted: Sequence[plan.Clip], folder: Path, made: cache.Made
) -> VideoIndex:
    found = {part: tuple(_video(clip, folder) for clip in wanted if clip.part == part) for part in plan.PARTS}
    # Those for fusion rules follow from the same settings; runs that need none are on the same videos.
    seen = [clip for clip in wanted if clip.part != "fit"]
    pixels = {name: clip["pixels"] for name, clip in made.items()}
    return VideoIndex(
        dataset="localglobal",
        split=SPLIT,
        classes=plan.CLASSES,
        train=found["train"],
        validation=found["validation"],
        holdout=found["fit"],
        test=found["test"],
        fingerprint=plan.fingerprint(seen, pixels) if made else "",
        warnings=_warnings({clip["codec"] for clip in made.values()}),
        expected={part: 16 * settings.count(part) for part in ("train", "test") if found[part]},
        flip=True,
        apart=("conflict",),
        top_k=2,
    )


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _warnings(codecs: set[str]) -> tuple[str, ...]:
    return tuple(
        f"this PyAV lacks libx264: the clips are encoded with {codec} and decode a little differently"
        for codec in sorted(codecs - {"libx264"})
    )


def _check(settings: plan.Settings, split: str, unknown: dict[str, Any]) -> None:
    if split != SPLIT:
        raise UsageError(f"localglobal has no split '{split}'; its only split is '{SPLIT}'")
    for name in unknown:
        known = [field.name for field in fields(plan.Settings)]
        hint = suggestion(name, known)
        raise UsageError(f"localglobal has no setting '{name}'{hint or ';'} it has {', '.join(known)}")
    settings.check_ranges()


def _video(clip: plan.Clip, folder: Path) -> Video:
    return Video(clip.id, folder / clip.id, clip.label, clip.group, clip.family, clip.right)
