"""Reading a record of any schema; what cannot be used is said in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from backbones.base.errors import UserError, error_line
from backbones.base.plain_text import clean_tree
from harness.config.schema import Config
from harness.config.typed.validation_messages import FirstError, first_error, unknown_settings
from harness.files import parse_json, read_regular
from harness.record.consistency.own_id import contradiction, other_id
from harness.record.consistency.seal import is_broken
from harness.record.identity import IDENTITY
from harness.record.migrate import in_the_file, migrate
from harness.record.schema import SCHEMA, Record, RunRecord

RUN_ID = re.compile(r"[0-9a-f]{12}")
RESTART = "make the run again with 'harness run … --restart'"
NEW_LINE = "delete that line, and 'harness study run' makes its run again"


def read_record(path: Path) -> Record:
    """The record at `path` of a run that was tested; a `UserError` says in one line why it cannot be used."""
    record = tested(read_run_record(path))
    if record is None:
        raise UserError(f"{path}: this run was not tested on test videos (a pre-training, or a tuning run)")
    return record


def tested(record: RunRecord) -> Record | None:
    """The record where it has metrics of test videos."""
    if record.metrics is None:
        return None
    if isinstance(record, Record):
        return record
    return Record.model_construct(**{name: getattr(record, name) for name in type(record).model_fields})


def on_validation(record: RunRecord) -> Record | None:
    """A tuning run's record with the validation videos in the place of test videos."""
    if record.validation is None:
        return None
    if isinstance(record, Record):
        return record.model_copy(update={"metrics": record.validation})
    values = {name: getattr(record, name) for name in type(record).model_fields}
    return Record.model_construct(**values | {"metrics": record.validation})


@dataclass(frozen=True)
class _Place:
    """Where a record is. line: in a study's file, from 1 on; None of a run's own."""

    path: Path
    line: int | None = None

    def __str__(self) -> str:
        return str(self.path) if self.line is None else f"{self.path}, line {self.line},"

    @property
    def remedy(self) -> str:
        """For one that cannot be used."""
        return RESTART if self.line is None else NEW_LINE

    def belonging(self, record: RunRecord) -> RunRecord:
        """The record, whose id names its folder, and whose pair its file: what is found under a name is what
        was made under it."""
        folder = self.path.absolute().parent.name
        if self.path.name == "record.json" and folder != record.id:
            raise UserError(
                f"{self.path} is the record of run {record.id}: rename its folder '{folder}' to that"
            )
        if self.line is not None and record.study and self.path.name != pair_file_name(record.study.pair):
            own = pair_file_name(record.study.pair)
            raise UserError(
                f"{self} is of pair {record.study.pair}, whose records are in {own}; move it there"
            )
        return record


def pair_file_name(pair: int) -> str:
    """Of the file with a study's records of one pair."""
    return f"pair-{pair:03d}.jsonl"


def record_files(folder: Path) -> list[Path]:
    """Where records lie under a folder: one in each run's folder, and those of a study pair by pair."""
    return [path for path in possible_files(folder) if _is_there(path)]


def possible_files(folder: Path) -> list[Path]:
    """The same, but that in a run's folder there may be no record."""
    try:
        inside = sorted(folder.iterdir(), key=lambda path: path.name)  # paths are slow to compare
    except OSError:
        return []
    runs = [path / "record.json" for path in inside if path.suffix != ".jsonl"]
    return runs + [path for path in inside if path.name.startswith("pair-") and path.suffix == ".jsonl"]


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return is_barred(path)
    return True


def is_barred(path: Path) -> bool:
    """Whether it is a record in a run's folder that may not be looked into, as another user's."""
    try:
        path.stat()
    except OSError as error:
        return isinstance(error, PermissionError) and bool(RUN_ID.fullmatch(path.parent.name))
    return False


def records_in(path: Path) -> Iterator[RunRecord | str]:
    """The records in a file, one a line in a study's; in the place of one that cannot be used, why."""
    of_study = path.suffix == ".jsonl"
    try:
        texts = read_regular(path)
    except (OSError, ValueError) as error:
        remedy = "delete it, and 'harness study run' makes the pair again" if of_study else RESTART
        remedy = "its owner can give you leave to read it" if isinstance(error, PermissionError) else remedy
        yield f"{path} is not a readable record ({error_line(error)}); {remedy}"
        return
    for number, text in enumerate(texts.splitlines() if of_study else [texts], 1):
        place = _Place(path, number if of_study else None)
        try:
            yield place.belonging(_record(place, text))
        except UserError as error:
            yield str(error)


def read_run_record(path: Path) -> RunRecord:
    """The record at `path`, tested or not; a `UserError` says in one line why it cannot be used."""
    for found in records_in(path):
        if isinstance(found, str):
            raise UserError(found)
        return found
    raise UserError(f"{path} is empty; {RESTART}")


def _record(place: _Place, text: str) -> RunRecord:
    try:
        written = parse_json(text)
        # Its names and labels are shown on terminals and pages.
        tree = written if _is_clean(text) else clean_tree(written)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{place} is not a readable record ({error_line(error)}); {place.remedy}") from None
    version = _version(tree)
    if version > SCHEMA:
        raise UserError(
            f"{place} has schema {version}, this harness reads up to {SCHEMA}: update the harness"
        )
    if _identity(tree) > IDENTITY:
        raise UserError(
            f"{place} has an id of version {_identity(tree)}, this harness knows up to {IDENTITY}: update "
            "the harness"
        )
    try:
        record = RunRecord.model_validate(migrate(tree, version), by_alias=True, by_name=False)
    except ValidationError as error:
        said = _line(first_error(error), version)
        raise UserError(f"{place} is not a valid record: {said}; {place.remedy}") from None
    if is_broken(written):
        raise UserError(
            f"{place} was changed after it was written (its seal is another content's); put the old one "
            f"back, or {place.remedy}"
        )
    try:
        config = Config.model_validate(record.config)
    except ValidationError as error:
        made = f"record {place} was made by another version of the harness"
        raise UserError(f"{made}: {_foreign(error)}; {place.remedy}") from None
    if other := other_id(record, config) and _other_id_as_written(migrate(written, version)):
        raise UserError(
            f"{place} is of run {record.id}, but its settings, weights and videos are those of run {other}: "
            f"it was changed; put the old one back, or {place.remedy}"
        )
    if said := contradiction(record, config):
        raise UserError(
            f"{place} contradicts its own settings and weights ({said}): it was changed; put the old one "
            f"back, or {place.remedy}"
        )
    return record


def _other_id_as_written(tree: Any) -> str:
    """By the settings with their control characters, which an id is made of."""
    try:
        record = RunRecord.model_validate(tree, by_alias=True, by_name=False)
        return other_id(record, Config.model_validate(record.config))
    except (ValidationError, UnicodeEncodeError):  # half of a character: it was in no settings of a run
        return "?"


def _is_clean(text: str) -> bool:
    """Whether no text in this JSON can have a control character."""
    return "\\" not in text and text.replace("\n", "").isprintable()


def _version(tree: Any) -> int:
    """The schema's; a tree without a usable one is judged by the present schema."""
    version = tree.get("schema_version") if isinstance(tree, dict) else None
    return version if isinstance(version, int) else SCHEMA


def _identity(tree: Any) -> int:
    """Of the rules that the id was made by; what is no version is said by the schema."""
    version = tree.get("identity") if isinstance(tree, dict) else None
    return version if isinstance(version, int) else IDENTITY


def _line(error: FirstError, version: int) -> str:
    name = in_the_file(error.setting, version)
    return f"{name}: {error.message}" if name else error.message


def known_config(tree: Any) -> dict[str, Any]:
    """A stored configuration, completed; as it is where this version lacks some of its settings only.

    A `ValueError` for what is no configuration.
    """
    try:
        return Config.model_validate(tree).plain()
    except ValidationError as error:
        if len(unknown_settings(error)) < error.error_count():
            raise
        return tree


def _foreign(error: ValidationError) -> str:
    """What in a configuration this version does not understand."""
    if unknown := unknown_settings(error):
        return f"unknown setting{'s' * (len(unknown) > 1)} {', '.join(unknown)}"
    first = first_error(error)
    return first.line
