"""The installed packages: those that are required, their versions, and what gets in their way. No torch."""

from __future__ import annotations

import importlib.util
import re
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from backbones.base import installed
from harness.doctor.finding import Finding, State

DISTRIBUTION = "mbd-harness"
OURS = ("harness", "backbones", "methods", "results")
# Names to import where they are not those of the packages.
IMPORT_NAMES = {"opencv-python-headless": "cv2", "pyyaml": "yaml", "scikit-learn": "sklearn"}
# Of which it is known that they do not work together: (package, below, other package, from), why.
KNOWN_BAD = (
    (
        ("opencv-python-headless", "4.10.0.84", "numpy", "2"),
        "this OpenCV was compiled for NumPy 1 and cannot be imported with NumPy 2",
    ),
)
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*\(?([^;)]*)")


def examine() -> Iterator[Finding]:
    yield python()
    required = requirements()
    yield from versions(required)
    yield from mismatches(required)
    yield from known_bad()
    yield from clashes(required)
    yield from shadowed(required)
    yield from entry_points()


def requirements() -> dict[str, str]:
    """By package, the lowest version that will do ("" for any); from what is installed of this project."""
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return {}
    found = {}
    for line in lines:
        match = _REQUIREMENT.match(line)
        if match and "extra ==" not in line:
            least = re.search(r">=\s*([^,\s]+)", match[2])
            found[normal(match[1])] = least[1] if least else ""
    return found


def python() -> Finding:
    here, at = sys.version_info, sys.prefix
    said = f"{here.major}.{here.minor}.{here.micro} in {at}"
    try:
        least = (metadata.metadata(DISTRIBUTION)["Requires-Python"] or "").removeprefix(">=")
    except metadata.PackageNotFoundError:
        return Finding(
            "python",
            "warning",
            f"{said}; {DISTRIBUTION} is not installed in it, so required versions are not known",
            "install it: pip install . in its folder, or make setup",
        )
    if (here.major, here.minor, here.micro) < number(least):
        return Finding("python", "error", f"{said}; {least} or newer is required", "use a newer Python")
    return Finding("python", "ok", said)


def versions(required: dict[str, str]) -> Iterator[Finding]:
    """What is missing or too old; one line where nothing is."""
    fine = True
    for package, least in required.items():
        found = version(package)
        bound = f"{package}>={least}" if least else package
        if found is None:
            fine = False
            other = _provider(import_name(package))
            instead = f"; {other} gives {import_name(package)} in its place" if other else ""
            state: State = "warning" if other else "error"
            yield Finding("packages", state, f"{package} is not installed{instead}", f'pip install "{bound}"')
        elif number(found) < number(least):
            fine = False
            said = f"{package} is {found}; {least} or newer is required"
            yield Finding("packages", "error", said, f'pip install --upgrade "{bound}"')
    if required and fine:
        yield Finding("packages", "ok", f"all {len(required)} are there, none too old")


def mismatches(required: dict[str, str]) -> Iterator[Finding]:
    """What a required package says of the versions of another one, and does not find."""
    try:
        from packaging.requirements import Requirement
    except ImportError:  # a part of several packages that are required; its absence is told by them
        return
    for package in required:
        for line in _requires(package):
            wanted = Requirement(line)
            found = version(wanted.name) if normal(wanted.name) in required and not wanted.marker else None
            if found and not wanted.specifier.contains(found, prereleases=True):
                needs = f"{wanted.name}{wanted.specifier}"
                said = f"{package} {version(package)} needs {needs}; {found} is installed"
                yield Finding("packages", "error", said, f'pip install --upgrade {package} "{needs}"')


def known_bad() -> Iterator[Finding]:
    for (package, below, other, from_), why in KNOWN_BAD:
        found, beside = version(package), version(other)
        if found and beside and number(found) < number(below) and number(beside) >= number(from_):
            said = f"{package} {found} with {other} {beside}: {why}"
            yield Finding("packages", "error", said, f'pip install --upgrade "{package}>={below}"')


def clashes(required: dict[str, str]) -> Iterator[Finding]:
    """Packages that are installed over each other, under one name to import."""
    given = metadata.packages_distributions()
    names = {import_name(package): normal(package) for package in required}
    for name in (*names, *OURS):
        own = names.get(name, DISTRIBUTION)
        others = sorted({normal(each) for each in given.get(name, ())} - {own})
        both = [*([own] if version(own) else []), *others]
        if others and len(both) > 1:
            said = f"{' and '.join(both)} are both imported as {name}: files of one replace the other's"
            remedy = f"pip uninstall {' '.join(both)}; then install {own} alone"
            yield Finding("clashes", "error" if name in OURS else "warning", said, remedy)


def shadowed(required: dict[str, str]) -> Iterator[Finding]:
    """Files or folders of the user's that are imported instead of the package that is installed."""
    usual = {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")}
    for package in required:
        name, spec = import_name(package), None
        try:
            home = Path(str(metadata.distribution(package).locate_file(""))).resolve()
            spec = importlib.util.find_spec(name)
        except (metadata.PackageNotFoundError, ImportError, ValueError):
            continue
        place = Path(spec.origin).resolve() if spec and spec.origin else None
        if place and not {home, *usual} & {*place.parents}:
            said = f"{name} is imported from {place}, not from the installed {package}"
            remedy = "rename that file, start harness from another folder, or take its folder off PYTHONPATH"
            yield Finding("clashes", "error", said, remedy)


def entry_points() -> Iterator[Finding]:
    if found := installed.unreadable():
        said, _, remedy = found.rpartition("; ")
        yield Finding("packages", "warning", f"{said}; its plug-ins are left out", remedy)


def version(package: str) -> str | None:
    """Of an installed package."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def import_name(package: str) -> str:
    return IMPORT_NAMES.get(package, package.replace("-", "_"))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def number(text: str) -> tuple[int, ...]:
    """`2.15.0+cu132` is (2, 15, 0): what stands before the first part that is no number."""
    match = re.match(r"\d+(?:\.\d+)*", text.strip())
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def _requires(package: str) -> Sequence[str]:
    try:
        return metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return []


def _provider(name: str) -> str | None:
    """Another package that is imported under the name."""
    found = metadata.packages_distributions().get(name)
    return found[0] if found else None
