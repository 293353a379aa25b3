"""Of a damaged checkpoint nothing is taken: every byte counts, and so do types and bounds."""

import shutil
import zipfile
from dataclasses import asdict, replace

import pytest
import torch
from support.places import ROOT
from support.short_training import PLAN, STEPS, STOP_AFTER, made, trainer

from backbones.base.errors import UserError
from harness.record import checkpoint
from harness.training.state import Clock, kept_state
from harness.training.stopping import Stopped
from methods.catalogue import METHODS

OLD = ROOT / "tests" / "fixtures" / "schema1" / "run" / "6848278f33b7" / "checkpoint.pt"
STATE = {"step": 3, "method": {"weight": torch.arange(12.0).reshape(3, 4)}, "clock": {"train": 0.1}}


def equal(ours, theirs):
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(equal(ours[key], theirs[key]) for key in theirs)
    return torch.equal(ours, theirs) if isinstance(theirs, torch.Tensor) else ours == theirs


def test_no_flipped_byte_changes_what_is_read(tmp_path):
    """Of the small file each byte: it is refused, or (in the zip file's padding) what was written is read."""
    path = tmp_path / "checkpoint.pt"
    checkpoint.save(path, STATE)
    whole, refused = path.read_bytes(), 0
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
        try:
            taken = checkpoint.read(path)
        except checkpoint.Damaged:
            refused += 1
        else:
            assert equal(taken, STATE), at
    assert refused > 100


@pytest.mark.parametrize("at", [0, 1000, 5000])
def test_a_checkpoint_of_the_first_release_is_checked_too(tmp_path, at):
    """It has no seal; the zip file's own sums find a damaged tensor."""
    whole, path = OLD.read_bytes(), tmp_path / "checkpoint.pt"
    with zipfile.ZipFile(OLD) as parts:
        largest = max(
            (name for name in parts.namelist() if "/data/" in name), key=lambda n: len(parts.read(n))
        )
        place = whole.index(parts.read(largest)) + at
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
    assert checkpoint.read(OLD)["step"] > 0
    assert not equal(torch.load(path, weights_only=True), torch.load(OLD, weights_only=True))
    with pytest.raises(
        checkpoint.Damaged, match="cut off or damaged; make the run again with 'harness run … --restart'"
    ):
        checkpoint.read(path)


def test_the_one_before_is_kept_and_the_newest_is_never_away(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.pt"
    for step in range(3):
        checkpoint.save(path, {"step": step}, keep=True)
    assert (checkpoint.read(path)["step"], checkpoint.read(checkpoint.before(path))["step"]) == (2, 1)
    monkeypatch.setattr(checkpoint, "write_atomically", lambda *_, **__: pytest.fail("killed"))
    with pytest.raises(pytest.fail.Exception):
        checkpoint.save(path, {"step": 3}, keep=True)
    assert checkpoint.read(path)["step"] == 2


def stopped(folder, told=None, stop_after=STOP_AFTER):
    """A training stopped after that step, with a checkpoint after every step."""
    each = trainer(made(METHODS.get("two_stream"), {}), folder, stop_after)
    tell = (lambda line: None) if told is None else told.append
    policy = replace(each.checkpoints, every_s=-1.0, tell=tell)
    return replace(each, checkpoints=policy)


def test_the_one_before_is_gone_on_from_and_ends_the_same(tmp_path):
    whole, damaged = tmp_path / "whole", tmp_path / "damaged"
    for folder in (whole, damaged):
        folder.mkdir()
    stopped(whole, stop_after=None).run()
    with pytest.raises(Stopped):
        stopped(damaged).run()
    path = damaged / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:-100])
    told = []
    state = stopped(damaged, told, stop_after=None).run()
    assert told == [f"warning: {path} is damaged or gone: going on from the one before it"]
    assert state.step == STEPS
    ours, theirs = (checkpoint.read(folder / "checkpoint.pt") for folder in (damaged, whole))
    assert all(equal(ours[name], theirs[name]) for name in ("step", "method", "failed", "code"))
    assert checkpoint.read(checkpoint.before(path))["step"] == STEPS - 1
    times = ("videos_per_s", "data_wait_share", "eta_s")
    assert events(damaged, times) == events(whole, times)


def events(folder, without):
    from harness.record.events import read

    return [
        {key: value for key, value in event.items() if key not in without}
        for event in read(folder / "events.jsonl")
    ]


def test_two_damaged_ones_are_a_line(tmp_path):
    with pytest.raises(Stopped):
        stopped(tmp_path).run()
    for path in tmp_path.glob("checkpoint*.pt"):
        path.write_bytes(b"PK")
    with pytest.raises(UserError, match=r"checkpoint\.pt is cut off or damaged; make the run again"):
        stopped(tmp_path).run()


GOOD = {"step": 2, "clock": asdict(Clock(1.0, 0.5, 12, 1)), "failed": {"a": "b"}}
WRONG = [
    ("step", 10**9, r"step: 1000000000 of 5"),
    ("step", -5, "step"),
    ("step", True, "step"),
    ("step", "2", "step"),
    ("step", 2.0, "step"),
    ("clock", {"train": float("nan")}, "clock"),
    ("clock", {"wait": -1.0}, "clock"),
    ("clock", 3, "clock"),
    ("failed", ["a"], "failed"),
    ("failed", {"a": 1}, r"failed\.a"),
    ("window", {"sums": {"a": "b"}}, r"window\.sums"),
    ("code", [1], "code"),
]


@pytest.mark.parametrize(("name", "value", "said"), WRONG)
def test_types_and_bounds(name, value, said):
    assert kept_state(GOOD, 5).step == 2
    with pytest.raises(ValueError, match=f"^{said}"):
        kept_state({**GOOD, name: value}, 5)


@pytest.mark.parametrize("name", ["step", "method", "optimizer", "clock", "failed"])
def test_what_is_missing_is_a_line(tmp_path, name):
    with pytest.raises(Stopped):
        stopped(tmp_path).run()
    path = tmp_path / "checkpoint.pt"
    tree = checkpoint.read(path)
    del tree[name]
    checkpoint.save(path, tree)
    with pytest.raises(UserError, match="does not fit this version") as caught:
        stopped(tmp_path).run()
    assert "\n" not in str(caught.value)


def test_a_momentum_of_another_shape_is_a_line(tmp_path):
    with pytest.raises(Stopped):
        stopped(tmp_path).run()
    path = tmp_path / "checkpoint.pt"
    tree = checkpoint.read(path)
    tree["optimizer"]["state"][0]["momentum_buffer"] = torch.zeros(7)
    checkpoint.save(path, tree)
    with pytest.raises(UserError, match=r"optimizer: momentum_buffer \(7,\) of a parameter \("):
        stopped(tmp_path).run()


def test_a_run_that_another_version_began_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.training.state.this_code", lambda: "0.0.9, commit aaaa")
    with pytest.raises(Stopped):
        stopped(tmp_path).run()
    monkeypatch.setattr("harness.training.state.this_code", lambda: "0.1.0, commit bbbb")
    told = []
    state = stopped(tmp_path, told, stop_after=None).run()
    assert told == [
        "warning: this run was begun by another version of the harness (0.0.9, commit aaaa); "
        "this is 0.1.0, commit bbbb"
    ]
    assert state.code == ["0.0.9, commit aaaa", "0.1.0, commit bbbb"]
    assert PLAN.schedule.steps == STEPS == state.step


def test_a_disk_without_hard_links_keeps_a_copy(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError("not here")

    monkeypatch.setattr("os.link", refused)
    path = tmp_path / "checkpoint.pt"
    for step in range(2):
        checkpoint.save(path, {"step": step}, keep=True)
    assert checkpoint.read(checkpoint.before(path)) == {"step": 0}
    shutil.rmtree(tmp_path)
    with pytest.raises(UserError, match="its folder is gone; was it deleted meanwhile"):
        checkpoint.save(path, {"step": 2})


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("0123456789ab", "ba9876543210"),
        ("0123456789ab", "0123456789ab/folds/1"),
        ("0123456789ab/folds/1", "0123456789ab/folds/2"),
    ],
)
def test_that_of_another_run_or_fold_is_refused(tmp_path, mine, theirs):
    one, two = tmp_path / mine / "checkpoint.pt", tmp_path / theirs / "checkpoint.pt"
    for path in (one, two):
        path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.save(one, STATE)
    shutil.copyfile(one, two)
    said = f"is the checkpoint of run {mine}, not of {theirs}; put that one's own back, or .* --restart"
    with pytest.raises(UserError, match=said) as caught:
        checkpoint.read(two)
    assert not isinstance(caught.value, checkpoint.Damaged)  # the one before is not taken in its place


@pytest.mark.parametrize("place", ["elsewhere/0123456789ab", "0123456789ab/replaced", "out-of-its-folder"])
def test_a_run_may_be_moved_and_set_aside_and_its_checkpoint_copied_out(tmp_path, place):
    one, two = tmp_path / "0123456789ab" / "checkpoint.pt", tmp_path / place / "checkpoint.pt"
    for path in (one, two):
        path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.save(one, STATE)
    shutil.copyfile(one, two)
    assert equal(checkpoint.read(two), STATE)
