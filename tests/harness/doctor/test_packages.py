"""Packages that are missing, old, at odds or in each other's way."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from harness.doctor import packages
from harness.doctor.finding import would_start


@pytest.fixture(autouse=True)
def few_providers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who provides which name takes a second to find out: only where it is looked at."""
    if "real_providers" not in request.fixturenames:
        monkeypatch.setattr(packages.metadata, "packages_distributions", dict)


@pytest.fixture
def real_providers() -> None:
    """As the packages that are installed say."""


def said() -> tuple[bool, list[str]]:
    """Whether a run would start, and what is not as it should be."""
    found = list(packages.examine())
    lines = [f"{each.state} {each.name}: {each.said} | {each.remedy}" for each in found if each.state != "ok"]
    return would_start(found), lines


def test_as_it_is_here() -> None:
    assert said() == (True, [])
    assert packages.requirements()["torch"] == "2.8"


def test_a_package_that_is_too_old(installed) -> None:
    installed("timm", "0.9.16")
    assert said() == (
        False,
        ['error packages: timm is 0.9.16; 1.0.9 or newer is required | pip install --upgrade "timm>=1.0.9"'],
    )


def test_a_package_that_is_missing(installed) -> None:
    installed("mbd-harness", "9", "Requires-Python: >=3.11", "Requires-Dist: nothing-like-it>=1.2")
    assert said() == (
        False,
        ['error packages: nothing-like-it is not installed | pip install "nothing-like-it>=1.2"'],
    )


def test_a_python_that_is_too_old(installed) -> None:
    installed("mbd-harness", "9", "Requires-Python: >=9.1", "Requires-Dist: click>=8.1")
    starts, lines = said()
    assert not starts
    assert lines[0].endswith("; 9.1 or newer is required | use a newer Python")


def test_not_installed_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "DISTRIBUTION", "not-installed")
    starts, lines = said()
    assert starts
    assert "required versions are not known | install it: pip install ." in lines[0]


def test_two_packages_at_odds(installed) -> None:
    """As of a torchvision of another torch."""
    installed("torchvision", "0.99", "Requires-Dist: torch (==1.13.1)")
    starts, lines = said()
    assert not starts
    assert lines[0].startswith("error packages: torchvision 0.99 needs torch==1.13.1; ")
    assert lines[0].endswith(' is installed | pip install --upgrade torchvision "torch==1.13.1"')


def test_a_list_of_entry_points_that_is_no_text(installed, first_on_path) -> None:
    """It would stop torch and pydantic, whichever package it is of; here it is skipped."""
    installed("their-package", "1.0")
    place = first_on_path / "their_package-1.0.dist-info"
    (place / "entry_points.txt").write_bytes(b"[anything]\n\xff = x\n")
    starts, lines = said()
    assert starts
    assert lines[-1].startswith(
        f"warning packages: {place}: its entry points cannot be read ('utf-8' codec can't"
    )
    assert lines[-1].endswith("; its plug-ins are left out | reinstall or remove that package")


def test_versions_known_to_be_bad(installed) -> None:
    installed("opencv-python-headless", "4.9.0.80")
    starts, lines = said()
    assert not starts
    assert lines[0].startswith("error packages: opencv-python-headless 4.9.0.80 with numpy 2")


def test_two_packages_of_one_name(installed, real_providers) -> None:
    installed("opencv-python", "4.11.0", files=("cv2/theirs.py",))
    starts, lines = said()
    assert starts
    assert lines == [
        "warning clashes: opencv-python-headless and opencv-python are both imported as cv2: files of one "
        "replace the other's | pip uninstall opencv-python-headless opencv-python; then install "
        "opencv-python-headless alone"
    ]


def test_another_package_of_our_name(installed, real_providers) -> None:
    installed("results-of-somebody", "1.0", files=("results/theirs.py",))
    starts, lines = said()
    assert not starts
    assert lines[0].startswith(
        "error clashes: mbd-harness and results-of-somebody are both imported as results"
    )


def test_a_file_of_the_users_in_the_place_of_a_package(
    first_on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "av", raising=False)
    (first_on_path / "av.py").write_text("")
    importlib.invalidate_caches()
    starts, lines = said()
    assert not starts
    assert lines[0].startswith(
        f"error clashes: av is imported from {first_on_path}/av.py, not from the installed"
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [("2.15.0+cu132", (2, 15, 0)), ("0.1.5.post20221221", (0, 1, 5)), ("3.0rc1", (3, 0)), ("odd", ())],
)
def test_numbers_of_versions(text: str, number: tuple[int, ...]) -> None:
    assert packages.number(text) == number
