"""The wheel, installed elsewhere without its dependencies, works: presets and data files are in it."""

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from email.parser import Parser

import pytest
from support.places import ROOT

PACKAGES = {"harness", "backbones", "methods", "results"}
# Of the text as the Apache Software Foundation publishes it, LICENSE-2.0.txt.
APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
WORK = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "COLUMNS": "200"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with nothing but the unpacked wheel."""
    place = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = place.glob("*.whl")
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(place / "site")], check=True)
    return place / "site"


def call(site, cwd, *arguments, **environment):
    """The harness from `site`, far from the checkout."""
    env = {**os.environ, **WORK, "PYTHONPATH": str(site), **environment}
    command = [sys.executable, "-P", "-m", "harness", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_the_wheel_that_runs(installed, tmp_path):
    script = "import harness, backbones, methods, results; print(harness.__file__)"
    env = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.stdout.startswith(str(installed))


def test_only_the_four_packages_are_in_it(installed):
    names = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert names == PACKAGES


def metadata(installed):
    """(the wheel's METADATA as a message, the folder that holds it)."""
    (folder,) = installed.glob("*.dist-info")
    return Parser().parsestr((folder / "METADATA").read_text(encoding="utf-8")), folder


def test_the_licence_is_in_the_wheel_and_in_its_metadata(installed):
    facts, folder = metadata(installed)
    assert facts["License-Expression"] == "Apache-2.0"
    assert facts["License-File"] == "LICENSE"
    text = (folder / "licenses" / "LICENSE").read_bytes()
    assert hashlib.sha256(text).hexdigest() == APACHE_2
    assert (ROOT / "LICENSE").read_bytes() == text


def test_all_four_packages_are_typed(installed):
    facts, _ = metadata(installed)
    assert "Typing :: Typed" in facts.get_all("Classifier")
    assert {path.parent.name for path in installed.glob("*/py.typed")} == PACKAGES


def test_the_citation_is_of_this_version():
    import yaml

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    shared = {"name": "title", "version": "version", "license": "license", "keywords": "keywords"}
    assert [project[key] for key in shared] == [citation[key] for key in shared.values()]
    assert [each["name"] for each in project["authors"]] == [each["name"] for each in citation["authors"]]


def test_help_and_lists(installed, tmp_path):
    assert "profile" in call(installed, tmp_path, "--help")
    presets = json.loads(call(installed, tmp_path, "list", "presets", "--json"))
    assert {"tiny", "paper"} <= {preset["name"] for preset in presets}


def test_reported_numbers_are_in_it(installed, tmp_path):
    rows = json.loads(call(installed, tmp_path, "profile", "r2plus1d50", "--no-latency", "--json"))
    assert rows[0]["reported"]


def test_a_tiny_run(installed, tmp_path, tiny_pairs, clips_root):
    pairs = [part for pair in tiny_pairs for part in ("--set", pair)]
    out = call(
        installed,
        tmp_path,
        *("run", "--method", "mbd", "--from-scratch", "--json", "--workers", "1", *pairs),
        XDG_CACHE_HOME=str(clips_root),
    )
    assert json.loads(out)["metrics"]["local"]["top1"]["of"] == 12  # without the four of conflict
    assert not list(installed.rglob("runs"))
