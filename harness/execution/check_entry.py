"""`harness check-plugin`: the contract of an entry's kind, and whether the entry keeps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from backbones.base.errors import UsageError, suggestion
from backbones.base.plugin import EntryOwner
from backbones.base.registry import Registry, load
from backbones.base.rulebook import Finding, Rulebook
from backbones.base.streams import STREAMS
from backbones.catalogue import BACKBONES
from backbones.registry import BackboneEntry
from harness.data.registry import DATASETS
from methods.catalogue import METHODS
from methods.fusion.catalogue import FUSIONS
from methods.registry import MethodEntry


@dataclass(frozen=True)
class Checked:
    """An entry with its findings. note: what it was checked on."""

    kind: str
    name: str
    note: str
    findings: list[Finding]

    @property
    def holds(self) -> bool:
        return all(finding.holds for finding in self.findings)


@dataclass(frozen=True)
class On:
    """What the user wants entries checked on: sizes of a backbone, folder and split of a data set."""

    sizes: dict[str, Any]
    data_root: Path | None = None
    split: str | None = None


def check_entry(registry: EntryOwner, name: str, on: On) -> Checked:
    """Every rule of its kind's contract on the entry."""
    note, findings = _CHECKS[registry.plural](name, on)
    return Checked(registry.kind, name, note, findings)


def rule_texts() -> dict[str, str]:
    """The text of each rule, by its name."""
    import backbones.check
    import backbones.check_sizes
    import harness.data.contract_rules
    import methods.check
    import methods.fusion.check

    books = (
        backbones.check,
        backbones.check_sizes,
        methods.check,
        methods.fusion.check,
        harness.data.contract_rules,
    )
    rules = {name: rule for book in books for name, rule in book.RULES.items()}  # type: ignore[attr-defined]
    texts = {name: " ".join((rule.__doc__ or "").split()) for name, rule in rules.items()}
    own = (counters_agree, its_entry_names_what_there_is)
    return texts | {rule.__name__: " ".join((rule.__doc__ or "").split()) for rule in own}


def _backbone(name: str, on: On) -> tuple[str, list[Finding]]:
    import backbones.check as contract
    from backbones import check_sizes
    from backbones.building import build, find

    entry: BackboneEntry = find(name)
    sizes = check_sizes.smallest_sizes(entry, **on.sizes)
    note = f"clips of {sizes['frames']}x{sizes['size']}x{sizes['size']}, width {sizes['width']:g}"
    make = partial(build, name, classes=check_sizes.CLASSES, **sizes)
    if faults := _unbuilt(make):
        return note, faults
    findings = contract.check_backbone(make) + check_sizes.BOOK.examine_all(entry)
    counters: Rulebook[Any] = Rulebook()
    counters.rule(counters_agree)
    return note, findings + counters.examine_all(make())


def _unbuilt(make: Callable[[], object]) -> list[Finding]:
    """A single finding where the entry cannot be built at all, instead of the same error under each rule."""
    book: Rulebook[None] = Rulebook()
    book.rules = {"it_is_built": lambda _: "" if make() is not None else "the builder gave None"}
    return [finding for finding in book.examine_all(None) if not finding.holds]


def counters_agree(backbone: Any) -> str:
    """torch's FLOP counter and fvcore count the same multiply-adds, within 1 % (attention aside)."""
    from harness.cost.count import count

    counted = count(backbone, cross_check=True)
    other = counted.cross_check or 0
    off = abs(other - counted.macs) / max(counted.macs, 1)
    if counted.macs == 0:
        return "no multiply-add was counted"
    return f"{counted.macs} against fvcore's {other} ({off:.1%})" if off > 0.01 else ""


def _method(name: str, on: On) -> tuple[str, list[Finding]]:
    from methods.check import Subject, check_method

    note, entry = "two small streams, its default settings", METHODS.get(name)

    def made() -> object:
        method: Any = load(entry.target)
        return Subject(method)

    if faults := _unbuilt(made):
        return note, faults
    book: Rulebook[MethodEntry] = Rulebook()
    book.rule(its_entry_names_what_there_is)
    return note, check_method(load(entry.target)) + book.examine_all(entry)  # type: ignore[arg-type]


def its_entry_names_what_there_is(entry: MethodEntry) -> str:
    """Its fusion rule is there; so are the stream that comes trained, the method that trains it, and its own
    networks, where it names them."""
    named: list[tuple[Registry[Any], str]] = [
        (FUSIONS, entry.fusion),
        (METHODS, entry.taught_by),
        (BACKBONES, entry.twins),
    ]
    wrong = [
        f"no {registry.kind} '{name}'{suggestion(name, registry.discover().names())}"
        for registry, name in named
        if name and registry.find(name) is None
    ]
    if entry.teacher not in ("", *STREAMS):
        wrong.append(f"teacher '{entry.teacher}' is no stream: expected {' or '.join(STREAMS)}")
    return "; ".join(wrong)


def _fusion(name: str, on: On) -> tuple[str, list[Finding]]:
    from methods.fusion.check import check_fusion

    entry = FUSIONS.get(name)

    def made() -> object:
        rule: Any = load(entry.target)
        return rule()

    faults = _unbuilt(made)
    return "made-up outputs of 24 videos", faults or check_fusion(load(entry.target), entry.learned)


def _dataset(name: str, on: On) -> tuple[str, list[Finding]]:
    from harness.data.contract_rules import check_dataset

    entry = DATASETS.get(name)
    if on.data_root is None and entry.needs_root:
        raise UsageError(f"data set '{name}' cannot be tried: say where its videos are with --data-root DIR")
    where = f"'{on.data_root}'" if on.data_root else "its own folder"
    return f"{where}, split {on.split or entry.splits[0]}", check_dataset(name, on.data_root, on.split)


_CHECKS = {"backbones": _backbone, "methods": _method, "fusions": _fusion, "datasets": _dataset}
