"""The report in a real browser: three widths, light and dark, the keyboard alone, and axe-core's rules.

Playwright drives the browser that is installed; both are for `.ci/run` (scripts/ci), not for `make test`.
"""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.made_records import made, save

from harness.cli.main import cli

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if BROWSER is None:
    pytest.skip("no chromium or google-chrome on the PATH", allow_module_level=True)
# Each scheme by axe-core once, whose contrast rules depend on it.
WINDOWS = ((390, "light", True), (1280, "dark", True), (1920, "light", False), (390, "dark", False))
AXE = Path(axe.__file__).with_name("axe.min.js")


@pytest.fixture(scope="module")
def site(one_whole_run, clips_root, tmp_path_factory):
    """A report of a whole run, of orders that several seeds measured, and of a class with a long name."""
    place = tmp_path_factory.mktemp("browser")
    seeds = [
        made({"average": 60.0 + seed + 3 * more, "adaptive": 61.0 + seed}, method=method, seed=seed)
        for seed in range(3)
        for more, method in enumerate(("two_stream", "mbd"))
    ]
    save(seeds, place / "made")
    folders = ["--runs", str(one_whole_run.path.parent), "--runs", str(place / "made")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(clips_root))
        done = CliRunner().invoke(cli, ["report", *folders, "--out", str(place / "site"), "--videos", "4"])
    assert done.exit_code == 0, done.output
    return place / "site"


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def opened(browser):
    """Opens a page in a context of its own; what it complained of fails the test at the end."""
    complaints, contexts = [], []

    def open_page(path, width=1280, scheme="light", query=""):
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.on("console", lambda said: complaints.append(f"{path.name}: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(f"{path.name}: {error}"))
        page.on("requestfailed", lambda request: complaints.append(f"{path.name}: {request.url}"))
        page.goto(path.as_uri() + query)
        return page

    yield open_page
    for each in contexts:
        each.close()
    assert not complaints


def first_of_each(site):
    """Every page of the site, and of the runs' pages one."""
    return [*sorted(site.glob("*.html")), sorted((site / "runs").glob("*.html"))[0]]


@pytest.mark.parametrize(("width", "scheme", "by_axe"), WINDOWS)
def test_no_page_is_wider_than_its_window_or_breaks_a_rule_of_axe(site, opened, width, scheme, by_axe):
    told = []
    for path in first_of_each(site):
        page = opened(path, width, scheme)
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            told.append((path.name, f"{wide} pixels wide"))
        if by_axe:
            page.add_script_tag(path=AXE)
            for each in page.evaluate("axe.run(document, {preload: false})")["violations"]:
                told.append((path.name, each["id"], [node["html"][:90] for node in each["nodes"]][:3]))
        page.context.close()
    assert not told


def test_the_first_screen_shows_the_runs_where_no_claim_is_decided(site, opened):
    page = opened(site / "index.html")
    lead = page.locator(".lead li").first
    table = page.locator("table").first.bounding_box()
    assert table["y"] < min(900, lead.bounding_box()["y"])
    assert "claims that runs can decide are decided" in lead.inner_text()
    assert page.locator("figure img").first.evaluate("image => image.naturalWidth") > 0


def test_by_keyboard_alone(site, opened):
    """The first stop leads past the menu; a filter and a heading that sorts are reached and work."""
    page = opened(site / "tables.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('main').contains(document.activeElement)")
    heading = page.locator("#table-cost thead button").first
    heading.focus()
    page.keyboard.press("Enter")
    names = page.locator("#table-cost tbody th").all_inner_texts()
    assert names == sorted(names, key=str.lower)
    assert page.locator("#table-cost thead th").first.get_attribute("aria-sort") == "ascending"
    search = page.locator("[data-for=table-cost]")
    search.focus()
    page.keyboard.type("vtn_vitb")
    shown = [each for each in page.locator("#table-cost tbody tr").all() if each.is_visible()]
    assert 0 < len(shown) < len(names)
    assert all("vtn_vitb" in each.inner_text() for each in shown)


def test_everything_that_can_be_focused_shows_it(site, opened):
    page = opened(site / "index.html")
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(() => { const each = document.activeElement, shown = getComputedStyle(each);"
            " return [each.tagName, shown.outlineStyle, shown.outlineWidth] })()"
        )
        seen.add(style[0])
        assert style[0] == "BODY" or (style[1] != "none" and style[2] != "0px"), style
    assert "A" in seen


def test_links_to_verdicts_filter_the_claims(site, opened):
    page = opened(site / "claims.html", query="?verdict=cost+differs")
    rows = [each for each in page.locator("#claims tbody tr").all() if each.is_visible()]
    assert rows
    assert {each.get_attribute("data-verdict") for each in rows} == {"cost differs"}
