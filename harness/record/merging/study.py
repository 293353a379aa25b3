"""Records of a study, merged: a line for each run, a file for each pair. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from backbones.base.errors import UserError, error_line
from harness.files import parse_json, read_json, read_regular, write_text
from harness.record.consistency.seal import is_broken
from harness.record.merging.kept import Found, Kept, kept, of_two_studies
from harness.record.merging.runs import REPLICATIONS, Merged
from harness.record.reading import records_in

STARTED = "study.json"


def merge_records(sources: Sequence[Path], out: Path, names: Mapping[Path, str], merged: Merged) -> None:
    """Records under each source, `<source>/pair-003.jsonl`. A `UserError` where they are of several studies.

    Lines that are under `out` stay as they are, before those that come.
    """
    folders = [folder for folder in (out, *sources) if list(folder.glob("pair-*.jsonl"))]
    _check_one_study(folders)
    for folder in folders:
        _copy_others(folder, out, merged)
    for name in sorted({path.name for folder in folders for path in folder.glob("pair-*.jsonl")}):
        _merge_pair(name, folders, out, names, merged)
        _merge_ensembles(name.replace("pair-", "ensembles-", 1), folders, out)


def _check_one_study(folders: Sequence[Path]) -> None:
    begun = {folder: _read_started(folder / STARTED) for folder in folders if (folder / STARTED).exists()}
    for folder, said in begun.items():
        first = next(iter(begun))
        if said != begun[first]:
            raise UserError(
                f"{first} and {folder} began with different plans or code ({STARTED}): not one study; none "
                "of their records was merged"
            )


def _read_started(path: Path) -> object:
    try:
        return read_json(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} does not say how the study began ({error_line(error)}); delete it") from None


def _copy_others(folder: Path, out: Path, merged: Merged) -> None:
    """How the study began, and its plan."""
    for path in (folder / STARTED, *folder.glob("*.yaml")):
        place = out / path.name
        if not path.is_file() or path == place:
            continue
        text = read_regular(path)
        if not place.exists():
            write_text(place, text)
        elif read_regular(place) != text:
            merged.problems.append(f"{path} differs from {place}; the latter stays")


def _merge_pair(
    name: str, folders: Sequence[Path], out: Path, names: Mapping[Path, str], merged: Merged
) -> None:
    by_id: dict[str, list[Found[str]]] = {}
    for number, folder in enumerate(folders):
        for each in _lines(folder / name, number, merged):
            by_id.setdefault(each.record.id, []).append(each)
    lines, apart = list[str](), dict[Path, list[str]]()
    for found in by_id.values():
        problem = of_two_studies(found)
        choice = Kept[str](None, problem=problem) if problem else kept(found)
        if not choice.first:
            merged.problems.append(choice.problem)
            merged.refused.add(found[0].record.id)
            # What is there is not taken away.
            lines += [each.what for each in found if folders[each.source] == out]
            continue
        lines.append(choice.first.what)
        merged.same += len(found) - 1 - len(choice.replications)
        if (source := folders[choice.first.source]) != out:
            merged.took(source)
        for each in choice.replications:
            place = out / REPLICATIONS / names[folders[each.source]] / name
            apart.setdefault(place, []).append(each.what)
    _write(out / name, lines)
    for place, theirs in apart.items():
        _write(place, theirs)
        merged.replications.append(place)


def _lines(path: Path, number: int, merged: Merged) -> list[Found[str]]:
    """The records of a file, each with the line that it is."""
    if not path.exists():
        return []
    found, texts = list(records_in(path)), read_regular(path).splitlines()
    merged.problems += [each for each in found if isinstance(each, str)]
    pairs = zip(found, texts, strict=True)
    return [Found(number, str(path), each, text) for each, text in pairs if not isinstance(each, str)]


def _merge_ensembles(name: str, folders: Sequence[Path], out: Path) -> None:
    """Each ensemble once, by its members; the first counts, as of its members."""
    lines: dict[str, str] = {}
    for folder in folders:
        path = folder / name
        for line in read_regular(path).splitlines() if path.exists() else []:
            try:
                tree = parse_json(line)
                broken = is_broken(tree)
                lines.setdefault(str(tree["members"]), line)
            except (ValueError, LookupError, TypeError, AttributeError):
                broken = True
            if broken:
                raise UserError(
                    f"{path}: a line is no ensemble, or was changed after the run; delete the file"
                )
    _write(out / name, [*lines.values()])


def _write(path: Path, lines: Sequence[str]) -> None:
    if lines:
        write_text(path, "".join(f"{line}\n" for line in lines))
