"""Tensors on the disk: the bytes of the library, and no more memory for more of them."""

import json
import tracemalloc
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from support.stored_outputs import stored

from harness import tensor_file
from harness.record import outputs

MEGABYTE = 2**20


def on_the_disk(tensor):
    """Whether the pages at its address are a file's, as the kernel tells."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, _, _, _, inode, *_ = line.split()
        first, end = (int(each, 16) for each in addresses.split("-"))
        if first <= tensor.data_ptr() < end:
            return inode != "0"
    raise AssertionError("the tensor is nowhere")


TENSORS = {
    "global.map": torch.arange(2 * 3 * 5.0).view(2, 3, 5, 1, 1),
    "labels": torch.tensor([3, -1]),
    "b.scores": torch.rand(2, 3).T,  # not contiguous
    "none": torch.empty(0, 4),
    "ok": torch.tensor([True, False]),
}


@pytest.mark.parametrize("text", ["plain", 'größer \\ "als" \x7f \x01 \n', "宽" * 5])
def test_the_bytes_are_those_of_the_library(tmp_path, text):
    tensor_file.write(tmp_path / "ours", TENSORS, {"ids": text})
    save_file(
        {name: tensor.contiguous() for name, tensor in TENSORS.items()}, tmp_path / "its", {"ids": text}
    )
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "its").read_bytes()


def test_metadata_are_in_the_order_of_their_names(tmp_path):
    tensor_file.write(tmp_path / "ours", TENSORS, {"reasons": "b", "ids": "a"})
    data = (tmp_path / "ours").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert list(header["__metadata__"]) == ["ids", "reasons"]
    assert torch.equal(load_file(tmp_path / "ours")["b.scores"], TENSORS["b.scores"])


def test_a_mapped_tensor_is_the_one_that_was_written_and_stays_so(tmp_path):
    tensor_file.write(tmp_path / "file", TENSORS, {})
    found = tensor_file.mapped(tmp_path / "file", "global.map")
    assert torch.equal(found, TENSORS["global.map"])
    assert on_the_disk(found)
    before = (tmp_path / "file").read_bytes()
    found += 1
    assert (tmp_path / "file").read_bytes() == before
    assert tensor_file.mapped(tmp_path / "file", "labels") is None
    assert tensor_file.mapped(tmp_path / "file", "none") is None


def test_rows_that_come_in_batches_are_one_tensor_without_a_file_that_stays(tmp_path):
    rows = torch.rand(7, 2, 3)
    spool = tensor_file.Spool(tmp_path)
    for part in rows.split(3):
        spool.add(part)
    found = spool.tensor()
    assert torch.equal(found, rows)
    assert on_the_disk(found)
    assert list(tmp_path.iterdir()) == []
    assert tensor_file.Spool(tmp_path).tensor().shape == (0,)


def test_rows_are_taken_in_any_order_large_ones_on_the_disk(tmp_path, monkeypatch):
    rows, which = torch.rand(50, 8), torch.tensor([4, 0, 49, 4])
    assert not on_the_disk(tensor_file.taken(rows, which, tmp_path))
    monkeypatch.setattr(tensor_file, "AT_ONCE", 64)  # two rows
    found = tensor_file.taken(rows, which, tmp_path / "not there")
    assert torch.equal(found, rows[which])
    assert on_the_disk(found)


def peak_of(work):
    """Bytes of Python's and NumPy's own."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_writing_takes_no_more_memory_for_more_videos(tmp_path, monkeypatch):
    monkeypatch.setattr(tensor_file, "AT_ONCE", MEGABYTE)
    peaks = {}
    for count in (1, 16):
        rows = {"global.map": torch.zeros(count, MEGABYTE // 4)}
        peaks[count] = peak_of(lambda rows=rows: tensor_file.write(tmp_path / "file", rows, {}))
    assert peaks[16] < peaks[1] + MEGABYTE // 4


def test_stored_maps_are_read_from_the_disk_where_videos_failed_too(tmp_path, monkeypatch):
    kept = stored(6, "test")
    monkeypatch.setattr(tensor_file, "AT_ONCE", 1)
    outputs.save(tmp_path / "outputs.safetensors", kept)
    for ok in (kept.ok, torch.tensor([True, False, True, True, False, True])):
        read = outputs.read(tmp_path / "outputs.safetensors")
        read.ok.copy_(ok)
        given = read.outputs()
        for stream, found in (("local", given.local), ("global", given.glob)):
            assert torch.equal(found.map, kept.tensors[f"{stream}.map"][ok])
            assert on_the_disk(found.map)
            assert torch.equal(found.scores, kept.tensors[f"{stream}.scores"][ok])


def test_shares_of_processes_are_joined_on_the_disk(tmp_path):
    kept = stored(6, "test")
    for number, rows in enumerate((slice(0, 6, 2), slice(1, 6, 2))):
        part = {name: tensor[rows] for name, tensor in kept.tensors.items()}
        share = outputs.Stored(part, kept.labels[rows], kept.ok[rows], kept.ids[rows], {})
        outputs.save(tmp_path / f"{number}", share)
    both = outputs.join([outputs.read(tmp_path / f"{number}") for number in (0, 1)], kept.ids)
    assert all(torch.equal(both.tensors[name], value) for name, value in kept.tensors.items())
    assert on_the_disk(both.tensors["local.map"])
