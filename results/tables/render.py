"""A table in each format. LaTeX needs booktabs, graphicx, and for long tables longtable and lscape."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from math import ceil
from pathlib import Path

from backbones.base.plain_text import in_csv, in_markdown
from results.tables.model import Cell, Table, split_command

PIPED_WIDTH = 160
# Rows of a table that fills more than a page, columns of one wider than it, letters of a label to be broken.
LONG, WIDE, LABEL = 40, 4, 40
NOTE, SMALL = 95, 0.8  # letters in a line of a note, and its height in rows
BREAK = "\0"  # between letters that LaTeX would join; no text has it
LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{",
    "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "—": "---",
    "−": "$-$", "↑": r"$\uparrow$", "↓": r"$\downarrow$", "Δ": r"$\Delta$", "×": r"$\times$", "²": "$^2$",
    "<": r"$<$", ">": r"$>$", "¼": r"$\frac14$", "½": r"$\frac12$", "⅛": r"$\frac18$", "¾": r"$\frac34$",
    "⅜": r"$\frac38$", "⅝": r"$\frac58$", "⅞": r"$\frac78$", "|": r"\textbar{}", "≈": r"$\approx$",
    BREAK: "{}",
}  # fmt: skip


def _text(table: Table, cell: Cell, provenance: bool) -> str:
    """With its footnote's number and, where asked, its runs."""
    mark = f" [{table.footnotes()[cell.footnote]}]" if cell.footnote else ""
    runs = f" ({', '.join(cell.runs)})" if provenance and cell.runs else ""
    return cell.text + mark + runs


def _notes(table: Table) -> list[str]:
    return [f"[{mark}] {text}" for text, mark in table.footnotes().items()]


def markdown(table: Table, provenance: bool) -> str:
    """The table as Markdown. provenance: whether each cell names its runs."""

    def shown(cell: Cell) -> str:
        text = in_markdown(_text(table, cell, provenance)).replace("|", "\\|")
        return f"**{text}**" if cell.bold else text

    columns = [in_markdown(column).replace("|", "\\|") for column in table.columns]
    lines = [f"**{in_markdown(table.title)}**", "", _piped(columns)]
    lines.append(_piped([":---"] * table.keys + ["---:"] * (len(table.columns) - table.keys)))
    lines += [_piped([shown(cell) for cell in row]) for row in table.rows]
    notes = [f"- [{mark}] {_as_code(text)}" for text, mark in table.footnotes().items()]
    return "\n".join([*lines, "", *notes, *(f"- {in_markdown(line)}" for line in table.footer), ""])


def _as_code(footnote: str) -> str:
    words, command = split_command(footnote)
    return f"{in_markdown(words)} `{command}`".strip() if command else in_markdown(words)


def _piped(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def latex(table: Table, provenance: bool) -> str:
    """The table as LaTeX; a comment says what packages it needs. provenance: as of `markdown`."""

    def shown(cell: Cell) -> str:
        text = escape(_text(table, cell, provenance))
        return rf"\textbf{{{text}}}" if cell.bold else text

    caption = rf"\caption{{{escape(table.title)}}}\label{{{_label(table)}}}"
    head = [r"\toprule", " & ".join(map(escape, table.columns)) + r" \\", r"\midrule"]
    body = [" & ".join(shown(cell) for cell in row) + r" \\" for row in table.rows] + [r"\bottomrule"]
    notes = [r"{\footnotesize\raggedright\sloppy"]
    marked = [f"[{mark}] {_in_latex(text)}" for text, mark in table.footnotes().items()]
    notes += [line + r"\par" for line in (*marked, *map(escape, table.footer))] + ["}"]
    if len(table.rows) > LONG:
        return "\n".join([_needs(table), *_long(table, caption, head, body), *notes, ""])
    lines = [caption, _fitted(table, [*head, *body]), r"\par\medskip", *notes]
    if len(table.rows) + SMALL * sum(ceil(len(line) / NOTE) for line in notes) > LONG:
        # More than a page holds: it does not float, so that its notes may go on overleaf.
        begun = [r"\begin{center}", r"\makeatletter\def\@captype{table}\makeatother"]
        return "\n".join([_needs(table), *begun, caption, r"\nopagebreak", *lines[1:], r"\end{center}", ""])
    return "\n".join([_needs(table), r"\begin{table}[htbp]", r"\centering", *lines, r"\end{table}", ""])


def _needs(table: Table) -> str:
    """A comment with the packages that the table needs, and how it gets into a document."""
    packages = "booktabs,graphicx"
    if len(table.rows) > LONG:
        packages = "booktabs,longtable" + ",lscape" * (len(table.columns) > WIDE)
    how = rf"it has its own caption: \input it outside of any table; \ref{{{_label(table)}}} is its number"
    return rf"% needs \usepackage{{{packages}}}; {how}"


def _label(table: Table) -> str:
    return "tab:" + re.sub(r"[^A-Za-z0-9-]", "-", table.name)


def _fitted(table: Table, lines: list[str]) -> str:
    """Made narrower where it is wider than the page."""
    fits = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{"
    begun = rf"\begin{{tabular}}{{{'l' * table.keys}{'r' * (len(table.columns) - table.keys)}}}"
    return "\n".join([fits + begun, *lines, r"\end{tabular}}"])


def _long(table: Table, caption: str, head: list[str], body: list[str]) -> list[str]:
    """Over several pages, in small print, long labels broken; across the pages where it has many columns."""
    label = r"p{0.5\linewidth}" if max(len(row[0].text) for row in table.rows) > LABEL else "l"
    small = r"{\scriptsize\setlength{\tabcolsep}{2pt}"
    lines = [small, rf"\begin{{longtable}}{{{label}{'r' * (len(table.columns) - 1)}}}"]
    lines += [caption + r" \tabularnewline", *head, r"\endhead", *body, r"\end{longtable}", "}"]
    across = len(table.columns) > WIDE
    return [r"\begin{landscape}", *lines, r"\end{landscape}"] if across else lines


def escape(text: str) -> str:
    """Text with LaTeX's special characters escaped."""
    apart = re.sub("-(?=-)", f"-{BREAK}", text)  # two hyphens would be joined to a dash
    return "".join(LATEX.get(letter, letter) for letter in apart)


def _typed(command: str) -> str:
    """A command as it is typed: in typewriter type, with straight quotes."""
    quotes = {"'": r"\textquotesingle{}", "`": r"\textasciigrave{}"}
    return r"\texttt{" + "".join(quotes.get(letter, letter) for letter in escape(command)) + "}"


def _in_latex(footnote: str) -> str:
    words, command = split_command(footnote)
    return f"{escape(words)} {_typed(command)}".strip() if command else escape(words)


def comma(table: Table, provenance: bool) -> str:
    """Numbers as numbers: a measured column has its interval's ends and n beside it."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    wide = [
        index
        for index in range(len(table.columns))
        if any(row[index].n or row[index].footnote for row in table.rows)
    ]
    head: list[str] = []
    for index, name in enumerate(table.columns):
        head += [
            name or "row",
            *((f"{name} {part}" for part in ("low", "high", "n")) if index in wide else ()),
        ]
        head += [f"{name} runs"] if provenance and index in wide else []
    writer.writerow(head)
    for row in table.rows:
        cells: list[object] = []
        for index, cell in enumerate(row):
            cells.append(in_csv(cell.text) if cell.value is None and not cell.footnote else cell.value)
            cells += [cell.low, cell.high, cell.n or None] if index in wide else []
            cells += [" ".join(cell.runs)] if provenance and index in wide else []
        writer.writerow(cells)
    return stream.getvalue()


def page(table: Table, provenance: bool) -> str:
    """The table as a page of HTML. provenance: as of `markdown`."""
    from importlib import resources

    from jinja2 import Environment

    text = resources.files("results").joinpath("tables/table.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True)
    environment.filters["split_command"] = split_command
    template = environment.from_string(text)
    return template.render(table=table, notes=table.footnotes(), provenance=provenance)


def as_json(table: Table, provenance: bool) -> str:
    """The table as JSON, with the runs of each cell."""
    return json.dumps(asdict(table), indent=1, ensure_ascii=False) + "\n"


def rich(table: Table, provenance: bool) -> str:
    """As a terminal shows it, with its width and colours where stdout is one."""
    from rich.console import Console
    from rich.markup import escape as plain

    from harness.console.columns import show

    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPED_WIDTH
    rows = []
    for row in table.rows:
        texts = [plain(_text(table, cell, False)) for cell in row]
        rows.append([f"[bold]{t}[/]" if c.bold else t for t, c in zip(texts, row, strict=True)])
    with console.capture() as captured:
        show(console, plain(table.title), [*map(plain, table.columns)], rows, table.keys, markup=True)
        for line in _notes(table):
            console.print(line, style="dim", soft_wrap=True, markup=False)
        for line in table.footer:
            console.print(line, style="dim", markup=False)
        for line in _came_from(table) if provenance else ():
            console.print(f"from runs: {line}", style="dim", markup=False)
    return captured.get()


def _came_from(table: Table) -> list[str]:
    """The runs of each row's cells; a column is named where not all cells of a row have the same."""
    lines = []
    for row in table.rows:
        by_runs: dict[tuple[str, ...], list[str]] = {}
        for heading, cell in zip(table.columns, row, strict=True):
            if cell.runs:
                by_runs.setdefault(cell.runs, []).append(heading)
        for runs, headings in by_runs.items():
            where = f" ({', '.join(headings)})" if len(by_runs) > 1 else ""
            lines.append(f"{row[0].text}{where}: {' '.join(runs)}")
    return lines


FORMATS: dict[str, Callable[[Table, bool], str]] = {
    "rich": rich,
    "md": markdown,
    "latex": latex,
    "csv": comma,
    "html": page,
    "json": as_json,
}
LINKED = ("html", "json")


def rendered(table: Table, shape: str, provenance: bool, folder: Path) -> str:
    """The table as text. folder: where a page of it will lie, so that its links reach the records."""
    if shape not in LINKED:
        return FORMATS[shape](table, provenance)
    links = {run: Path(os.path.relpath(path, folder)).as_posix() for run, path in table.links.items()}
    return FORMATS[shape](replace(table, links=links), provenance)


def as_json_list(tables: list[Table]) -> str:
    """Several tables as one JSON list."""
    return json.dumps([asdict(table) for table in tables], indent=1, ensure_ascii=False) + "\n"
