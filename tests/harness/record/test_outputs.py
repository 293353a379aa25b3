"""The same outputs are the same bytes; a file that is not what was written is one line."""

import json
import struct

import pytest
import torch
from safetensors import safe_open
from support.stored_outputs import stored

from backbones.base.errors import UserError
from harness.record import outputs


def test_bytes_are_the_same_every_time_and_read_by_the_library(tmp_path):
    """Of eight files each had an even chance of its metadata in another order."""
    kept = stored(6, "test")
    kept.reasons["test/5"] = "größer als \u2028 \x7f"
    for number in range(8):
        outputs.save(tmp_path / f"{number}.safetensors", kept)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    with safe_open(tmp_path / "0.safetensors", framework="pt") as handle:
        assert json.loads(handle.metadata()["ids"]) == kept.ids
        assert json.loads(handle.metadata()["reasons"]) == kept.reasons
    read = outputs.read(tmp_path / "0.safetensors")
    assert all(torch.equal(read.tensors[name], value) for name, value in kept.tensors.items())
    assert (read.ids, read.reasons) == (kept.ids, kept.reasons)


def changed(data, change):
    """The file with another header."""
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    change(header)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + size :]


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header.pop("__metadata__"),
        lambda header: header["__metadata__"].pop("ids"),
        lambda header: header["__metadata__"].update(ids="[" * 100_000),
        lambda header: header["__metadata__"].update(ids='["one"]'),
        lambda header: header["__metadata__"].update(ids="3"),
        lambda header: header["labels"].update(shape=[3, 2]),
        lambda header: header.update(ok=header["labels"]),
    ],
)
def test_what_was_not_written_so_is_a_line(tmp_path, change):
    path = tmp_path / "outputs.safetensors"
    outputs.save(path, stored(6, "test"))
    path.write_bytes(changed(path.read_bytes(), change))
    with pytest.raises(UserError, match="cannot be read as stored outputs") as caught:
        outputs.read(path)
    assert "\n" not in str(caught.value)
