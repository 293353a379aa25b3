"""The names that columns have in lists: in headers, and in the setting `data.columns`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backbones.base.errors import UsageError, suggestion

ROLES = ("path", "label", "group", "split")
UNUSED = "-"
KNOWN = {
    "path": (
        *("path", "video", "file", "filename", "clip", "video_path", "file_path", "filepath", "video_file"),
        *("clip_path", "frame_dir", "video_name", "file_name"),
    ),
    "label": (
        *("label", "class", "target", "category", "action", "label_name", "class_name", "action_name"),
        *("activity", "label_id", "class_id", "labels", "classes"),
    ),
    "group": ("group", "subject", "scene", "source", "actor", "person"),
    "split": ("split", "subset", "part", "fold"),
    UNUSED: (
        *("-", "_", "", "skip", "frames", "total_frames", "num_frames", "n_frames", "nframes"),
        *("frame_count", "offset", "start_index", "index", "idx", "id", "unnamed: 0", "fps", "duration"),
        *("length", "width", "height", "start", "end", "start_frame", "end_frame"),
    ),
}
# Words of a column that says which part of the data a row is in, when its cells are no words for parts.
_PARTS = {
    *(
        "train",
        "training",
        "test",
        "testing",
        "val",
        "valid",
        "validation",
        "holdout",
        "heldout",
        "partition",
    ),
    *("split", "subset", "fold"),
}
_ROLE = {name: role for role, names in KNOWN.items() for name in names}


def role_of(name: str) -> str | None:
    """What a column of that name holds; UNUSED for what no list of videos needs, None where unknown."""
    return _ROLE.get(name.strip().lower().replace(" ", "_")) or _ROLE.get(name.strip().lower())


def names_a_part(name: str) -> bool:
    """Whether a column's name says that it divides the rows, as `is_test` and `valFold` do."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)
    return any(word.lower() in _PARTS for word in words)


def asked_columns(setting: str | Sequence[str] | None) -> list[str]:
    """The roles that `data.columns` gives the columns, in their order; UNUSED for the others.

    A `UsageError` where a name is unknown or given twice, or no column is the path.
    """
    if setting is None:
        return []
    given = setting.split(",") if isinstance(setting, str) else setting
    names = [str(name).strip() for name in given] if isinstance(given, list | tuple) else []
    roles = [role_of(name) or "" for name in names]
    expected = "expected names such as path,label or path,frames,label ('-' is a column that is not used)"
    for name, role in zip(names, roles, strict=True):
        if not role:
            hint = suggestion(name, list(ROLES)) or ";"
            raise UsageError(f"folder: data.columns has '{name}'{hint} {expected}")
    if "path" not in roles or any(roles.count(role) > 1 for role in ROLES):
        raise UsageError(f"folder: data.columns is '{','.join(names)}'; {expected}, each once")
    return roles
