"""Which clips there are: settings in, names, labels and parts out. Imports neither NumPy nor PyAV."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

from backbones.base.errors import UsageError

VERSION = 6  # raise it when a pixel, a label or an encoder setting changes: the cache is then made anew
SHORTEST = 144  # frames of a clip without lead: one cycle of the order cue between dark frames
PARTS = ("train", "validation", "fit", "test")  # each with scenes of its own
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


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What decides the clips. Counts are per class, size is in pixels, length in frames.

    Difficulty, see `laws.py`: tremble of the motion cue; lead and jitter of the order cue; flicker of the
    colour in *shared*.
    """

    train_per_class: int = 25
    validation_per_class: int = 13
    fit_per_class: int = 20
    test_per_class: int = 26
    size: int = 72
    length: int = 168
    lead: int = 20
    tremble: int = 90
    jitter: int = 170
    flicker: int = 330
    seed: int = 0

    def count(self, part: str) -> int:
        """Clips of a class in that part."""
        return getattr(self, f"{part}_per_class")

    def check_ranges(self) -> None:
        """Raises a `UsageError` that names the first setting out of range."""
        ranges = {f"{part}_per_class": (1, 10**5) for part in PARTS} | {
            "size": (48, 512),
            "length": (SHORTEST, 4096),
            "lead": (0, 127),
            "tremble": (0, 512),
            "jitter": (0, 512),
            "flicker": (0, 512),
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
        """Name of the cache folder: a hash of what decides a clip's pixels, and of the version of the laws.

        The counts are not in it: a clip is the same however many others there are.
        """
        looks = {name: value for name, value in asdict(self).items() if not name.endswith("_per_class")}
        text = json.dumps({"version": VERSION, **looks}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Clip:
    """One clip to be made: class `member` of `family` in scene `scene` of `part`."""

    family: str
    member: int
    part: str
    scene: int
    settings: Settings

    @property
    def label(self) -> int:
        return FAMILIES.index(self.family) * 4 + self.member

    @property
    def group(self) -> str:
        return f"{self.part}-{self.scene:03d}"

    @property
    def id(self) -> str:
        return f"{self.part}/{CLASSES[self.label]}/{self.scene:03d}.mp4"

    @property
    def right(self) -> str | None:
        """The stream whose cue tells the class, or None where both do."""
        if self.family == "conflict":
            return "global" if self.member < 2 else "local"
        return None if self.family == "shared" else self.family


def clips(settings: Settings, parts: Collection[str] = PARTS) -> list[Clip]:
    """All clips of those parts, scene by scene, training first."""
    return [
        Clip(family, member, part, scene, settings)
        for part in PARTS
        if part in parts
        for scene in range(settings.count(part))
        for family in FAMILIES
        for member in range(4)
    ]


def fingerprint(made: list[Clip], pixels: Mapping[str, str]) -> str:
    """SHA-256 over name, label, part and hash of the pixels of each clip, whatever their order."""
    lines = sorted(f"{clip.id} {clip.label} {clip.part} {pixels[clip.id]}" for clip in made)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
