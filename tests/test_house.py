"""The house rules that tools do not check: sizes of functions, files and folders, and where things stand."""

import ast
import re
import statistics
import tomllib
from collections import Counter

import pytest
from support.places import ROOT

SOURCES = ("harness", "backbones", "methods", "results")
# A list of one thing each, as long as there are such things.
LISTS = {
    "methods": "methods",
    "methods/fusion": "fusion rules",
    "backbones/families": "backbone families",
    "harness/cli": "commands",
    "tests/harness/cli": "tests of commands",
    "harness/data/sets": "data sets",
    "results/figures": "figures",
    "tests/support": "helpers",
}
# To be split; a new name does not belong here.
LONG = {
    "tests/backbones/weights/test_loading.py",
    "tests/harness/data/sets/test_folder.py",
}
# What may read a file by itself, and why nothing hostile is in it, or how it is kept out.
READERS = {
    "harness/api/sources.py": "a plug-in is executed anyway",
    "backbones/base/plugins.py": "a plug-in is executed anyway",
    "backbones/base/tensor_files.py": "regular files, bounded",
    "backbones/weights/files.py": "safetensors of a regular file",
    "backbones/weights/refused.py": "no file: a command for the user",
    "harness/cli/check_plugin.py": "a plug-in is executed anyway",
    "harness/cli/options.py": "a plug-in is executed anyway",
    "harness/config/command.py": "no file: a word",
    "harness/config/preset_files.py": "a preset of ours",
    "harness/config/typed/set_value.py": "no file: a word, bounded",
    "harness/cost/latency.py": "/proc",
    "harness/training/distributed/lost.py": "/proc",
    "harness/data/sets/localglobal/encode.py": "its own parent wrote it",
    "harness/data/video/flow_cache.py": "a regular file of numbers alone",
    "harness/export/weights.py": "it was written here, a moment ago",
    "harness/files.py": "regular files, bounded",
    "harness/papers/registry.py": "a plug-in is executed anyway",
    "harness/record/outputs.py": "a regular file of tensors",
    "harness/record/software/commit.py": "git's own files of this checkout",
}
# Folders of tests that mirror no code.
APART = {"tests", "tests/docs", "tests/gpu"}


def python_files(*folders):
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert files
    return [path for path in files if "fixtures" not in path.parts]


def name(path):
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def functions():
    """{"file:function": lines} of the code, without that of tests."""
    return {
        f"{name(path)}:{node.name}:{node.lineno}": node.end_lineno - node.lineno + 1
        for path in python_files(*SOURCES, "scripts")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_functions_are_short(functions):
    lengths = list(functions.values())
    assert {each: lines for each, lines in functions.items() if lines > 50} == {}
    assert statistics.median(lengths) <= 10
    assert statistics.quantiles(lengths, n=10)[-1] <= 25


def test_files_are_short():
    lines = {
        name(p): p.read_text(encoding="utf-8").count("\n") for p in python_files(*SOURCES, "scripts", "tests")
    }
    assert {each: count for each, count in lines.items() if count > 300 and each not in LONG} == {}
    assert {each for each in LONG if lines.get(each, 0) <= 300} == set(), "short enough: take it off LONG"


def test_folders_are_small():
    files = Counter(
        name(p.parent) for p in python_files(*SOURCES, "scripts", "tests") if p.name != "__init__.py"
    )
    assert {folder: count for folder, count in files.items() if count > 12 and folder not in LISTS} == {}
    assert set(LISTS) <= set(files)


def test_tests_mirror_the_code():
    folders = {name(path.parent) for path in python_files("tests") if path.name.startswith("test_")} - APART
    assert {each for each in folders if not (ROOT / each.removeprefix("tests/")).is_dir()} == set()


def test_every_package_says_what_it_is():
    folders = {path.parent for path in python_files(*SOURCES)}
    packages = {each / "__init__.py" for each in folders if not (each / "paper.yaml").exists()}
    silent = [
        name(path)
        for path in sorted(packages)
        if not path.exists() or not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_files_of_others_are_read_in_one_place():
    """Bounded, regular files alone, typed: `harness.files` and `backbones.base.tensor_files` do it."""
    reads = re.compile(
        r"\.read_text\(|\bjson\.load\(|\btorch\.load\(|\byaml\.\w*load\(|\bsafe_open\(|\bload_file\(|\bnp\.load\("
    )
    found = {name(p) for p in python_files(*SOURCES) if reads.search(p.read_text(encoding="utf-8"))}
    assert {each for each in found if each not in READERS and not each.startswith("results/")} == set()
    assert set(READERS) <= found, "reads nothing any more: take it off READERS"
    inside = [p for p in python_files("results") if reads.search(p.read_text(encoding="utf-8"))]
    ours = [p for p in inside if "resources.files(" in p.read_text(encoding="utf-8")]
    assert {name(p) for p in set(inside) - set(ours)} <= {
        "results/claims/side.py",
        "results/outputs/videos.py",
    }


def test_every_room_has_its_place_in_the_import_contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    placed = {room.strip() for layer in layers for room in layer.split(":")}
    rooms = {f"harness.{p.stem}" for p in (ROOT / "harness").glob("*.py") if p.stem != "__init__"}
    rooms |= {f"harness.{p.parent.name}" for p in (ROOT / "harness").glob("*/__init__.py")}
    assert placed == rooms | {"results", "methods", "backbones"}
