"""Tests over a faulty tree: each fault is tried in a fork of this process, in a copy of the tree."""

from __future__ import annotations

import compileall
import importlib
import importlib.util
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from faults import Mutant, Operators, first_change
from which_tests import tests_of

WHOLE_RUNS = {"make_tiny", "harness_cli"}  # fixtures of tests that are left out
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin", "--hypothesis-seed=0")
KILLED, SURVIVED, TIMEOUT, INCOMPETENT = "killed", "survived", "timeout", "incompetent"
SLOWER = 5
LEAST_LIMIT_S = 30.0
COLLECTION = "loading the tests"


@dataclass(frozen=True)
class Result:
    """What became of a mutant. by: the first test that failed. before, after: the changed lines."""

    file: str
    operator: str
    occurrence: int
    line: int
    digest: str
    outcome: str
    seconds: float
    by: str
    before: str
    after: str

    @property
    def key(self) -> tuple[str, str, int, str]:
        return self.file, self.operator, self.occurrence, self.digest


@dataclass(frozen=True)
class Trial:
    """A run of some tests. code: pytest's exit status, None where it had to be stopped; of_files: seconds."""

    code: int | None
    seconds: float
    by: str = ""
    of_files: Mapping[str, float] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        if self.code is None:
            return TIMEOUT
        if self.code == 0:
            return SURVIVED
        return INCOMPETENT if self.by in ("", COLLECTION) else KILLED


class Watch:
    """A pytest plug-in: the first test that failed, and each file's seconds.

    Tests that make whole runs are not called.
    """

    def __init__(self) -> None:
        self.by = ""
        self.seconds: Counter[str] = Counter()

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = [item for item in items if WHOLE_RUNS.isdisjoint(getattr(item, "fixturenames", ()))]

    def pytest_runtest_setup(self) -> None:
        random.seed(0)
        importlib.import_module("numpy").random.seed(0)
        importlib.import_module("torch").manual_seed(0)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.by = COLLECTION

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[file_of(report.nodeid)] += report.duration
        if report.failed:
            self.by = self.by or report.nodeid


def file_of(test: str) -> str:
    return test.split("::")[0]


def _call_tests(tree: Path, tests: Sequence[str], keep: bool, answer: Any) -> None:
    """In a process of its own: what pytest says of the tree. keep: compiled files may be written."""
    os.setsid()
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    os.environ |= {"PYTHONPATH": str(tree), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    os.environ |= {} if keep else {"PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = not keep
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    watch = Watch()
    code = importlib.import_module("pytest").main([*OPTIONS, *tests], plugins=[watch])
    answer.send((int(code), watch.by, dict(watch.seconds)))
    answer.close()
    os._exit(0)


def try_tests(tree: Path, tests: Sequence[str], limit: float, keep: bool = False) -> Trial:
    """Runs the tests in a fork of this process, for `limit` seconds at most."""
    start = time.perf_counter()
    here, there = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_call_tests, args=(tree, tests, keep, there))
    process.start()
    there.close()
    done = here.poll(limit)
    seconds = time.perf_counter() - start
    try:
        code, by, of_files = here.recv() if done else (None, "", {})
    except EOFError:
        code, by, of_files = -1, "the process died", {}
    _end(process)
    return Trial(code, round(seconds, 2), by, of_files)


def _end(process: Any) -> None:
    """Ends the process and all that it began."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
    process.join()


def usual_seconds(tree: Path, tests: Sequence[str]) -> Mapping[str, float]:
    """How long each test file takes over the tree as it is; all must pass."""
    trial = try_tests(tree, tests, limit=1800, keep=True)
    if trial.code != 0:
        raise SystemExit(f"the tests fail without any fault: {trial.by or trial}")
    return trial.of_files


@contextmanager
def changed_file(path: Path, source: str) -> Iterator[None]:
    """The file with other content for a while, with no compiled form of either beside it."""
    before = path.read_text()
    compiled = Path(importlib.util.cache_from_source(str(path)))
    path.write_text(source)
    compiled.unlink(missing_ok=True)
    try:
        yield
    finally:
        path.write_text(before)
        compiled.unlink(missing_ok=True)


@contextmanager
def copy_of(root: Path) -> Iterator[Path]:
    """A copy of what git knows or does not ignore, deleted afterwards."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=root, check=True, capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tree = Path(folder) / "tree"
        for name in filter(None, names.split("\0")):
            if (root / name).is_file():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, tree / name)
        compileall.compile_dir(tree, quiet=2)
        yield tree


class Campaign:
    """Mutants tried one after the other over a copy of the tree; each result is a line of `out` at once."""

    def __init__(self, tree: Path, operators: Operators, out: Path, limit: float | None) -> None:
        self.tree, self.operators, self.out, self.fixed = tree, operators, out, limit
        self.usual: Mapping[str, float] = {}

    def limit(self, tests: Sequence[str]) -> float:
        if self.fixed is not None:
            return self.fixed
        return LEAST_LIMIT_S + SLOWER * sum(
            self.usual.get(file, 0.0) for file in {file_of(test) for test in tests}
        )

    def there(self, file: str) -> list[str]:
        """The tests that judge a file and that this tree has."""
        return [test for test in tests_of(file) if (self.tree / file_of(test)).exists()]

    def attempt(self, mutant: Mutant) -> Result:
        path = self.tree / mutant.file
        source = path.read_text()
        changed = self.operators.changed(source, mutant)
        before, after = first_change(source, changed, mutant.line)
        tests = self.there(mutant.file)
        limit = self.limit(tests)
        with changed_file(path, changed):
            trial = try_tests(self.tree, tests, limit)
        return Result(
            **asdict(mutant),
            outcome=trial.outcome,
            seconds=trial.seconds,
            by=trial.by,
            before=before,
            after=after,
        )

    def run(self, mutants: Sequence[Mutant]) -> None:
        self.out.parent.mkdir(parents=True, exist_ok=True)
        if self.fixed is None:
            judges = {file_of(test) for mutant in mutants for test in self.there(mutant.file)}
            self.usual = usual_seconds(self.tree, sorted(judges))
        for number, mutant in enumerate(mutants, 1):
            result = self.attempt(mutant)
            with self.out.open("a") as lines:
                lines.write(json.dumps(asdict(result)) + "\n")
            place = f"{result.file}:{result.line} {result.operator}"
            print(f"{number}/{len(mutants)} {result.outcome:11} {result.seconds:5.1f} s  {place}", flush=True)
