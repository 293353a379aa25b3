"""Which videos a run was trained and tested on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from harness.record.schema.strict_model import Part

PartName = Literal["train", "validation", "holdout", "test"]
PARTS: tuple[PartName, ...] = ("train", "validation", "holdout", "test")
Count = Annotated[int, Field(ge=0)]


class DamagedFrames(Part):
    """Frames of a part's videos that the decoder made up, or left out: their number by the video's id.

    A video without such frames is not named. Of a training video, the most of one reading: which frames are
    read depends on the epoch.
    """

    concealed: dict[str, Count] = Field(default_factory=dict)
    skipped: dict[str, Count] = Field(default_factory=dict)


class DataFacts(Part):
    """found, failed: by part. Of "train" the streams learn, "validation" is for choosing settings, "holdout"
    for fitting fusion rules, "test" for the metrics; none of them contains another.

    found: number of videos, 0 where the run has no such part. expected: number of videos that the official
    lists promise, "train" for all that are not test videos, null where nobody says. missing: ids that the
    lists name and the disk lacks. failed: ids of the videos that could not be decoded, with the reasons.
    apart: families whose videos are in no number but those by class and by family, and dominance.
    damaged: by part, in older records without "train"; null where frames were not counted.
    fingerprint: SHA-256 over ids, labels, parts and sizes.
    content_sha256: of the files' contents, frames_sha256: of the decoded frames; null where not computed.
    """

    dataset: str
    split: str
    fingerprint: str
    classes: list[str]
    found: dict[PartName, Count]
    expected: dict[Literal["train", "test"], Count | None]
    missing: list[str]
    failed: dict[PartName, dict[str, str]]
    damaged: dict[PartName, DamagedFrames] | None = None
    warnings: list[str]
    apart: list[str] = Field(default_factory=list)
    content_sha256: str | None = None
    frames_sha256: str | None = None

    @field_validator("found")
    @classmethod
    def _of_every_part(cls, found: dict[PartName, int]) -> dict[PartName, int]:
        if lacking := [part for part in PARTS if part not in found]:
            raise ValueError(f"expected a number for every part, {', '.join(lacking)} not given")
        return found
