"""With which code a run was made, and how long it took."""

from __future__ import annotations

from harness.record.schema.strict_model import Part


class Code(Part):
    """commit: of the repository, in hex. dirty: whether the code's files differed. Null: not known."""

    commit: str | None = None
    dirty: bool | None = None


class Timings(Part):
    """Seconds. data_wait_share: part of the training time spent waiting for clips.

    cross_fit_s: of the folds' trainings and tests, which the other numbers leave out.
    """

    train_s: float
    test_s: float
    steps: int
    videos_per_s: float
    data_wait_share: float
    sessions: int
    cross_fit_s: float = 0.0


class PluginFacts(Part):
    """A plug-in that the run used. source: its file's name, or its package and version. sha256: of its file.

    adds: what it adds, as "method mutual".
    """

    name: str
    source: str
    sha256: str
    adds: list[str]
