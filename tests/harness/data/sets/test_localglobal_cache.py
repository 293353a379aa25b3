"""The cache of generated clips: whole or not there, made once, whatever happens in between."""

import hashlib
import json
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
KEY = plan.Settings(1, 1, 48, 160, 16, 16, 0).key()


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
    clips = plan.clips(plan.Settings(1, 1, 48, 160, 16, 16, 0))
    pixels = {clip.id: hashlib.sha256(render.render(clip).tobytes()).hexdigest() for clip in clips}
    assert made[1].fingerprint == plan.fingerprint(clips, pixels)


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


def test_an_interrupted_making_leaves_nothing_and_starts_again(made, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        index(tmp_path, progress=Count(stop_at=3), **SMALL)
    assert folders(tmp_path) == []
    assert index(tmp_path, **SMALL).fingerprint == made[1].fingerprint


def test_what_a_killed_making_left_is_never_used_and_removed(tmp_path):
    left = tmp_path / f".making-{KEY}-dead" / "new" / "train"
    left.mkdir(parents=True)
    count = Count()
    index(tmp_path, progress=count, **SMALL)
    assert count.seen[-1] == (32, 32)
    assert folders(tmp_path) == [KEY]


@pytest.mark.parametrize("harm", ["delete", "truncate", "manifest"])
def test_a_damaged_cache_is_made_again(harm, tmp_path, made):
    shutil.copytree(made[0] / KEY, tmp_path / KEY)
    video = tmp_path / KEY / made[1].train[5].id
    if harm == "delete":
        video.unlink()
    elif harm == "truncate":
        video.write_bytes(video.read_bytes()[:500])
    else:
        (tmp_path / KEY / cache.MANIFEST).write_text('{"clips": ')
    again = index(tmp_path, **SMALL)
    assert again.fingerprint == made[1].fingerprint
    assert video.read_bytes() == made[1].train[5].path.read_bytes()
    assert cache.whole(tmp_path / KEY) is not None
    assert folders(tmp_path) == [KEY]


def test_of_two_that_want_the_same_clips_one_makes_them(tmp_path):
    counts = Count(), Count()
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(index, tmp_path, progress=count, **SMALL) for count in counts]
        first, second = (call.result() for call in calls)
    assert first == second
    assert sorted(len(count.seen) for count in counts) == [0, 33]


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
    manifest = json.loads((root / KEY / cache.MANIFEST).read_text())
    assert found.warnings == ()
    assert manifest["codec"] == "libx264"
    (tmp_path / KEY).symlink_to(root / KEY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "whole", lambda folder: {**manifest, "codec": "mpeg4"})
        assert "lacks libx264" in index(tmp_path, **SMALL).warnings[0]


def test_lines_without_a_terminal(capsys):
    with progress.reporter() as show:
        for done in range(101):
            show(done, 100)
    assert len(capsys.readouterr().err.splitlines()) == 11


def test_the_index_imports_neither_torch_nor_numpy():
    code = "import sys, harness.data.sets.localglobal; print({'torch', 'numpy', 'av'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
