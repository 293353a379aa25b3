"""The cache of generated clips: whole or not there, made once, whatever happens in between."""

import dataclasses
import hashlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from backbones.base.errors import UsageError, UserError
from harness.data.sets.localglobal import cache, index, plan, progress, render

SMALL = {
    "train_per_class": 1,
    "test_per_class": 1,
    "size": 48,
    "length": 160,
    "lead": 16,
    "tremble": 16,
    "workers": 2,
}
CHOSEN = plan.Settings(**{name: value for name, value in SMALL.items() if name != "workers"})
KEY = CHOSEN.key()
ONE_VALIDATION = {**SMALL, "validation_per_class": 1}


class Count:
    """A progress callback that counts its calls and can stop the making after some clips."""

    def __init__(self, stop_at=None):
        self.seen, self.stop_at = [], stop_at

    def __call__(self, done, total):
        self.seen.append((done, total))
        if done == self.stop_at:
            raise KeyboardInterrupt


def folders(root):
    return sorted(path.name for path in root.iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root, count = tmp_path_factory.mktemp("made"), Count()
    return root, index(root, progress=count, **SMALL), count


def test_index_of_what_was_made(made):
    root, found, _ = made
    assert (len(found.train), len(found.test), len(found.classes)) == (16, 16, 16)
    assert found.expected == {"train": 16, "test": 16}
    assert all(video.path.stat().st_size > 1000 for video in (*found.train, *found.test))
    video = found.test[4]
    assert (video.id, video.label, video.family) == ("test/global-rlcv/000.mp4", 4, "global")
    assert (video.right, video.group) == ("global", "test-000")
    assert video.path == root / KEY / video.id
    assert not {video.group for video in found.train} & {video.group for video in found.test}


def test_fingerprint_is_that_of_the_pixels_whoever_made_them(made):
    clips = plan.clips(CHOSEN, ("train", "test"))
    pixels = {clip.id: hashlib.sha256(render.render(clip).tobytes()).hexdigest() for clip in clips}
    assert made[1].fingerprint == plan.fingerprint(clips, pixels)


def test_it_says_what_stands_apart_and_which_k_can_fail(made):
    """Four classes a family, told apart at a glance: of five guesses one is right."""
    assert (made[1].apart, made[1].top_k) == (("conflict",), 2)


def test_progress_from_none_to_all(made):
    assert made[2].seen == [(done, 32) for done in range(33)]


def test_a_complete_cache_is_used_again(made):
    root, found, _ = made
    count = Count()
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*.mp4")}
    assert index(root, progress=count, **SMALL) == found
    assert count.seen == []
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*.mp4")} == before


def test_other_settings_lie_in_another_folder_with_another_fingerprint(made, tmp_path):
    other = index(tmp_path, **{**SMALL, "seed": 1})
    assert folders(tmp_path) != [KEY]
    assert other.fingerprint != made[1].fingerprint


@pytest.mark.parametrize("name", ["size", "length", "lead", "tremble", "jitter", "flicker", "seed"])
def test_what_a_clip_looks_like_names_the_folder(name):
    value = getattr(CHOSEN, name)
    assert dataclasses.replace(CHOSEN, **{name: value + 8}).key() != KEY


@pytest.mark.parametrize("part", plan.PARTS)
def test_how_many_clips_there_are_does_not(part):
    assert dataclasses.replace(CHOSEN, **{f"{part}_per_class": 77}).key() == KEY


def state(folder):
    return {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*.mp4")}


def test_a_part_is_made_when_it_is_asked_for_and_no_other(tmp_path):
    """Beside what is there, which stays as it is; so do further clips of a part."""
    count = Count()
    first = index(tmp_path, parts=("validation",), progress=count, **ONE_VALIDATION)
    assert (len(first.train), len(first.validation), len(first.holdout), len(first.test)) == (0, 16, 0, 0)
    assert {path.relative_to(tmp_path / KEY).parts[0] for path in state(tmp_path)} == {"validation"}
    before = state(tmp_path)
    both = index(tmp_path, parts=("fit", "validation"), **{**ONE_VALIDATION, "fit_per_class": 2})
    assert both.validation == first.validation
    assert [video.group for video in both.holdout] == ["fit-000"] * 16 + ["fit-001"] * 16
    assert {path: value for path, value in state(tmp_path).items() if path in before} == before
    assert len(state(tmp_path)) == 48
    assert count.seen[-1] == (16, 16)


def test_no_clip_is_in_two_parts_nor_in_the_scene_of_another():
    one = plan.Settings(**{f"{part}_per_class": 3 for part in plan.PARTS})
    clips = plan.clips(one)
    assert [sum(clip.part == part for clip in clips) for part in plan.PARTS] == [48] * 4
    assert len({clip.group for clip in clips}) == 12
    assert {clip.group: clip.part for clip in clips} == {
        f"{p}-00{n}": p for p in plan.PARTS for n in range(3)
    }


def test_the_videos_that_rules_are_fitted_on_are_not_in_the_fingerprint(made, tmp_path):
    """A run that fits none is on the same videos, and has the same id."""
    shutil.copytree(made[0] / KEY, tmp_path / KEY)
    more = index(tmp_path, parts=("train", "fit", "test"), **{**SMALL, "fit_per_class": 1})
    assert more.fingerprint == made[1].fingerprint
    assert len(more.holdout) == 16
    assert index(tmp_path, parts=("train",), **SMALL).fingerprint != made[1].fingerprint


def test_a_crash_between_moving_and_listing_loses_nothing(made, tmp_path, monkeypatch):
    """The clips that were listed before stay listed; the others are made again."""
    shutil.copytree(made[0] / KEY, tmp_path / KEY)
    before, listed = state(tmp_path), cache.whole(tmp_path / KEY)

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cache, "write_json", crash)
        with pytest.raises(KeyboardInterrupt):
            index(tmp_path, parts=("validation",), **ONE_VALIDATION)
    assert len(state(tmp_path)) == 48  # moved in, but on no list
    assert cache.whole(tmp_path / KEY) == listed
    count = Count()
    found = index(tmp_path, parts=("train", "validation", "test"), progress=count, **ONE_VALIDATION)
    assert count.seen[-1] == (16, 16)
    assert (found.train, found.test) == tuple(
        tuple(dataclasses.replace(video, path=tmp_path / KEY / video.id) for video in videos)
        for videos in (made[1].train, made[1].test)
    )
    assert {path: value for path, value in state(tmp_path).items() if path in before} == before


def test_an_interrupted_making_leaves_nothing_and_starts_again(made, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        index(tmp_path, progress=Count(stop_at=3), **SMALL)
    assert folders(tmp_path) == []
    assert index(tmp_path, **SMALL).fingerprint == made[1].fingerprint


def test_what_a_killed_making_left_is_never_used_and_removed(tmp_path):
    left = tmp_path / f".making-{KEY}-dead" / "new" / "test"
    left.mkdir(parents=True)
    count = Count()
    index(tmp_path, parts=("test",), progress=count, **SMALL)
    assert count.seen[-1] == (16, 16)
    assert folders(tmp_path) == [KEY]


@pytest.mark.parametrize(("harm", "again"), [("delete", 1), ("truncate", 1), ("manifest", 32)])
def test_what_is_damaged_is_made_again(harm, again, tmp_path, made):
    shutil.copytree(made[0] / KEY, tmp_path / KEY)
    video = tmp_path / KEY / made[1].train[5].id
    if harm == "delete":
        video.unlink()
    elif harm == "truncate":
        video.write_bytes(video.read_bytes()[:500])
    else:
        (tmp_path / KEY / cache.MANIFEST).write_text('{"clips": ')
    count = Count()
    assert index(tmp_path, progress=count, **SMALL).fingerprint == made[1].fingerprint
    assert count.seen[-1] == (again, again)
    assert video.read_bytes() == made[1].train[5].path.read_bytes()
    assert len(cache.whole(tmp_path / KEY)) == 32
    assert folders(tmp_path) == [KEY]


def test_of_two_that_want_the_same_clips_one_makes_them(tmp_path):
    counts = Count(), Count()
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(index, tmp_path, parts=("test",), progress=count, **SMALL) for count in counts]
        first, second = (call.result() for call in calls)
    assert first == second
    assert sorted(len(count.seen) for count in counts) == [0, 17]


def test_failing_processes_are_one_line_and_leave_no_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.sys, "executable", "/bin/false")
    with pytest.raises(UserError, match=r"^cannot make the generated clips in .*a process ended with 1$"):
        index(tmp_path, **SMALL)
    assert folders(tmp_path) == []


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="name a folder that can be written") as caught:
        index(tmp_path / "file", **SMALL)
    assert "\n" not in str(caught.value)


def test_the_default_cache_follows_xdg(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.default_base() == tmp_path / "mbd-harness" / "localglobal"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 47}, "size is 47; give a whole number from 48 to 512"),
        ({"size": 73}, "size must be even"),
        ({"length": 164}, "length a multiple of 8"),
        ({"train_per_class": 0}, "train_per_class is 0"),
        ({"lead": "long"}, "lead is long; give a whole number"),
        ({"sise": 72}, "no setting 'sise'; did you mean 'size'?"),
        ({"split": "1"}, "its only split is 'standard'"),
    ],
)
def test_wrong_settings_are_wrong_usage(settings, message, tmp_path):
    with pytest.raises(UsageError) as caught:
        index(tmp_path, **settings)
    assert message in str(caught.value)
    assert folders(tmp_path) == []


def test_missing_libx264_is_a_warning(made, tmp_path):
    root, found, _ = made
    listed = cache.whole(root / KEY)
    assert found.warnings == ()
    assert {clip["codec"] for clip in listed.values()} == {"libx264"}
    (tmp_path / KEY).symlink_to(root / KEY)
    with pytest.MonkeyPatch.context() as patch:
        other = {name: {**clip, "codec": "mpeg4"} for name, clip in listed.items()}
        patch.setattr(cache, "whole", lambda folder: other)
        assert "lacks libx264" in index(tmp_path, **SMALL).warnings[0]


def test_lines_without_a_terminal(capsys):
    with progress.reporter() as show:
        for done in range(101):
            show(done, 100)
    assert len(capsys.readouterr().err.splitlines()) == 11


def test_the_index_imports_neither_torch_nor_numpy():
    code = "import sys, harness.data.sets.localglobal; print({'torch', 'numpy', 'av'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


@pytest.mark.parametrize("name", ["kick/a.mp4", "train/kick/a.mp4"])
def test_a_folder_of_other_videos_is_not_passed_over(name, tmp_path):
    """Beside it the clips would be made, and its videos never seen."""
    root = tmp_path / "my clips"
    (root / name).parent.mkdir(parents=True)
    (root / name).touch()
    with pytest.raises(UsageError) as told:
        index(root, draw=False, **SMALL)
    assert f"has videos of its own ({name})" in str(told.value)
    assert str(told.value).endswith(f"give --dataset folder --data-root '{root}'")
    index(tmp_path, draw=False, **SMALL)  # a folder of data sets, into which clips may be made
