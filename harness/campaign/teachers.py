"""Of a student's settings those that its teacher's run shares. No torch."""

from __future__ import annotations

from collections.abc import Iterable

from backbones.base.streams import STREAMS
from methods.defaults import defaults
from methods.registry import MethodEntry

STREAM = "stream"  # the setting of methods that train one of the streams


def teacher_pairs(student: MethodEntry, pairs: Iterable[str]) -> tuple[str, ...]:
    """As `--set` takes them, for a run of the method that the student is taught by.

    Those of the streams that such a run trains: the teacher sees the same clips, in the same networks. The
    stream's first weights are the student's own. A method that trains one stream is told which.
    """
    usual = defaults(student.taught_by)
    trained = (student.teacher,) if STREAM in usual else STREAMS
    own = [pair for pair in pairs if _is_of(pair, trained)]
    if STREAM in usual and usual[STREAM] != student.teacher:
        own.append(f"method.{STREAM}={student.teacher}")
    return tuple(own)


def _is_of(pair: str, streams: Iterable[str]) -> bool:
    stream, _, what = pair.partition("=")[0].partition(".")
    return stream in streams and what != "weights"
