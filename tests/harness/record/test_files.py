"""A full disk is one clear line, whichever library was writing. /dev/full refuses as a full disk does."""

import errno
import resource
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from support.stored_outputs import stored

from backbones.base.errors import UserError
from harness.files import check_writable, clear_disk_errors, write_atomically, write_json
from harness.record import checkpoint, outputs

FULL = Path("/dev/full")
TENSORS = {"weight": torch.zeros(300_000)}

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")


def test_a_checkpoint(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoint, "write_atomically", lambda path, write, **_: write(FULL))
    with pytest.raises(UserError, match=r"no space left to write .*free some"), clear_disk_errors(tmp_path):
        checkpoint.save(tmp_path, TENSORS)


def test_safetensors(tmp_path):
    with pytest.raises(UserError, match="no space left"), clear_disk_errors(tmp_path):
        # what save_file says on a full disk (safetensors 0.6); it would rename a file over /dev/full
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


def test_a_limit_on_the_size_of_files_and_a_folder_that_was_deleted(tmp_path):
    """RLIMIT_FSIZE, as `ulimit -f` sets it: torch, safetensors and Python each say it in another way."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    none = torch.zeros(0)
    stored = outputs.Stored(TENSORS, none, none.bool(), [], {})
    written = [
        lambda folder: checkpoint.save(folder / "a.pt", TENSORS),
        lambda folder: outputs.save(folder / "b.safetensors", stored),
        lambda folder: write_json(folder / "c.json", "x" * 200_000, new_folder=False),
    ]
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        for write in written:
            with pytest.raises(UserError, match=r"larger than files may be here; raise the limit"):
                write(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
    for write in written:
        with pytest.raises(UserError, match=r"its folder is gone; was it deleted meanwhile\?"):
            write(tmp_path / "deleted")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that takes no file, of Linux")
def test_where_no_file_can_be_made_is_found_before_the_work(tmp_path):
    """By making one: the administrator has the permission to write everywhere."""
    check_writable(tmp_path / "new" / "a.csv")
    assert not list(tmp_path.iterdir())
    refused = {"/proc/a.csv": "No such file", str(tmp_path): "it is a folder", f"{__file__}/a": "Not a"}
    for path, why in refused.items():
        with pytest.raises(UserError, match=f"cannot write {path}: {why}"):
            check_writable(Path(path))


def test_damaged_frames_are_kept_and_change_no_other_bytes(tmp_path):
    plain = stored(1, "a")
    damaged = replace(plain, damaged={"a/0": (3, 1)})
    for name, each in (("plain", plain), ("damaged", damaged)):
        outputs.save(tmp_path / name, each)
        assert outputs.read(tmp_path / name).damaged == each.damaged
    assert b"damaged" not in (tmp_path / "plain").read_bytes()
    assert outputs.join([damaged, stored(1, "b")], ["b/0", "a/0"]).damaged == {"a/0": (3, 1)}


@pytest.mark.parametrize("tree", [["a/0"], {"a/0": 3}, {"a/0": [1, 2, 3]}, {"a/0": ["x", 1]}])
def test_damage_that_is_no_two_counts_is_refused(tmp_path, tree):
    outputs.save(tmp_path / "x", replace(stored(1, "a"), damaged=tree))
    with pytest.raises(UserError, match="cannot be read as stored outputs"):
        outputs.read(tmp_path / "x")


def test_who_may_read_text_may_read_tensors(tmp_path):
    none = torch.zeros(0)
    checkpoint.save(tmp_path / "a.pt", TENSORS)
    outputs.save(tmp_path / "b.safetensors", outputs.Stored(TENSORS, none, none.bool(), [], {}))
    (tmp_path / "c").touch()
    assert len({path.stat().st_mode for path in tmp_path.iterdir()}) == 1


def test_what_was_told_already_is_not_told_of_another_place(tmp_path):
    """A store that is full, while a file is copied there or from there."""

    def write(path):
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise UserError("cannot write a in s3://bucket (No space left on device)") from error

    with pytest.raises(UserError, match=r"^cannot write a in s3://bucket"):
        write_atomically(tmp_path / "a", write)


def test_other_errors_keep_their_kind(tmp_path):
    with pytest.raises(ValueError, match=r"JSON"):
        write_json(tmp_path / "a.json", float("nan"))
    assert list(tmp_path.iterdir()) == []
