"""All that the built-in papers' data give with the committed records: claims and verdicts, tables, figures.

python -m tests.support.paper_outputs FOLDER    # each as a JSON file, to be compared by `diff -r`
python -m tests.support.paper_outputs           # their digests, into the fixture
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "tests" / "fixtures" / "paper_outputs.json"
SPEC = ("title", "paper", "metrics", "free", "fixed", "baseline", "seeds", "notes", "own_networks")
ROW = ("label", "setting", "reported", "lacking", "preset")
CLAIM = (
    *("id", "where", "dataset", "setting", "metric", "relation", "value"),
    *("than", "derivation", "provenance", "note"),
)
FIGURES = ("networks", "teachers", "fusion", "loss-weights")


def outputs() -> dict[str, Any]:
    """{"table/fusion": plain types}, of every table, figure and claim."""
    return {**definitions(), **claims(), **tables(), **figures()}


def definitions() -> dict[str, Any]:
    """Rows and settings of each table, which no record changes; open questions, deviations, networks."""
    from methods.catalogue import METHODS
    from results.claims.ambiguities import ambiguities
    from results.claims.deviations import deviations
    from results.claims.networks import table
    from results.tables.catalogue import spec

    names, methods = _names(), METHODS.discover().names()
    found: dict[str, Any] = {}
    for name in names:
        made = spec(name, methods)
        rows = [{key: getattr(row, key) for key in ROW} for row in made.rows]
        found[f"rows/{name}"] = {key: getattr(made, key) for key in SPEC} | {"rows": rows}
    found |= {f"question/{each.name}": _question(each) for each in ambiguities()}
    found |= {f"deviation/{each.name}": _deviation(each) for each in deviations()}
    for row in table():
        found.setdefault(f"network/{row.backbone}", []).append(dataclasses.asdict(row))
    return found


def _deviation(each: Any) -> dict[str, Any]:
    keys = ("name", "where", "text", "here", "setting", "value", "why", "change")
    return {key: getattr(each, key) for key in keys}


def _question(each: Any) -> dict[str, Any]:
    return {
        **{key: getattr(each, key) for key in ("name", "equation", "question", "setting", "default", "why")},
        "interpretations": each.interpretations,
        "commands": each.commands(),
    }


def _folders() -> tuple[Path, ...]:
    from tests.support.older_records import NAMES, older

    return tuple(map(older, NAMES))


def _names() -> list[str]:
    from results.tables import catalogue

    names = catalogue.names() if hasattr(catalogue, "names") else catalogue.NAMES
    return [name for name in names if name not in ("cost", "ucf101-hmdb51")]


def claims() -> dict[str, Any]:
    from methods.catalogue import METHODS
    from results.claims.claims import claims as read
    from results.judge import Evidence, judge
    from results.records import load_records

    found = read()
    judged = judge(found, Evidence(load_records(_folders()).records, METHODS.discover().names()))
    return {
        f"claim/{claim.paper}/{claim.id}": {
            **{key: getattr(claim, key) for key in CLAIM},
            "statement": claim.statement(),
            "verdict": vars(judged[claim.id]),
        }
        for claim in found
    }


def tables() -> dict[str, Any]:
    from methods.catalogue import METHODS
    from results.records import load_records
    from results.tables.named import named

    loaded, methods = load_records(_folders()[:1]), METHODS.discover().names()
    names = [*_names(), "ucf101-hmdb51", "cost"]
    return {f"table/{name}": _plain(named(name, loaded, methods)) for name in names}


def figures() -> dict[str, Any]:
    from methods.catalogue import METHODS
    from results.figures.catalogue import sheet
    from results.figures.model import Source
    from results.records import load_records

    source = Source(load_records(_folders()[:1]), _folders()[:1], tuple(METHODS.discover().names()))
    return {f"figure/{name}": _without_group(dataclasses.asdict(sheet(name, source))) for name in FIGURES}


def _without_group(figure: dict[str, Any]) -> dict[str, Any]:
    """`group`, from which figures are drawn, came with the folders."""
    for rows in figure["data"].values():
        for row in rows if isinstance(rows, list) else [rows]:
            if isinstance(row, dict):
                row.pop("group", None)
    return figure


def _plain(table: Any) -> dict[str, Any]:
    return {key: value for key, value in dataclasses.asdict(table).items() if key != "links"}


def digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def main() -> None:
    found = outputs()
    if len(sys.argv) == 1:
        text = json.dumps({name: digest(value) for name, value in found.items()}, indent=1)
        FIXTURE.write_text(text + "\n", encoding="utf-8")
        return
    for name, value in found.items():
        path = Path(sys.argv[1]) / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
