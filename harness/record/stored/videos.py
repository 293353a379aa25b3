"""The videos that a run was tested on, as it wrote them down beside its outputs. No torch."""

from __future__ import annotations

from harness.data.index import Video, from_file
from harness.record.folder import RunFolder
from harness.record.schema import RunRecord
from harness.record.stored.checksums import check_unchanged


def tested_videos(run: RunFolder, record: RunRecord) -> list[Video] | None:
    """With label, group and family; None of a run older than this file, which has no such list. A `UserError`
    where the list is not the one that the run wrote, or is gone."""
    if not run.videos.exists() and run.videos.name not in (record.files or {}):
        return None
    check_unchanged(run.videos, record)
    return from_file(run.videos, "test")
