"""Videos held out for fusion: whole groups of the training split, never a test video."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.base.errors import UserError
from harness.data.holdout import hold_out
from harness.data.index import Video, VideoIndex, from_facts, video_facts


def make_index(train, test=()):
    """train, test: (group, label) of each video."""
    parts = [
        tuple(Video(f"{part}/{n}", Path(str(n)), label, group) for n, (group, label) in enumerate(rows))
        for part, rows in (("train", train), ("test", test))
    ]
    return VideoIndex("x", "y", ("a", "b", "c"), *parts, fingerprint="")


videos = st.lists(st.tuples(st.sampled_from([None, "g1", "g2", "g3", "g4"]), st.integers(0, 2)), max_size=20)


@given(train=videos, test=videos, share=st.floats(0.05, 0.5))
def test_training_videos_are_divided_by_group_and_test_videos_stay(train, test, share):
    index = make_index(train, test)
    try:
        held = hold_out(index, share)
    except UserError:
        return
    assert held.test == index.test
    assert sorted(v.id for v in held.train + held.holdout) == sorted(v.id for v in index.train)
    groups = [{v.group for v in part if v.group} for part in (held.train, held.holdout)]
    assert not groups[0] & groups[1]
    assert {v.label for v in held.train} == {v.label for v in index.train}


def test_a_share_of_each_class_is_held_out():
    index = make_index([(f"scene{n // 3}", n % 3) for n in range(30)])
    held = hold_out(index, 0.2).holdout
    assert sorted(v.label for v in held) == [0, 0, 1, 1, 2, 2]


def test_no_share_holds_nothing_out():
    index = make_index([("g", 0), ("h", 1)])
    assert hold_out(index, 0) is index


def test_a_class_that_would_lose_its_last_training_video_is_one_line():
    # The only group that brings class a nearer to its share holds all of class b too.
    index = make_index([("g", 0), ("g", 0), ("g", 1), ("g", 1), ("h", 0), ("h", 0), ("h", 0)])
    taken = {hold_out(make_index([("g", 0), ("h", 0)]), 0.5).holdout[0].group}
    if taken != {"g"}:
        index = make_index([("h", 0), ("h", 0), ("h", 1), ("h", 1), ("g", 0), ("g", 0), ("g", 0)])
    with pytest.raises(UserError, match=r"fit.share=0.4 leaves no training video of 1 classes \(b\)"):
        hold_out(index, 0.4)


def test_facts_keep_all_but_the_path():
    index = make_index([("g", 0), ("h", 0)], [("t", 1)])
    rows = video_facts(index)["test"]
    (video,) = from_facts(rows)
    assert (video.id, video.label, video.group) == ("test/0", 1, "t")
    assert "path" not in rows[0]
