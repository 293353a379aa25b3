"""The plan and the code that a study runs with are those it began with."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from backbones.base.errors import UserError
from harness.campaign.study import code

SHA = "a" * 64


def git(folder, *words):
    name = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *name, *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A checkout of "the harness" with a committed plan; the folder of its package stands in for ours."""
    folder = tmp_path / "repository"
    (folder / "harness").mkdir(parents=True)
    (folder / "harness" / "__init__.py").write_text("FIRST = True\n")
    (folder / "plan.yaml").write_text("pairs: 3\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    monkeypatch.setattr(code.harness, "__file__", str(folder / "harness" / "__init__.py"))
    return folder


def test_a_study_begins_at_the_commit_of_its_plan(repository, tmp_path):
    sha256 = hashlib.sha256((repository / "plan.yaml").read_bytes()).hexdigest()
    first = git(repository, "rev-parse", "HEAD")
    start = code.begun(tmp_path / "records", repository / "plan.yaml", sha256, here=False)
    assert start == code.Begun(sha256, first)
    (repository / "more").write_text("")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "second")
    assert code.begun(tmp_path / "records", repository / "plan.yaml", sha256, here=False) == start


@pytest.mark.parametrize("change", ["edit", "new file"])
def test_a_plan_that_is_not_committed_as_it_is_begins_nothing(repository, tmp_path, change):
    plan = repository / ("plan.yaml" if change == "edit" else "other.yaml")
    plan.write_text("pairs: 4\n")
    with pytest.raises(UserError, match=r"is not committed as it is: a plan is fixed before its runs"):
        code.begun(tmp_path / "records", plan, SHA, here=False)
    assert not (tmp_path / "records").exists()
    assert code.begun(tmp_path / "records", plan, SHA, here=True) == code.Begun(SHA, "")


def test_a_plan_in_no_repository_begins_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "plan.yaml").write_text("pairs: 3\n")
    with pytest.raises(UserError, match="is in no git repository"):
        code.begun(tmp_path / "records", tmp_path / "plan.yaml", SHA, here=False)


def test_another_plan_does_not_go_on_with_a_study(repository, tmp_path):
    code.begun(tmp_path / "records", repository / "plan.yaml", SHA, here=False)
    (repository / "plan.yaml").write_text("pairs: 4\n")
    words = r"is not the plan that this study began with .*aaaaaaaaaaaa, now bbbbbbbbbbbb"
    with pytest.raises(UserError, match=words):
        code.begun(tmp_path / "records", repository / "plan.yaml", "b" * 64, here=False)
    assert (tmp_path / "records" / "plan.yaml").read_text() == "pairs: 3\n", "the plan it began with"
    assert json.loads((tmp_path / "records" / code.STARTED).read_text())["plan_sha256"] == SHA


def test_a_plan_of_another_repository_runs_with_the_harness_at_its_commit(repository, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "plan.yaml").write_text("pairs: 3\n")
    git(other, "init", "--quiet")
    git(other, "add", ".")
    git(other, "commit", "--quiet", "-m", "plan")
    start = code.begun(tmp_path / "records", other / "plan.yaml", SHA, here=False)
    assert start.commit == git(repository, "rev-parse", "HEAD") != git(other, "rev-parse", "HEAD")


def test_the_checkout_has_the_code_of_that_commit_and_keeps_it(repository, tmp_path):
    first = git(repository, "rev-parse", "HEAD")
    (repository / "harness" / "__init__.py").write_text("FIRST = False\n")
    git(repository, "commit", "--quiet", "-am", "second")
    folder = code.checkout(first, tmp_path / "study" / "code")
    assert (folder / "harness" / "__init__.py").read_text() == "FIRST = True\n"
    (folder / "trace").touch()
    assert code.checkout(first, folder) == folder
    assert (folder / "trace").exists(), "made once"
    with pytest.raises(UserError, match=r"has the code at .*, the study began at .*: remove it"):
        code.checkout(git(repository, "rev-parse", "HEAD"), folder)


def test_a_repository_without_commits_is_said_to_be_one(tmp_path):
    git(tmp_path, "init", "--quiet")
    (tmp_path / "plan.yaml").write_text("pairs: 3\n")
    with pytest.raises(UserError, match="is in a git repository without commits: commit the plan first"):
        code.begun(tmp_path / "records", tmp_path / "plan.yaml", SHA, here=False)


def test_the_code_of_a_study_goes_where_it_was_asked_for(repository, tmp_path, monkeypatch):
    """A relative folder is one of the current folder, not of the repository."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    commit = git(repository, "rev-parse", "HEAD")
    for _ in range(2):
        assert code.checkout(commit, Path("out") / "code") == tmp_path / "elsewhere" / "out" / "code"
    assert (tmp_path / "elsewhere" / "out" / "code" / "harness").is_dir()
    assert not (repository / "out").exists()


def test_with_a_store_a_study_goes_on_at_its_own_commit_alone(repository):
    commit = git(repository, "rev-parse", "HEAD")
    code.check_here(commit)
    with pytest.raises(
        UserError, match=rf"began at commit {'1' * 12}, and this code is at {commit[:12]}: with"
    ):
        code.check_here("1" * 40)
    (repository / "harness" / "__init__.py").write_text("FIRST = False\n")
    with pytest.raises(
        UserError, match=rf"this code is at {commit[:12]}, with changes: with --store the runs"
    ):
        code.check_here(commit)
