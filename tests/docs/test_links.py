"""Every link leads somewhere, and every file that the pages name is there."""

import re

import pytest
from support.pages import PAGES, anchors, inline_code, links
from support.places import ROOT

NAMED = re.compile(r"(?:[\w.-]+/)*[\w.-]+(?:/|\.(?:py|md|csv|yaml|yml|toml|lock|sh|json|cff))")
# What users bring, what runs and commands leave, and what was renamed.
GENERATED = ("reference/settings.md",)  # of the site alone (scripts/site/hooks.py)
NOT_HERE = {
    *("record.json", "list.csv", "small.yaml", "components.tex", "FILE.py", "report/index.html", "seen.png"),
    *("runs/ID/", "config.json", "videos.json", "trained.json", "contents.json", "broken.json", "probe.json"),
    *("maker.json", "stored.json"),
    *("runs/failed/", "runs/sweeps/ID/", "sweep.json", "trials.csv"),
    *("failed.json", "failed_videos.json", "train/", "test/", "report/", "study.yaml", "method.py"),
    *("data-check-DATASET-SPLIT-HASH.json", "build/site/index.html"),
    *("metrics.csv", "trackers.json", "model.json", "mlflow.db"),
}
PAPERS = ("results/papers/mbd/", "results/papers/others/", "results/paper_check/blank/")
LOOKED_IN = ("", "scripts/", "harness/", "methods/", "backbones/", "results/", "scripts/examples/", *PAPERS)


def test_there_are_pages():
    assert {"README.md", "CHANGELOG.md", "architecture.md", "using.md"} <= {page.name for page in PAGES}


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize(
    ("page", "target"),
    [(page, target) for page, target in links() if "://" not in target and target not in GENERATED],
    ids=lambda x: str(x),
)
def test_a_link_leads_to_a_file_and_its_heading(page, target):
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    assert file.exists(), f"{page.name} links to {target}"
    assert ROOT in (file, *file.parents), f"{page.name} links out of the project: {target}"
    assert not anchor or anchor in anchors(file), f"{target}: there are {sorted(anchors(file))}"


def named_files():
    return [(page, text) for page, text in inline_code() if NAMED.fullmatch(text) and text not in NOT_HERE]


@pytest.mark.parametrize(("page", "text"), named_files())
def test_a_file_that_is_named_is_there(page, text):
    places = [ROOT / folder / text.replace("NAME", "*") for folder in LOOKED_IN]
    found = [place for place in places if place.exists() or list(place.parent.glob(place.name))]
    assert found, f"{page} names {text}, which is not there"


def test_no_page_names_a_path_of_one_machine():
    for page in PAGES:
        assert not re.search(r"(?<![\w.~])/(?:work|home|root|tmp)/", page.read_text(encoding="utf-8")), (
            page.name
        )


def test_every_page_is_reached_from_the_readme():
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page not in reached and page.suffix == ".md" and page in PAGES:
            reached.add(page)
            todo += [
                (page.parent / target.partition("#")[0]).resolve() for at, target in links() if at == page
            ]
    assert {page for page in PAGES if page.name != "CONTRIBUTING.md"} <= reached
