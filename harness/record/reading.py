"""Reading a record of any schema; what cannot be used is said in one line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from backbones.base.errors import UserError
from backbones.base.plain_text import clean_tree
from harness.config.schema import Config
from harness.config.validation_messages import FirstError, first_error, unknown_settings
from harness.files import parse_json, read_regular
from harness.record.migrate import in_the_file, migrate
from harness.record.schema import SCHEMA, Record, RunRecord


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


def record_files(folder: Path) -> list[Path]:
    """Where records lie under a folder: one in each run's folder, and those of a study pair by pair."""
    return [path for path in possible_files(folder) if _is_there(path)]


def possible_files(folder: Path) -> list[Path]:
    """The same, but that in a run's folder there may be no record."""
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return []
    runs = [path / "record.json" for path in inside if path.suffix != ".jsonl"]
    return runs + [path for path in inside if path.name.startswith("pair-") and path.suffix == ".jsonl"]


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # in a folder that may not be read
        return False


def records_in(path: Path) -> Iterator[RunRecord | str]:
    """The records in a file, one a line in a study's; in the place of one that cannot be used, why."""
    try:
        texts = read_regular(path)
    except (OSError, ValueError) as error:
        yield f"{path} is not a readable record ({error}); make the run again with --restart"
        return
    for text in texts.splitlines() if path.suffix == ".jsonl" else [texts]:
        try:
            yield _of_its_folder(path, _record(path, text))
        except UserError as error:
            yield str(error)


def read_run_record(path: Path) -> RunRecord:
    """The record at `path`, tested or not; a `UserError` says in one line why it cannot be used."""
    for found in records_in(path):
        if isinstance(found, str):
            raise UserError(found)
        return found
    raise UserError(f"{path} is empty; make the run again with --restart")


def _of_its_folder(path: Path, record: RunRecord) -> RunRecord:
    """The record, whose id names its folder: what is found under an id is what was made under it."""
    folder = path.absolute().parent.name
    if path.name == "record.json" and folder != record.id:
        raise UserError(f"{path} is the record of run {record.id}: rename its folder '{folder}' to that")
    return record


def _record(path: Path, text: str) -> RunRecord:
    try:
        tree = clean_tree(parse_json(text))  # its names and labels are shown on terminals and pages
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path} is not a readable record ({error}); make the run again with --restart"
        ) from None
    version = _version(tree)
    if version > SCHEMA:
        raise UserError(f"{path} has schema {version}, this harness reads up to {SCHEMA}: update the harness")
    try:
        record = RunRecord.model_validate(migrate(tree, version), by_alias=True, by_name=False)
    except ValidationError as error:
        said = _line(first_error(error), version)
        raise UserError(f"{path} is not a valid record: {said}; make the run again with --restart") from None
    if foreign := foreign_settings(record.config):
        made = f"record {path} was made by another version of the harness"
        raise UserError(f"{made}: {foreign}; make it again with --restart")
    return record


def _version(tree: Any) -> int:
    """The schema's; a tree without a usable one is judged by the present schema."""
    version = tree.get("schema_version") if isinstance(tree, dict) else None
    return version if isinstance(version, int) else SCHEMA


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


def foreign_settings(config: dict[str, Any]) -> str:
    """What in a configuration this version does not understand, or nothing."""
    try:
        Config.model_validate(config)
    except ValidationError as error:
        if unknown := unknown_settings(error):
            return f"unknown setting{'s' * (len(unknown) > 1)} {', '.join(unknown)}"
        first = first_error(error)
        return f"{first.setting}: {first.message}"
    return ""
