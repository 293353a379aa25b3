"""docs/performance.md is what its script makes of the committed outputs; ratios are worked out again."""

import re
import runpy

import pytest
from support.places import ROOT

HOME = ROOT / "results" / "measured" / "speed"
OUTPUTS = sorted(HOME.glob("*.txt"))


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(ROOT / "scripts" / "benchmarks" / "page.py"))


def test_the_page_is_what_the_outputs_give(script):
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert text == script["page"]()
    for path in OUTPUTS:
        assert all(line.rstrip() in text for line in path.read_text().splitlines()[2:])


def test_each_output_is_of_a_benchmark_that_is_there(script):
    for path in OUTPUTS:
        command, where, *_ = path.read_text().splitlines()
        assert command.removeprefix("$ python ") == script["BENCHMARKS"][path.stem].format(clips="CLIPS")
        assert (ROOT / command.split()[2]).is_file()
        assert re.fullmatch(
            r"# \d+ cores \(.+\), Python [\d.]+, torch [\d.]+, av [\d.]+, 20\d\d-\d\d-\d\d", where
        )


@pytest.mark.parametrize(
    "path", [path for path in OUTPUTS if path.stem.startswith("step-")], ids=lambda p: p.stem
)
def test_ratios_of_steps(path):
    plain, own = (float(found) for found in re.findall(r": ([\d.]+) s median", path.read_text()))
    ratio = float(re.search(r"ratio ([\d.]+) on", path.read_text())[1])
    assert ratio == pytest.approx(plain / own, abs=0.01 + 0.0005 * (plain + own) / own**2)
