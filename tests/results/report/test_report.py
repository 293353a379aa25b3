"""The report as a reader opens it: links lead somewhere, nothing comes from elsewhere, numbers agree."""

import json
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from click.testing import CliRunner
from support.made_records import made, save

from backbones.base.errors import UserError
from harness.cli.main import cli
from harness.record.outputs import read
from harness.record.schema import Record
from methods.parts.dominance import dominance
from results.report.gallery import KINDS, pick

VOID = ("meta", "link", "br", "img", "input")
NASTY = "<script>alert('&')</script>"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome on the PATH")


class Page(HTMLParser):
    """Fails where tags do not close in order; collects links and ids."""

    def __init__(self, path):
        super().__init__()
        self.open, self.links, self.ids, self.text = [], [], [], []
        self.feed(path.read_text(encoding="utf-8"))
        assert not self.open, f"{path}: {self.open} never close"

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.links += [named[key] for key in ("href", "src") if key in named]
        self.ids += [named["id"]] if "id" in named else []
        if tag == "img":
            assert named["alt"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data):
        self.text.append(data)


def nasty():
    """A record whose class and broken video have names that would be tags."""
    tree = made({"average": 61.0, "adaptive": 62.0}, method="two_stream").model_dump()
    for scores in (tree["metrics"]["local"], tree["metrics"]["global"], *tree["metrics"]["fusion"].values()):
        scores["per_class"] = {NASTY: scores["top1"]}
    tree["data"]["failed"]["test"] = {NASTY: "cut off"}
    return Record.model_validate(tree)


@pytest.fixture(scope="module")
def site(one_whole_run, clips_root, tmp_path_factory):
    """(folder of the report, the tiny run it shows, what was printed)."""
    place = tmp_path_factory.mktemp("report")
    save([nasty()], place / "made")
    folders = ["--runs", str(one_whole_run.path.parent), "--runs", str(place / "made")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(clips_root))
        done = CliRunner().invoke(cli, ["report", *folders, "--out", str(place / "site"), "--videos", "8"])
    assert done.exit_code == 0, done.output
    return place / "site", one_whole_run, folders


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in sorted(site[0].rglob("*.html"))}


def test_every_page_is_there_and_its_tags_close(site, pages):
    names = {str(path.relative_to(site[0])) for path in pages}
    expected = (
        "index",
        "claims",
        "studies",
        "tables",
        "figures",
        "runs",
        "gallery",
        "ambiguities",
        "reproduce",
    )
    assert names == {*(f"{name}.html" for name in expected), *(f"runs/{r}.html" for r in _runs(site))}


def _runs(site):
    return [site[1].id, nasty().id]


def test_every_link_leads_to_a_file_and_a_place_in_it(pages):
    for path, page in pages.items():
        for link in page.links:
            if link == "data:,":  # an empty icon, so that browsers ask for none
                continue
            parts = urlsplit(link)
            assert not parts.scheme, f"{path}: {link} is not here"
            target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            assert target.is_file(), f"{path}: {link}"
            if parts.fragment:
                assert parts.fragment in pages[target].ids, f"{path}: {link}"


def test_ids_are_unique(pages):
    for path, page in pages.items():
        assert max(Counter(page.ids).values()) == 1, path


def test_nothing_comes_from_elsewhere(site):
    for path in site[0].rglob("*"):
        if path.suffix in (".html", ".css", ".js"):
            text = path.read_text()
            # Where a quoted number was seen is text, and loads nothing.
            assert not re.search(r"""(src|href|data)=["']?(https?:)?//|url\(["']?(https?:)?//""", text), path
            assert "@import" not in text


def test_names_are_escaped(site):
    text = (site[0] / "runs" / f"{nasty().id}.html").read_text()
    assert NASTY not in text
    assert text.count("&lt;script&gt;alert(&#39;&amp;&#39;)") == 2  # the class and the broken video


def test_verdicts_are_those_of_the_command(site, pages):
    printed = CliRunner().invoke(cli, ["claims", *site[2], "--json"])
    wanted = {row["id"]: row["verdict"] for row in json.loads(printed.stdout)}
    text = (site[0] / "claims.html").read_text()
    shown = dict(re.findall(r'<tr id="(\w+)" data-verdict="([^"]+)"', text))
    assert shown == wanted


def test_a_runs_page_has_its_numbers(site, pages):
    text = "".join(pages[site[0] / "runs" / f"{site[1].id}.html"].text)
    record = site[1].record()
    for found in (record.metrics.local.top1, record.metrics.fusion["average"].top1):
        assert f"{found.percent:.1f} [{found.low:.1f}, {found.high:.1f}]" in text
    assert record.data.fingerprint in text
    assert json.loads((site[0] / "runs" / f"{site[1].id}.json").read_text())["id"] == site[1].id


def test_the_gallery_says_what_the_streams_said(site):
    """Guesses and dominance from the stored outputs by torch."""
    stored, text = read(site[1].outputs), (site[0] / "gallery.html").read_text()
    cards = re.findall(r'<li class="card" data-kind="([\w ]+)">(.*?)</li>', text, re.DOTALL)
    assert len(cards) == 8
    classes = site[1].record().data.classes
    outputs = stored.outputs()
    for kind, card in cards:
        row = stored.ids.index(re.search(r"frames of ([^\"]+)", card)[1])
        hits = [
            int(each.scores[row].argmax()) == int(stored.labels[row])
            for each in (outputs.local, outputs.glob)
        ]
        assert (
            kind
            == {(1, 1): "both right", (1, 0): "local right", (0, 1): "global right", (0, 0): "both wrong"}[
                tuple(hits)
            ]
        )
        first = re.search(r"<tbody>\s*<tr><td class=\"text\">(.*?)</td>", card, re.DOTALL)[1]
        assert classes[int(outputs.local.scores[row].argmax())] in first
        assert f"m {float(dominance(outputs.local.scores[row][None])):.4f}" in card


def test_strips_have_the_frames_side_by_side(site):
    from PIL import Image

    text = (site[0] / "gallery.html").read_text()
    count, width, name = re.search(
        r'--n: (\d+); height: 96px; width: (\d+)px"><img src="(videos/\d+.webp)', text
    ).groups()
    pixels = np.asarray(Image.open(site[0] / name))
    assert pixels.shape == (96, int(count) * int(width), 3)
    assert pixels.std() > 1


def test_every_kind_is_shown_as_often_as_it_can():
    said = [
        {"kind": kind, "video": at} for kind, n in zip(KINDS, (1, 10, 0, 50), strict=True) for at in range(n)
    ]
    assert Counter(each["kind"] for each in pick(said, 21)) == {KINDS[0]: 1, KINDS[1]: 10, KINDS[3]: 10}
    assert len(pick(said, 100)) == 61


def test_without_runs_the_report_says_what_makes_one(tmp_path):
    (tmp_path / "none").mkdir()
    done = CliRunner().invoke(
        cli, ["report", "--runs", str(tmp_path / "none"), "--out", str(tmp_path / "site")]
    )
    assert done.exit_code == 0, done.output
    assert "harness run --method mbd" in (tmp_path / "site" / "index.html").read_text()
    for path in (tmp_path / "site").rglob("*.html"):
        Page(path)


def test_what_a_report_lacks_is_said(tmp_path):
    records = save([made({"adaptive": 60.0})], tmp_path / "records")
    done = CliRunner().invoke(cli, ["report", "--runs", str(records), "--out", str(tmp_path / "site")])
    assert done.exit_code == 0, done.output
    (line,) = [line for line in done.stderr.splitlines() if "no test videos are shown" in line]
    assert "has no stored outputs" in line
    assert line.endswith("--restart' runs it again")
    assert "left out: figure 'confusion'" in done.stderr


def test_a_folder_of_other_files_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    (tmp_path / "none").mkdir()
    done = CliRunner().invoke(cli, ["report", "--runs", str(tmp_path / "none"), "--out", str(tmp_path)])
    assert isinstance(done.exception, UserError)
    assert "files that are not a report's" in str(done.exception)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def browse(path, query=""):
    """The page's document after its scripts, and what the browser complained of."""
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        "--virtual-time-budget=3000",
    ]
    done = subprocess.run(
        [BROWSER, *options, "--dump-dom", f"{path.as_uri()}{query}"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line or "ERR_FILE" in line]


@needs_browser
def test_pages_load_in_a_browser_without_a_complaint(pages):
    for path in pages:
        shown, complaints = browse(path)
        assert "</html>" in shown
        assert not complaints, path


@needs_browser
def test_filters_work_in_a_browser(site):
    shown, _ = browse(site[0] / "claims.html", "?verdict=cost+differs")
    rows = re.findall(
        r'<tr id="\w+" data-verdict="([^"]+)" data-paper="\w+" data-axis="[^"]+"( hidden="")?', shown
    )
    assert {verdict for verdict, hidden in rows if not hidden} == {"cost differs"}


@needs_browser
def test_sorting_works_in_a_browser(site):
    page = site[0] / "sorted.html"
    click = '<script defer src="click.js"></script></head>'
    page.write_text((site[0] / "tables.html").read_text().replace("</head>", click))
    (site[0] / "click.js").write_text("document.querySelector('#table-cost th button').click()")
    shown, _ = browse(page)
    table = re.search(r'id="table-cost".*?</table>', shown, re.DOTALL)[0]
    names = re.findall(r'<th scope="row">([^<]+)', table)
    assert 'aria-sort="ascending"' in table
    assert names == sorted(names, key=str.lower)
    for each in (page, site[0] / "click.js"):
        each.unlink()
