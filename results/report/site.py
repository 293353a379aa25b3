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
from results.figures import catalogue
from results.figures.model import Source
from results.report import pages
from results.report.gallery import gallery
from results.tables.model import split_command

MARK = "report.json"  # tells a report's folder from others
STATIC = ("report.css", "report.js")
NAV = {
    "index": "Verdicts",
    "claims": "Claims",
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

    Gives its first page, and what could not be shown.
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
        """Gives a line for each figure, and for the gallery, where it could not be made."""
        self.out.mkdir()
        for name in STATIC:
            text = resources.files("results.report").joinpath(f"static/{name}").read_text(encoding="utf-8")
            (self.out / name).write_text(text, encoding="utf-8")
        judged = pages.verdicts(self.source, margin)
        self.say("tables")
        tables = pages.tables(self.source)
        self.say("figures")
        figures = self._figures(self.source, catalogue.names(), "figures")
        self.say("videos")
        shown = gallery(self.source, root, videos, self.out / "videos") if videos else _no_gallery()
        rows = pages.run_rows(self.records)
        self._page("index", **judged, runs=rows, problems=self.source.loaded.problems)
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
        return [figure["why"] for figure in figures if figure["why"]] + no_videos

    def _runs(self) -> None:
        (self.out / "runs").mkdir()
        for number, record in enumerate(self.records, start=1):
            self.say(f"run {number} of {len(self.records)}")
            text = record.model_dump_json(indent=1)
            (self.out / "runs" / f"{record.id}.json").write_text(text + "\n", encoding="utf-8")
            found = self._figures(replace(self.source, run=record.id), ["curves"], "runs", f"-{record.id}")
            page = pages.run_page(record)
            self._page("run", f"runs/{record.id}.html", up="../", curves=found[0], **page)

    def _figures(self, source: Source, names: list[str], folder: str, tail: str = "") -> list[dict[str, Any]]:
        """Each figure as SVG, or why it cannot be drawn."""
        (self.out / folder).mkdir(exist_ok=True)
        found = []
        for name in names:
            entry: dict[str, Any] = {
                "name": name,
                "shows": catalogue.shows(name),
                "file": "",
                "why": "",
            }
            try:
                sheet = catalogue.sheet(name, source)
            except UserError as error:
                found.append(entry | {"why": str(error), "title": name, "notes": [], "fills": []})
                continue
            file = f"{name.replace('/', '-')}{tail}.svg"
            catalogue.write(sheet, self.out / folder / file, "svg")
            numbers = f"{name.replace('/', '-')}{tail}.json"
            (self.out / folder / numbers).write_text(json.dumps(sheet.data, ensure_ascii=False) + "\n")
            shown = {"title": sheet.title, "notes": sheet.notes, "fills": sheet.fills, "numbers": numbers}
            found.append(entry | {"file": file} | shown)
        return found

    def _page(self, name: str, path: str = "", up: str = "", **shown: Any) -> None:
        text = self.templates.get_template(f"{name}.html.j2").render(page=name, up=up, **shown)
        (self.out / (path or f"{name}.html")).write_text(text, encoding="utf-8")


def _no_gallery() -> dict[str, Any]:
    return {"why": "left out on request (--videos 0)", "videos": [], "kinds": ()}


def _version() -> str:
    return harness.__version__
