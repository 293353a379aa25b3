"""Names of strangers in all that is written: each format is read again by a parser of its own."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hostile.commands import RECORDS, RUN
from hostile.outcome import Tally, command, late

TEXTS = (
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '"><svg onload=alert(1)>',
        "' onmouseover='x",
    ),
    *(
        "![p](http://tracker.example/x.png)",
        "[click](javascript:alert(1))",
        "a | b | c",
        "`code`",
        "<http://x.example>",
    ),
    *("=cmd|' /C calc'!A0", "+1+cmd", "@SUM(1)", "-2+3+cmd", "\t=1+1", "\r=1+1", 'a,b"c', "a;b\nc"),
    *("\\input{/etc/passwd}", "\\write18{true}", "$x_1^2$", "50% & #1 {x} ~^", "\\end{document}"),
    *(
        "\x1b[31mred",
        "\x1b]0;title\x07",
        "\x9b31m",
        "a\x00b",
        "a\x0bb",
        "\u202egnp.exe",
        "\ufffe\uffff",
        "\u2028x",
        "\udce9",
    ),
    *(
        "[bold]b[/]",
        "[/]",
        "[link=http://x.example]x[/link]",
        ":smile:",
        "{{ 7*7 }}",
        "%s%n",
        "走る🏃é",
        "]]>&<!--",
    ),
)
COMMANDS = (
    *("runs --out R", "runs --out R --json", "show {id} --out R", "show {id} --out R --json"),
    *(
        f"table {name} --runs R --format {form}"
        for name in ("methods", "fusion")
        for form in ("rich", "md", "latex", "csv", "html", "json")
    ),
    *("export records --runs R --format csv", "export records --runs R --format json", "claims mbd --runs R"),
    *("figure fusion --runs R --out f.svg", "figure dominance --run {run} --runs R --out f.svg"),
    *("figure confusion --run {run} --runs R --out f.svg", "figure per-class --runs R --out f.svg"),
    *(
        "fuse {run} --fusion average --out R",
        "report --runs R --videos 2 --out site",
        "diff {id} {other} --out R",
    ),
)
ROUNDS = 4
FREE = (
    *("classes", "labels", "failed", "missing", "environment"),
    *("device", "source", "split", "reason", "summary"),
)


def stained(tree: Any, texts: Iterator[str], whole: bool) -> Any:
    """A record's tree with a text in each name, where it stays a record. whole: in settings too."""

    places = [place for place in _places(tree, ()) if whole or any(str(key) in FREE for key in place)]
    for place in places:
        node = tree
        for key in place[:-1]:
            node = node[key]
        before, node[place[-1]] = node[place[-1]], next(texts)
        try:
            renamed(tree)
        except ValueError:
            node[place[-1]] = before
    metrics = tree["metrics"]
    for scores in (metrics["local"], metrics["global"], *metrics["fusion"].values()):
        for part in ("per_class", "per_family"):
            named = scores.get(part) or {}
            scores[part] = {f"{next(texts)} {name}": each for name, each in named.items()}
    return tree


def renamed(tree: dict[str, Any]) -> dict[str, Any]:
    """With the id of its new settings: a record of another id is refused before anything of it is shown."""
    from harness.config.schema import Config
    from harness.record.consistency.own_id import other_id
    from harness.record.schema import RunRecord

    record = RunRecord.model_validate(tree, by_alias=True, by_name=False)
    return tree | {"seal": None, "id": other_id(record, Config.model_validate(record.config)) or record.id}


def _places(node: Any, at: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in list(pairs):
        if isinstance(value, str) and key not in ("id", "name", "fusion", "dataset", "preset", "finished"):
            yield (*at, key)
        elif isinstance(value, dict | list):
            yield from _places(value, (*at, key))


def try_names(folder: Path) -> dict[str, Tally]:
    """Each command ROUNDS times, on records and outputs whose names are texts of strangers."""
    from harness.record.migrate import migrate

    tallies: dict[str, Tally] = {}
    texts = cycle(TEXTS)
    ids = sorted(path.name for path in RECORDS.iterdir())[:2]
    for number in range(ROUNDS):
        runs = folder / "R"
        shutil.rmtree(runs, ignore_errors=True)
        names = {}
        for place, source in (("id", RECORDS / ids[0]), ("other", RECORDS / ids[1]), ("run", RUN)):
            tree = json.loads((source / "record.json").read_text())
            tree = renamed(stained(migrate(tree, 1), texts, whole=place == "other"))
            names[place] = tree["id"]
            shutil.copytree(source, runs / tree["id"])
            (runs / tree["id"] / "record.json").write_text(json.dumps(tree))
        folder_of_run = runs / names["run"]
        stain_outputs(folder_of_run / "outputs-test.safetensors", folder_of_run / "videos.json", texts)
        for line in COMMANDS:
            if late():
                return tallies
            words = line.format(**names).split()
            for kind, fault in judged(words, folder):
                tallies.setdefault(kind, Tally()).add(f"{' '.join(words)}, round {number}", fault)
    return tallies


def stain_outputs(outputs: Path, videos: Path, texts: Iterator[str]) -> None:
    """Other names of the videos, the same in both files."""
    from hostile.tensors import packed

    data = outputs.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    tree = json.loads(videos.read_text())
    ids = [f"{number} {next(texts)}" for number in range(len(tree["test"]))]
    header["__metadata__"]["ids"] = json.dumps(ids)
    outputs.write_bytes(packed(header, data[8 + size :]))
    for row, name in zip(tree["test"], ids, strict=True):
        row["id"] = name
    videos.write_text(json.dumps(tree))


def judged(words: list[str], folder: Path) -> Iterator[tuple[str, str]]:
    """(the format, what is wrong in it or nothing)."""
    for left in ("f.svg", "site"):
        shutil.rmtree(folder / left, ignore_errors=True)
        (folder / left).unlink(missing_ok=True)
    outcome = command(words)
    fault = outcome.fault()
    form = (
        words[words.index("--format") + 1]
        if "--format" in words
        else "json"
        if "--json" in words
        else "terminal"
    )
    if fault or outcome.code:
        yield form, fault
        return
    if (folder / "f.svg").exists():
        yield "svg", svg((folder / "f.svg").read_text(encoding="utf-8"))
    elif (folder / "site").exists():
        for page in sorted((folder / "site").rglob("*.html")):
            yield "html", html(page.read_text(encoding="utf-8"))
        for page in sorted((folder / "site").rglob("*.svg")):
            yield "svg", svg(page.read_text(encoding="utf-8"))
    else:
        yield form, CHECKS[form](outcome.out)


def controls(text: str) -> str:
    """No control character but the end of a line, none that turns the direction, none that no XML has."""
    bad = [
        c
        for c in text
        if (unicodedata.category(c) in ("Cc", "Cs") and c != "\n") or c in "\u202e\u202d\u2066\u2028\ufffe"
    ]
    return f"has {bad[0]!a}" if bad else ""


def as_json(text: str) -> str:
    try:
        tree = json.loads(text, parse_constant=lambda name: 1 / 0)
    except (ValueError, ZeroDivisionError) as error:
        return f"no JSON: {error}"
    return controls(json.dumps(tree, ensure_ascii=False))


def as_csv(text: str) -> str:
    rows = list(csv.reader(io.StringIO(text), strict=True))
    if len({len(row) for row in rows}) > 1:
        return f"rows of {sorted({len(row) for row in rows})} cells"
    for cell in (cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")):
        try:
            float(cell)
        except ValueError:
            return f"a formula: {cell!r}"
    return controls(text)


class Tags(HTMLParser):
    """fault: what no page of ours has: code in attributes, scripts with a hostile text, foreign addresses."""

    fault = ""
    inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.fault = f"<{tag} {name}={value}>"
            if name in ("src", "href") and "tracker.example" in (value or ""):
                self.fault = f"<{tag} {name}={value}>"

    def handle_data(self, data: str) -> None:
        if self.inside == "script" and "alert(1)" in data:
            self.fault = "a script of strangers"

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


def html(text: str) -> str:
    tags = Tags()
    tags.feed(text)
    tags.close()
    return tags.fault or controls(text.replace("\t", " "))


def svg(text: str) -> str:
    """Pictures inside are Matplotlib's own pixels; others would be fetched when the file is opened."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return f"no XML: {error}"
    foreign = [each.tag for each in root.iter() if each.tag.rpartition("}")[2] in ("script", "foreignObject")]
    links = [value for each in root.iter() for key, value in each.attrib.items() if key.endswith("href")]
    foreign += [link for link in links if not link.startswith(("data:image/png;base64,", "#"))]
    return f"<{foreign[0]}>" if foreign else controls(text)


def markdown(text: str) -> str:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    inner = [each for token in tokens for each in (token, *(token.children or []))]
    wrong = [each for each in inner if each.type in ("html_block", "html_inline", "image", "link_open")]
    wrong = [each for each in wrong if not each.content.startswith("<!--")]
    if wrong:
        return f"{wrong[0].type}: {wrong[0].content or wrong[0].attrs}"
    rows, cells = [], 0
    for token in tokens:
        cells = 0 if token.type == "tr_open" else cells + (token.type in ("td_open", "th_open"))
        rows += [cells] if token.type == "tr_close" else []
    lines = [line for line in text.splitlines() if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
    return f"rows of {widths} bars" if len(widths) > 1 else controls(text)


def latex(text: str) -> str:
    for harm in ("\\input", "\\write18", "\\end{document}"):
        if re.search(r"(?<!\\)" + re.escape(harm) + r"(?![a-z])", text):
            return f"{harm} is a command"
    bare = re.sub(r"\\[{}\\]", "", text)
    return "braces do not close" if bare.count("{") != bare.count("}") else controls(text)


CHECKS: dict[str, Callable[[str], str]] = {
    "terminal": controls,
    "rich": controls,
    "md": markdown,
    "latex": latex,
    "csv": as_csv,
    "html": html,
    "json": as_json,
}
