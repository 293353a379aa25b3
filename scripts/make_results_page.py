"""Makes docs/results.md from the committed records; the prose is in results_page.md.jinja beside this file.

python scripts/make_results_page.py            # rewrites docs/results.md
python scripts/make_results_page.py --check    # exit code 1 where the page is not what the records give
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import stdev
from typing import Any

import jinja2

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import study_sections as studies

from harness.record.schema import Record
from methods.catalogue import METHODS
from results.records import Loaded, load_records, share, streams
from results.tables.build import build
from results.tables.catalogue import FAMILIES, spec
from results.tables.cost import cost_table
from results.tables.model import Cell, Table

PAGE = ROOT / "docs" / "results.md"
MEASURED = ROOT / "results" / "measured"
WORDS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}
HEADINGS = {
    "top1": "top-1, %",
    "local.top1": "local stream, %",
    "global.top1": "global stream, %",
    "dominance.agreement": "dominance right, %",
}


@dataclass(frozen=True)
class Shown:
    """A table of the page: the catalogue's `name`, filled from `folder`, with `metrics` as its columns."""

    name: str
    folder: str = "localglobal"
    metrics: tuple[str, ...] = ("top1",)

    @property
    def command(self) -> str:
        return f"harness table {self.name} --runs results/measured/{self.folder}"

    def headings(self, differences: bool) -> list[str]:
        """Metrics of a family are "local.shared": the column is called by the family."""
        names = [HEADINGS.get(metric) or f"{metric.partition('.')[2]}, %" for metric in self.metrics]
        return ["", *names, *["Δ, points"] * differences]


OF_METHODS = ("top1", "local.top1", "global.top1", "dominance.agreement")
TABLES = {
    "methods": Shown("methods", metrics=OF_METHODS),
    "families-local": Shown("families", metrics=FAMILIES[:3]),
    "families-global": Shown("families", metrics=FAMILIES[3:6]),
    "components": Shown("components"),
    "teachers": Shown("teachers"),
    "fusion": Shown("fusion"),
    "genkd": Shown("genkd"),
    "methods-ut-interaction": Shown("methods", "ut-interaction", OF_METHODS[:3]),
}

# As the page says; on UT-Interaction and in `genkd` some start from trained ones.
FROM_RANDOM_WEIGHTS = [key for key in TABLES if key not in ("genkd", "methods-ut-interaction")]


@cache
def loaded(folder: str) -> Loaded:
    found = load_records([MEASURED / folder])
    if found.problems:
        raise SystemExit("\n".join(found.problems))
    return found


@cache
def filled(key: str) -> tuple[Table, tuple[Record, ...]]:
    """The table, without the papers' own numbers, and the records that its cells are made of."""
    shown = TABLES[key]
    # A plug-in's methods have tables of their own.
    own = [name for name in METHODS.names() if METHODS.origin(name) is None]
    asked = replace(spec(shown.name, own), paper="", metrics=shown.metrics)
    made = build(asked, loaded(shown.folder), None, None, None)
    used = {run for row in made.rows for cell in row for run in cell.runs}
    return made, tuple(record for record in loaded(shown.folder).records if record.id in used)


def table(key: str) -> str:
    """In Markdown: the rows that were measured, then what they were measured on and what shows more."""
    (made, records), shown = filled(key), TABLES[key]
    rows = [row for row in made.rows if any(cell.runs for cell in row)]
    absent = [f"`{row[0].text}`" for row in made.rows if not row[1].runs and row[1].footnote]
    lines = _grid(
        shown.headings(differences=len(made.columns) > 1 + len(shown.metrics)), map(_texts, rows), names=1
    )
    lines += [f"\nNot run with these networks: {', '.join(absent)}."] if absent else []
    lines += _own_networks(records) if shown.name == "methods" else []
    return "\n".join([*lines, "", _source(shown, records)])


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [cells[0].text, *(cell.text if cell.runs else "" for cell in cells[1:])]


def _grid(headings: Sequence[str], rows: Any, names: int) -> list[str]:
    """A Markdown table whose first `names` columns name the rows."""
    aligned = [":---"] * names + ["---:"] * (len(headings) - names)
    return [f"| {' | '.join(cells)} |" for cells in (headings, aligned, *rows)]


def _common(records: Sequence[Record]) -> Record:
    """A record whose streams are those that most records have."""
    names = [streams(record) for record in records]
    return records[names.index(max(names, key=names.count))]


def _own_networks(records: Sequence[Record]) -> list[str]:
    """The networks of the methods that use their own ones."""
    methods = {record.config["method"]["name"]: record for record in records}
    own = {name: record for name, record in methods.items() if METHODS.get(name).twins}
    networks = "; ".join(f"`{name}` {streams(record)}" for name, record in own.items())
    return [f"\nThese methods use their own networks: {networks}."] if own else []


def _source(shown: Shown, records: Sequence[Record]) -> str:
    """Data, streams, videos, seeds, precision and device of the records, and where they are."""
    first, seeds = _common(records), sorted({record.config["seed"] for record in records})
    config, data = first.config, first.data
    numbers = f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"
    return (
        f"{len(records)} runs ({numbers}) on `{data.dataset}` ({data.split}), preset `{config['preset']}`, "
        f"{streams(first)}; {data.found['train']} training and {data.found['test']} test videos, "
        f"{config['train']['epochs']} epochs; {first.resolved['precision']}, {_devices(records)}. "
        f"`{shown.command}` shows them with footnotes; `--provenance` adds the runs of each cell."
    )


def _devices(records: Sequence[Record]) -> str:
    return ", ".join(sorted({str(record.environment["device_name"]) for record in records}))


def costs() -> str:
    """Every counted network, beside what papers and model zoos report of it."""
    made = cost_table()
    rows = [[cell.text for cell in row] for row in made.rows]
    notes = [f"- {line}" for line in made.footer[:3]]
    more = "- sources of the reported numbers: `harness table cost`"
    return "\n".join([f"{made.title}:", "", *_grid(made.columns, rows, names=2), "", *notes, more])


def of(key: str, metric: str) -> int:
    """Of how many videos the shares of a column are."""
    _, records = filled(key)
    (count,) = {found.of for record in records if (found := share(record, metric))}
    return count


def facts() -> dict[str, str]:
    """What the records behind the table of methods have in common, and the largest spread over seeds."""
    made, records = filled("methods")
    _check_starts(record for key in FROM_RANDOM_WEIGHTS for record in filled(key)[1])
    (precision,) = {record.resolved["precision"] for record in records}
    (seeds,) = {cell.n for row in made.rows for cell in row if cell.n}
    return {
        "streams": streams(_common(records)),
        "precision": precision,
        "device": _devices(records),
        "seeds": WORDS[seeds],
        "spread": f"{max(map(stdev, _fused(records).values())):.1f}",
    }


def _check_starts(records: Iterable[Record]) -> None:
    """The page says that the streams of these runs start from random weights."""
    if started := [record.id for record in records if any(record.weights.values())]:
        raise SystemExit(f"runs {', '.join(started)} start from trained weights: change the page's text")


def _fused(records: Sequence[Record]) -> dict[str, list[float]]:
    """Fused top-1 in % of each method (of `single`: of each stream), over the seeds."""
    found: dict[str, list[float]] = {}
    for record in records:
        method, score = record.config["method"], share(record, "own.top1")
        assert score
        found.setdefault(f"{method['name']} {sorted(method['settings'].items())}", []).append(score.percent)
    return found


def holdout() -> int:
    """Training videos that fusion rules were fitted on."""
    _, records = filled("fusion")
    (count,) = {record.data.found["holdout"] for record in records}
    return count


def chance() -> str:
    """In % inside a family, whose classes are equally frequent."""
    _, records = filled("families-local")
    average = records[0].metrics.fusion["average"]
    (family,), (class_,) = (
        {each.of for each in shares.values()} for shares in (average.per_family, average.per_class)
    )
    return f"{100 * class_ / family:.0f}"


def verdicts() -> tuple[str, str]:
    """(simulated rates of verdicts in Markdown, trials of each row)."""
    text = (MEASURED / "verdict-errors.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    (trials,) = {row["trials"] for row in rows}
    shown = [(row["kind"], row["truth"]) for row in rows]
    spreads = list(dict.fromkeys((row["between"], row["within"], row["pairs"]) for row in rows))
    head = ["claims", "truth", *(f"{b} / {w}, {pairs} pairs" for b, w, pairs in spreads)]
    rates = {
        (row["kind"], row["truth"], row["between"], row["within"], row["pairs"]): (
            f"{row['any wrong']} / {row['decided']}"
        )
        for row in rows
    }
    lines = [[*names, *(rates[(*names, *each)] for each in spreads)] for names in dict.fromkeys(shown)]
    return "\n".join(_grid(head, lines, names=2)), trials


def more() -> list[tuple[str, str]]:
    """Name and title of each rendered table."""
    files = sorted((MEASURED / "tables").glob("*.md"))
    return [(path.stem, path.read_text(encoding="utf-8").partition("\n")[0].strip("*")) for path in files]


def page() -> str:
    template = (Path(__file__).parent / "results_page.md.jinja").read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    rates, trials = verdicts()
    values = {"chance": chance(), "holdout": holdout(), "verdicts": rates, "trials": trials}
    functions = {"table": table, "costs": costs, "of": of, "study": studies.state}
    functions |= {each.__name__: each for each in studies.SHOWN}
    return environment.from_string(template).render(**functions, **values, facts=facts(), more=more())


def main(arguments: list[str]) -> int:
    made = page()
    if "--check" in arguments:
        return int(not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != made)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(made, encoding="utf-8")
    print(f"written: {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
