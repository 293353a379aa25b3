"""What a machine lacks, each in its line, and whether a run would start all the same."""

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path

import pytest
from support.workplace import call

from harness.doctor import machine, packages, probing


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without faults, and no other checks."""
    monkeypatch.setattr(packages, "examine", lambda: ())
    monkeypatch.setattr(probing, "examine", lambda device, precision: ())
    for name in ("PYTHONDONTWRITEBYTECODE", "WORLD_SIZE", "RANK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    room(monkeypatch, free=100 * machine.GIB)
    limit(monkeypatch, resource.RLIMIT_NOFILE, 1024)


def room(monkeypatch: pytest.MonkeyPatch, free: int, shared: int = 8 * machine.GIB) -> None:
    def usage(path):
        return shutil._ntuple_diskusage(shared if path == machine.SHARED else 10**12, 0, free)

    monkeypatch.setattr(machine.shutil, "disk_usage", usage)


def limit(monkeypatch: pytest.MonkeyPatch, which: int, soft: int) -> None:
    usual = resource.getrlimit
    monkeypatch.setattr(machine.resource, "getrlimit", lambda w: (soft, 4096) if w == which else usual(w))


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    """The exit code, and each line that is not "ok" with its remedy."""
    code = call(["doctor", *words])
    lines = capsys.readouterr().out.splitlines()
    assert lines.pop() == (
        "a run would start" if code == 0 else "a run would not start: see each error above"
    )
    return code, [line for line in lines if not line.startswith("ok ")]


def test_a_machine_without_faults(capsys) -> None:
    assert said(capsys) == (0, [])
    assert not Path("runs").exists()


def test_no_place_for_runs(capsys) -> None:
    code, lines = said(capsys, "--out", "/proc/runs")
    assert code == 1
    assert lines[0].startswith("error    out: nothing can be written to /proc/runs: ")
    assert lines[1] == "         make it writable, or give another folder: --out DIR"


def test_a_file_in_the_place_of_the_cache(capsys, monkeypatch, tmp_path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    code, lines = said(capsys)
    assert (code, len(lines)) == (1, 2)
    assert lines[0].endswith("mbd-harness: Not a directory")


def test_a_full_disk(capsys, monkeypatch) -> None:
    room(monkeypatch, free=50 * machine.MIB)
    code, lines = said(capsys)
    assert code == 1
    assert lines[0] == "error    out: runs, 50 MiB free"
    assert len(lines) == 6, "runs, cache and temporary files"


def test_little_room(capsys, monkeypatch) -> None:
    room(monkeypatch, free=2 * machine.GIB)
    code, lines = said(capsys)
    assert (code, lines[0]) == (0, "warning  out: runs, 2.0 GiB free")


def test_the_shared_memory_of_a_container(capsys, monkeypatch) -> None:
    room(monkeypatch, free=100 * machine.GIB, shared=64 * machine.MIB)
    code, lines = said(capsys)
    assert (code, lines[0]) == (0, "warning  shared memory: /dev/shm has 64 MiB")
    assert "docker run --shm-size=8g" in lines[1]


def test_no_shared_memory(capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(machine, "SHARED", tmp_path / "shm")
    code, lines = said(capsys)
    assert (code, lines[0]) == (1, f"error    shared memory: {tmp_path}/shm: No such file or directory")


@pytest.mark.parametrize(
    ("soft", "code", "state"), [(24, 1, "error"), (40, 0, "warning"), (128, 0, "warning")]
)
def test_few_open_files(capsys, monkeypatch, soft, code, state) -> None:
    limit(monkeypatch, resource.RLIMIT_NOFILE, soft)
    found, lines = said(capsys)
    assert (found, lines[0]) == (code, f"{state:8} open files: {soft} at a time")
    assert lines[1] == "         ulimit -n 4096, or --workers 0"


def test_few_open_files_and_no_more_allowed(capsys, monkeypatch) -> None:
    """As `ulimit -n 40` leaves it: the same command cannot raise it again."""
    usual = resource.getrlimit
    monkeypatch.setattr(
        resource, "getrlimit", lambda what: (40, 40) if what == resource.RLIMIT_NOFILE else usual(what)
    )
    _, lines = said(capsys)
    assert lines[1] == "         ask whoever runs this machine for more (ulimit -Hn), or --workers 0"


@pytest.mark.parametrize(("soft", "code", "state"), [(1000, 1, "error"), (64 * machine.MIB, 0, "warning")])
def test_small_files_only(capsys, monkeypatch, soft, code, state) -> None:
    limit(monkeypatch, resource.RLIMIT_FSIZE, soft)
    found, lines = said(capsys)
    assert (found, lines[0].split(":")[0]) == (code, f"{state:8} file size")


def test_a_limit_that_the_shell_has_set(harness_cli, tmp_path) -> None:
    """With an empty module in torch's place, which takes less time."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, before[1]))
    try:
        (tmp_path / "torch.py").write_text("")
        path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        _, out, _ = harness_cli("doctor", "--out", tmp_path / "runs", PYTHONPATH=path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert "warning  open files: 40 at a time\n" in out


def test_few_addresses(capsys, monkeypatch) -> None:
    """Of which ten imports fail, each with a remedy of its own that helps nothing."""
    limit(monkeypatch, resource.RLIMIT_AS, 10**9)
    code, lines = said(capsys)
    assert (code, lines[1]) == (1, "         ulimit -v unlimited")
    assert lines[0].startswith("error    memory: processes may have 954 MiB of addresses; ")
    assert lines[2:] == [
        "error    imports and devices: not looked at with so little memory",
        "         see memory",
    ]


def test_a_small_container(capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(machine, "CGROUP", tmp_path / "memory.max")
    for text, expected in (("max\n", []), (f"{4 * machine.GIB}\n", [])):
        machine.CGROUP.write_text(text)
        assert said(capsys) == (0, expected)
    machine.CGROUP.write_text(f"{machine.GIB}\n")
    code, lines = said(capsys)
    assert (code, lines[0]) == (0, "warning  memory: this container may have 1.0 GiB of memory")


def test_a_folder_of_temporary_files_that_is_not_there(capsys, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", "/nonexistent")
    code, lines = said(capsys)
    assert (code, lines[1]) == (0, "         make it, or unset TMPDIR")
    assert lines[0].startswith("warning  temporary files: TMPDIR=/nonexistent: there is no such folder; /")


@pytest.mark.parametrize(
    ("variables", "code", "line"),
    [
        (
            {"WORLD_SIZE": "4"},
            1,
            "error    environment: WORLD_SIZE is 4 but RANK is not set: unset WORLD_SIZE, or start with",
        ),
        ({"WORLD_SIZE": "two"}, 1, "error    environment: WORLD_SIZE is 'two'; expected a number"),
        (
            {"OMP_NUM_THREADS": "banana"},
            0,
            "warning  environment: OMP_NUM_THREADS=banana is no number of threads",
        ),
        ({"MKL_NUM_THREADS": "0"}, 0, "warning  environment: MKL_NUM_THREADS=0 is no number of threads"),
        ({"OMP_NUM_THREADS": "4,2"}, 0, ""),
        ({"WORLD_SIZE": "4", "RANK": "0"}, 0, ""),
    ],
)
def test_variables_left_over(capsys, monkeypatch, variables, code, line) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found, lines = said(capsys)
    assert (found, lines[0].startswith(line) if line else not lines) == (code, True)


def test_no_bytecode_matters_where_there_is_none(capsys, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for compiled, lines in ((True, 0), (False, 2)):
        monkeypatch.setattr(machine, "_is_compiled", lambda package, compiled=compiled: compiled)
        assert len(said(capsys)[1]) == lines
