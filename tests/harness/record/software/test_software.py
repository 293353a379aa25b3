"""The commit and the state of the tree are those that git itself tells; versions those of the packages."""

import json
import os
import subprocess
import sys

import pytest
from support.places import ROOT

from harness.record.schema import Code
from harness.record.software import commit, versions


def git(folder, *words):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    told = subprocess.check_output(["git", *names, *words], cwd=folder, env=env, text=True)
    return told.strip()


@pytest.fixture
def repository(tmp_path):
    """A repository with a file of the code and one beside it, committed."""
    root = tmp_path / "code"
    (root / "harness").mkdir(parents=True)
    (root / "harness" / "a.py").write_text("a = 1\n")
    (root / "README.md").write_text("read\n")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    return root


def test_the_commit_and_a_clean_tree(repository) -> None:
    assert commit.code(repository) == Code(commit=git(repository, "rev-parse", "HEAD"), dirty=False)


def test_branches_in_a_file_of_all_references(repository) -> None:
    git(repository, "pack-refs", "--all")
    assert commit.code(repository).commit == git(repository, "rev-parse", "HEAD")


def test_no_branch(repository) -> None:
    git(repository, "checkout", "-q", "--detach")
    assert commit.code(repository).commit == git(repository, "rev-parse", "HEAD")


def test_a_worktree_has_the_commit_of_its_own_branch(repository, tmp_path) -> None:
    other = tmp_path / "other"
    git(repository, "worktree", "add", "-q", other, "-b", "other")
    (other / "harness" / "b.py").write_text("b = 1\n")
    git(other, "add", ".")
    git(other, "commit", "-qm", "two")
    assert commit.code(other) == Code(commit=git(other, "rev-parse", "HEAD"), dirty=False)
    assert commit.code(other).commit != commit.code(repository).commit


@pytest.mark.parametrize("how", ["changed", "same size", "new", "deleted"])
def test_code_that_is_not_as_committed(how, repository) -> None:
    path = repository / "harness" / "a.py"
    if how == "deleted":
        path.unlink()
    elif how == "new":
        (repository / "harness" / "new.py").touch()
    else:
        path.write_text("a = 2\n" if how == "same size" else "a = 1\nb = 2\n")
        os.utime(path, ns=(1, 1))
    assert commit.code(repository).dirty is True


def test_what_changes_no_run_leaves_the_tree_clean(repository) -> None:
    (repository / "README.md").write_text("read this\n")
    (repository / "results" / "measured").mkdir(parents=True)
    (repository / "results" / "measured" / "new.csv").touch()
    os.utime(repository / "harness" / "a.py", ns=(1, 1))  # written again, with the same content
    assert commit.code(repository).dirty is False


def test_what_is_added_and_not_committed_is_not_called_clean(repository) -> None:
    (repository / "harness" / "a.py").write_text("a = 3\n")
    git(repository, "add", ".")
    assert commit.code(repository).dirty is None
    git(repository, "commit", "-qm", "three")
    assert commit.code(repository).dirty is False


@pytest.mark.parametrize("version", [2, 4])
def test_every_form_of_the_index_is_read_or_leaves_it_open(version, repository) -> None:
    git(repository, "update-index", "--index-version", str(version))
    git(repository, "commit", "-qm", "again", "--allow-empty")
    assert commit.code(repository).dirty is (False if version == 2 else None)


def test_an_index_with_long_names_and_flags(repository) -> None:
    """intent-to-add makes an entry of version 3; names of 0xFFF bytes and more have no length."""
    (repository / "harness" / "later.py").touch()
    git(repository, "add", "-N", ".")
    assert commit.code(repository).dirty in (None, True)
    assert commit.code(repository).commit == git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"DIRC\x00\x00\x00\x02\x00\x00\xff\xff" + bytes(90)])
def test_a_damaged_repository_stops_no_run(content, repository) -> None:
    """The record is written after hours of training."""
    name = git(repository, "rev-parse", "HEAD")
    (repository / ".git" / "index").write_bytes(content)
    assert commit.code(repository).commit == name
    (repository / ".git" / "index").unlink()
    assert commit.code(repository) == Code(commit=name)
    (repository / ".git" / "HEAD").write_bytes(content)
    assert commit.code(repository) == Code()


def test_before_the_first_commit_and_without_a_repository(tmp_path, monkeypatch) -> None:
    git(tmp_path, "init", "-q")
    assert commit.code(tmp_path) == Code()
    monkeypatch.setattr(commit, "installed", lambda: "b" * 40)
    (tmp_path / "elsewhere").mkdir()
    assert commit.code(tmp_path / "elsewhere") == Code(commit="b" * 40)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (json.dumps({"url": "git+https://x", "vcs_info": {"vcs": "git", "commit_id": "c" * 40}}), "c" * 40),
        (json.dumps({"url": "file:///x", "dir_info": {"editable": True}}), None),
        (json.dumps({"vcs_info": {"commit_id": "main"}}), None),
        ("{", None),
        (None, None),
    ],
)
def test_the_commit_of_an_installation(text, found, monkeypatch) -> None:
    class Installed:
        def read_text(self, name):
            return text

    monkeypatch.setattr(commit.metadata, "distribution", lambda name: Installed())
    assert commit.installed() == found


def test_versions_are_those_that_the_packages_say_of_themselves() -> None:
    """In a fresh process, so that none of them is loaded before."""
    script = (
        "import json, sys; from harness.record.software.versions import versions; told = versions();"
        "loaded = {'av', 'cv2', 'numpy', 'torch'} & set(sys.modules);"
        "import av, cv2, numpy;"
        "own = {name: '.'.join(map(str, v)) for name, v in av.library_versions.items()};"
        "print(json.dumps([told, sorted(loaded), numpy.__version__, av.__version__, cv2.__version__, own]))"
    )
    told, loaded, numpy, pyav, cv2, own = json.loads(
        subprocess.check_output([sys.executable, "-P", "-c", script], cwd=ROOT, text=True)
    )
    assert loaded == []
    assert (told["numpy"], told["pyav"]) == (numpy, pyav)
    assert told["opencv"].startswith(cv2)  # the package adds a number of its own
    assert told["ffmpeg"] == {name: own[name] for name in told["ffmpeg"]}
    assert {"libavcodec", "libavformat", "libavutil", "libswscale"} <= set(told["ffmpeg"])


def test_a_package_that_is_not_there_has_no_version(monkeypatch) -> None:
    def missing(name):
        raise versions.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(versions.metadata, "version", missing)
    monkeypatch.setattr(versions.metadata, "files", missing)
    monkeypatch.delitem(sys.modules, "av", raising=False)
    assert versions.versions() == dict.fromkeys(("numpy", "opencv", "pyav", "ffmpeg"))
