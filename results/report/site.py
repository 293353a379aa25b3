"""Writes the report: pages from templates, figures, strips of videos and the records themselves."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

import harness
from backbones.base.errors import UserError
from harness.files import clear_disk_errors
from results.figures import catalogue, orders
from results.figures.model import Sheet, Source
from results.report import pages
from results.report.gallery import gallery
from results.report.own_runs import comparisons, not_compared
from results.tables.model import split_command

MARGIN = 1.0  # points that matter between two methods, as in `harness compare`
MARK = "report.json"  # tells a report's folder from others
STATIC = ("report.css", "report.js")
NAV = {
    "index": "Overview",
    "claims": "Claims",
    "studies": "Studies",
    "tables": "Tables",
    "figures": "Figures",
    "runs": "Runs",
    "gallery": "Videos",
    "ambiguities": "Open questions",
    "reproduce": "Reproduce",
}
Say = Callable[[str], None]


def write(
    source: Source, out: Path, margin: float, videos: int, root: Path | None, say: Say
) -> tuple[Path, list[str]]:
    """The report in `out`, which appears whole and replaces one that is there.

    Gives its first page, and what could not be shown. A `UserError` where `out` has files that are not a
    report's.
    """
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        raise UserError(f"{out} contains files that are not a report's; give --out a new folder")
    with clear_disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as made:
            fresh = Path(made) / "report"
            lacking = Site(source, fresh, say).make(margin, videos, root)
            if out.exists():
                out.rename(Path(made) / "old")
            fresh.rename(out)
    return out / "index.html", lacking


class Site:
    """One report being made in `out`."""

    def __init__(self, source: Source, out: Path, say: Say) -> None:
        self.source, self.out, self.say = source, out, say
        self.records = source.loaded.records
        loader = jinja2.PackageLoader("results.report")
        self.templates = jinja2.Environment(
            loader=loader,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self.templates.globals.update(nav=NAV, share=pages.share, version=_version())
        self.templates.filters["split_command"] = split_command
        self.templates.tests["run"] = {record.id for record in self.records}.__contains__

    def make(self, margin: float, videos: int, root: Path | None) -> list[str]:
        """Gives a line for each study, figure and gallery that cannot be looked at or made."""
        self.out.mkdir()
        for name in STATIC:
            text = resources.files("results.report").joinpath(f"static/{name}").read_text(encoding="utf-8")
            (self.out / name).write_text(text, encoding="utf-8")
        judged = pages.verdicts(self.source, margin)
        self.say("tables")
        tables = pages.tables(self.source)
        self.say("figures")
        figures = self._all_figures(judged["orders"])
        self.say("videos")
        shown = gallery(self.source, root, videos, self.out / "videos") if videos else _no_gallery()
        rows = pages.run_rows(self.records)
        unknown = not_compared(self.records, self.source.methods)
        problems = [*self.source.loaded.problems, *judged["left_out"], *unknown]
        plot = next(each for each in figures if each["name"] == orders.NAME)
        compared = comparisons(self.records, self.source.methods, MARGIN)
        self._page("index", **judged, plot=plot, runs=rows, problems=problems, compared=compared)
        self._page("studies", made=pages.study_pages(judged["studies"]))
        self._page("claims", **judged)
        self._page("tables", tables=tables)
        self._page("figures", figures=figures)
        self._page("runs", runs=rows)
        self._page("gallery", **shown)
        self._page("ambiguities", **pages.open_questions(self.source))
        self._page("reproduce", runs=[(record, pages.command(record)) for record in self.records])
        self._runs()
        (self.out / MARK).write_text(json.dumps({"harness": _version(), "runs": len(self.records)}) + "\n")
        no_videos = [f"no test videos are shown: {shown['why']}"] if videos and shown["why"] else []
        return [*judged["left_out"], *unknown, *(each["why"] for each in figures if each["why"]), *no_videos]

    def _runs(self) -> None:
        (self.out / "runs").mkdir()
        for number, record in enumerate(self.records, start=1):
            self.say(f"run {number} of {len(self.records)}")
            text = record.model_dump_json(indent=1)
            (self.out / "runs" / f"{record.id}.json").write_text(text + "\n", encoding="utf-8")
            found = self._figures(replace(self.source, run=record.id), ["curves"], "runs", f"-{record.id}")
            page = pages.run_page(record)
            self._page("run", f"runs/{record.id}.html", up="../", curves=found[0], **page)

    def _all_figures(self, measured: Sheet) -> list[dict[str, Any]]:
        """measured: the figure of orders, which the verdicts have made already."""
        (self.out / "figures").mkdir(exist_ok=True)
        found = []
        for name in catalogue.names():
            if name == orders.NAME and measured.data["orders"]:
                found.append(self._drawn(measured, "figures"))
            else:
                found += self._figures(self.source, [name], "figures")
        return found

    def _figures(self, source: Source, names: list[str], folder: str, tail: str = "") -> list[dict[str, Any]]:
        """Each figure as SVG, or why it cannot be drawn."""
        (self.out / folder).mkdir(exist_ok=True)
        found = []
        for name in names:
            try:
                sheet = catalogue.sheet(name, source)
            except UserError as error:
                left_out = {"file": "", "why": str(error), "title": name, "notes": [], "fills": []}
                found.append({"name": name, "shows": catalogue.shows(name)} | left_out)
            else:
                found.append(self._drawn(sheet, folder, tail))
        return found

    def _drawn(self, sheet: Sheet, folder: str, tail: str = "") -> dict[str, Any]:
        """The figure as SVG, and its numbers as a table and as JSON."""
        stem = f"{sheet.name.replace('/', '-')}{tail}"
        catalogue.write(sheet, self.out / folder / f"{stem}.svg", "svg")
        catalogue.write(sheet, self.out / folder / f"{stem}.csv", "csv")
        numbers = json.dumps(sheet.data, ensure_ascii=False)
        (self.out / folder / f"{stem}.json").write_text(numbers + "\n", encoding="utf-8")
        shown = {"title": sheet.title, "notes": sheet.notes, "fills": sheet.fills, "why": ""}
        files = {"file": f"{stem}.svg", "numbers": f"{stem}.json", "table": f"{stem}.csv"}
        return {"name": sheet.name, "shows": catalogue.shows(sheet.name)} | shown | files

    def _page(self, name: str, path: str = "", up: str = "", **shown: Any) -> None:
        text = self.templates.get_template(f"{name}.html.j2").render(page=name, up=up, **shown)
        (self.out / (path or f"{name}.html")).write_text(text, encoding="utf-8")


def _no_gallery() -> dict[str, Any]:
    return {"why": "left out on request (--videos 0)", "videos": [], "kinds": ()}


def _version() -> str:
    return harness.__version__
