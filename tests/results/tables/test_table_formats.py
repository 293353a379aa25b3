"""Tables in each format: what a reader of that format finds in them."""

import csv
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from support.made_records import save
from support.made_tables import call, five_seeds

from results.tables.catalogue import all_names, names
from results.tables.model import Cell, Table
from results.tables.render import FORMATS


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("shape", FORMATS)
def test_every_table_in_every_format(name, shape, tmp_path):
    save(five_seeds()[:2], tmp_path)
    shown = call(name, "--format", shape, "--runs", tmp_path, "--provenance")
    assert shown.exit_code == 0, shown.output
    assert shown.output.strip()


def test_csv_gives_the_numbers_back(tmp_path):
    save(five_seeds(), tmp_path)
    rows = list(csv.DictReader(io.StringIO(call("fusion", "--format", "csv", "--runs", tmp_path).output)))
    adaptive = next(line for line in rows if line["row"] == "adaptive")
    assert float(adaptive["top-1 measured ↑"]) == pytest.approx(72.2)
    assert adaptive["top-1 measured ↑ n"] == "5"
    assert adaptive["top-1 reported"] == "83.53"


def test_markdown_has_as_many_cells_in_each_row(tmp_path):
    save(five_seeds(), tmp_path)
    lines = list(call("fusion", "--format", "md", "--runs", tmp_path).output.splitlines())
    counts = {line.replace("\\|", "").count("|") for line in lines if line.startswith("|")}
    assert len(counts) == 1
    assert any("**72.2" in line for line in lines)


def test_json_and_html_know_their_runs(tmp_path):
    records = five_seeds()
    save(records, tmp_path)
    tree = json.loads(call("fusion", "--format", "json", "--runs", tmp_path).output)
    assert set(tree["rows"][0][2]["runs"]) == {record.id for record in records}
    call("fusion", "--format", "html", "--provenance", "--runs", tmp_path, "--out", tmp_path / "a" / "t.html")
    page = (tmp_path / "a" / "t.html").read_text()
    linked = set(re.findall(r'href="([^"#]+)"', page))
    assert {(tmp_path / "a" / link).resolve() for link in linked} == {
        tmp_path / record.id / "record.json" for record in records
    }
    HTMLParser().feed(page)
    assert page.count('<th scope="row">') == len(tree["rows"])
    assert "<caption>" in page


def test_latex_is_escaped(tmp_path):
    text = call("components", "--format", "latex", "--runs", tmp_path).output
    assert r"\toprule" in text
    assert r"two\_stream" in text
    comment, _, rest = text.partition("\n")
    assert comment.startswith(r"% needs \usepackage{booktabs,graphicx}; it has its own caption: \input it ")
    assert comment.endswith(r"\ref{tab:components} is its number")
    assert rest.count(r"}\label{tab:components}") == 1
    assert "%" not in rest.replace(r"\%", "")


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not on PATH: tables are not compiled")
@pytest.mark.parametrize("provenance", [False, True])
def test_every_table_compiles_in_latex(provenance, tmp_path):
    save(five_seeds(), tmp_path)
    body = call("--all", "--format", "latex", *["--provenance"] * provenance, "--runs", tmp_path).output
    packages = "\\usepackage[utf8]{inputenc}\\usepackage{booktabs,graphicx,longtable,lscape}"
    head = f"\\documentclass{{article}}{packages}\\begin{{document}}"
    pages = body.replace("\\end{table}", "\\end{table}\\clearpage")
    (tmp_path / "t.tex").write_text(f"{head}\n{pages}\\end{{document}}\n")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "t.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, done.stdout[-500:]
    too_wide = [float(points) for points in re.findall(r"Overfull .hbox \(([\d.]+)pt", done.stdout)]
    assert provenance or max(too_wide, default=0.0) < 10  # runs in each cell may be more than a page holds
    assert "too large" not in done.stdout


@pytest.mark.parametrize("name", all_names())
def test_latex_has_only_what_pdflatex_knows(name, tmp_path):
    """Letters beyond Latin-1 are commands; braces and columns are balanced."""
    save(five_seeds()[:2], tmp_path)
    text = call(name, "--format", "latex", "--runs", tmp_path, "--provenance").output
    assert not {letter for letter in text if ord(letter) > 255}
    assert text.replace(r"\{", "").count("{") == text.replace(r"\}", "").count("}")
    lines = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len({line.replace(r"\&", "").count("&") for line in lines}) == 1


def test_latex_shows_options_as_they_are_typed():
    """Two hyphens are a dash in LaTeX, and an apostrophe is a closing quote."""
    command = "harness run --set 'a=b c' --rows `x` ---y"
    shown = Table(
        "t", "the option --out", ["", "top-1"], [[Cell("a--b"), Cell("—", footnote=f"none: {command}")]]
    )
    shown.footer = ["--protocol 1a shows them; a–b, a-b"]
    text = FORMATS["latex"](shown, False)
    assert r"\caption{the option -{}-out}" in text
    assert r"a-{}-b & --- [1] \\" in text
    typed = (
        r"\texttt{harness run -{}-set \textquotesingle{}a=b c\textquotesingle{} -{}-rows "
        r"\textasciigrave{}x\textasciigrave{} -{}-{}-y}"
    )
    assert rf"[1] none: {typed}\par" in text
    assert r"-{}-protocol 1a shows them; a–b, a-b\par" in text


def test_only_the_command_of_a_footnote_is_code(tmp_path):
    """What is said before it would be pasted into a shell with it."""
    save(five_seeds(), tmp_path)
    said = "in a table of another protocol:"
    text = call("methods", "--format", "md", "--runs", tmp_path).output
    assert f"] {said} `harness table genkd --run " in text
    assert "] `harness run --method mutual " in text
    text = call("methods", "--format", "html", "--runs", tmp_path).output
    assert f">{said} <code>harness table genkd --run " in text
    assert "> <code>harness run --method mutual " in text
