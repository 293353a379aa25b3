"""A full disk is one clear line, whichever library was writing. /dev/full refuses as a full disk does."""

from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

from backbones.base.errors import UserError
from harness.files import clear_disk_errors, write_json
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


def test_who_may_read_text_may_read_tensors(tmp_path):
    none = torch.zeros(0)
    checkpoint.save(tmp_path / "a.pt", TENSORS)
    outputs.save(tmp_path / "b.safetensors", outputs.Stored(TENSORS, none, none.bool(), [], {}))
    (tmp_path / "c").touch()
    assert len({path.stat().st_mode for path in tmp_path.iterdir()}) == 1


def test_other_errors_keep_their_kind(tmp_path):
    with pytest.raises(ValueError, match=r"JSON"):
        write_json(tmp_path / "a.json", float("nan"))
    assert list(tmp_path.iterdir()) == []
