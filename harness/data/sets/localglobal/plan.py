"""Which clips there are: settings in, names, labels and splits out. Imports neither NumPy nor PyAV."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from backbones.base.errors import UsageError

VERSION = 5  # raise it when a pixel, a label or an encoder setting changes: the cache is then made anew
SHORTEST = 144  # frames of a clip without lead: one cycle of the order cue between dark frames
SPLITS = ("train", "test")
FAMILIES = ("local", "global", "shared", "conflict")
MEMBERS = (
    ("forearms", "legs", "bounce", "shake"),
    ("rlcv", "lrvc", "cvlr", "vcrl"),  # orders of red, lime, cyan and violet lamps
    ("red", "lime", "cyan", "violet"),
    ("rlcv", "lrvc", "bounce", "shake"),
)
CLASSES = tuple(
    f"{family}-{member}" for family, members in zip(FAMILIES, MEMBERS, strict=True) for member in members
)


@dataclass(frozen=True)
class Settings:
    """What decides the pixels. size in pixels, length in frames, both counts per class.

    lead, tremble: difficulty of the global and of the local stream, see `laws.py`.
    """

    train_per_class: int
    test_per_class: int
    size: int
    length: int
    lead: int
    tremble: int
    seed: int

    def check_ranges(self) -> None:
        """Raises a `UsageError` that names the first setting out of range."""
        ranges = {
            "train_per_class": (1, 10**5),
            "test_per_class": (1, 10**5),
            "size": (48, 512),
            "length": (SHORTEST, 4096),
            "lead": (0, 127),
            "tremble": (0, 512),
            "seed": (0, 2**63),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not isinstance(value, int) or not low <= value <= high:
                raise UsageError(f"localglobal: {name} is {value}; give a whole number from {low} to {high}")
        if self.size % 2 or self.length % 8:
            given = f"size {self.size}, length {self.length}"
            raise UsageError(f"localglobal: {given}; size must be even and length a multiple of 8 frames")
        if self.length < SHORTEST + self.lead:
            given = f"length {self.length} with lead {self.lead}"
            raise UsageError(f"localglobal: {given}; length must be at least {SHORTEST} + lead frames")

    def key(self) -> str:
        """Name of the cache folder: a hash of the settings and of the version of the laws."""
        text = json.dumps({"version": VERSION, **asdict(self)}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Clip:
    """One clip to be made: class `member` of `family` in scene `scene` of `split`."""

    family: str
    member: int
    split: str
    scene: int
    settings: Settings

    @property
    def label(self) -> int:
        return FAMILIES.index(self.family) * 4 + self.member

    @property
    def group(self) -> str:
        return f"{self.split}-{self.scene:03d}"

    @property
    def id(self) -> str:
        return f"{self.split}/{CLASSES[self.label]}/{self.scene:03d}.mp4"

    @property
    def right(self) -> str | None:
        """The stream whose cue tells the class, or None where both do."""
        if self.family == "conflict":
            return "global" if self.member < 2 else "local"
        return None if self.family == "shared" else self.family


def clips(settings: Settings) -> list[Clip]:
    """All clips, scene by scene, training first."""
    counts = {"train": settings.train_per_class, "test": settings.test_per_class}
    return [
        Clip(family, member, split, scene, settings)
        for split in SPLITS
        for scene in range(counts[split])
        for family in FAMILIES
        for member in range(4)
    ]


def fingerprint(made: list[Clip], pixels: Mapping[str, str]) -> str:
    """SHA-256 over name, label, split and hash of the pixels of each clip, whatever their order."""
    lines = sorted(f"{clip.id} {clip.label} {clip.split} {pixels[clip.id]}" for clip in made)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
