"""A record's metrics of six videos counted by hand; the third could not be decoded."""

from pathlib import Path

import numpy as np
import pytest
import torch
from support import by_numpy

from harness.data.index import Video
from harness.evaluation.score import score
from harness.record.outputs import Stored

CLASSES = ["run", "walk", "jump"]
LABELS = [0, 1, 2, 0, 1, 2]
FAMILIES = ["motion", "motion", "order", "order", None, "motion"]
RIGHT = ["local", "global", "local", None, None, "global"]
DECODED = [0, 1, 3, 4, 5]
# The largest score of video 4 is the global stream's; the more dominant stream is the local one.
LOCAL = [[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0, 0, 0], [0.5, 0.4, 0.1], [0.27, 0.25, 0.48], [0.3, 0.3, 0.4]]
GLOBAL = [[0.4, 0.5, 0.1], [0.2, 0.7, 0.1], [0, 0, 0], [0.6, 0.2, 0.2], [0, 0.51, 0.49], [0.9, 0.05, 0.05]]
# Two views of each video, (top-1, top-5) each. What is stored of the broken video must not count.
LOCAL_VIEWS = [
    [[1, 1], [1, 1]],
    [[0, 1], [1, 1]],
    [[1, 1], [1, 1]],
    [[1, 1], [0, 0]],
    [[0, 1], [0, 1]],
    [[1, 1]] * 2,
]
GLOBAL_VIEWS = [[[0, 1]] * 2, [[1, 1]] * 2, [[1, 1]] * 2, [[1, 1]] * 2, [[0, 1]] * 2, [[0, 0]] * 2]


def video(place, group=None):
    return Video(f"v{place}", Path(), LABELS[place], group, FAMILIES[place], RIGHT[place])


def stored():
    ok = torch.ones(6, dtype=torch.bool)
    ok[2] = False
    tensors = {"local.scores": torch.tensor(LOCAL), "global.scores": torch.tensor(GLOBAL)}
    tensors |= {f"{name}.logits": torch.zeros(6, 3) for name in ("local", "global")}
    tensors |= {f"{name}.embedding": torch.zeros(6, 2) for name in ("local", "global")}
    tensors |= {
        "local.clip_hits": torch.tensor(LOCAL_VIEWS).bool(),
        "global.clip_hits": torch.tensor(GLOBAL_VIEWS).bool(),
    }
    return Stored(tensors, torch.tensor(LABELS), ok, [f"v{n}" for n in range(6)], {"v2": "broken"})


@pytest.fixture(scope="module")
def found():
    rules = ("average", "max", "global_only")
    return score(stored(), [video(n) for n in range(6)], CLASSES, rules=rules)


def counts(shares):
    return {name: (share.correct, share.of) for name, share in shares.items()}


def one(share):
    return share.correct, share.of


def test_each_hit_stays_with_its_video(found):
    """The hits are those of videos 0, 3, 5 and of 1, 3, 4: none moves up into the broken one's place."""
    assert one(found.local.top1) == one(found.glob.top1) == (3, 6)
    assert counts(found.local.per_class) == {"run": (2, 2), "walk": (0, 2), "jump": (1, 2)}
    assert counts(found.glob.per_class) == {"run": (1, 2), "walk": (2, 2), "jump": (0, 2)}
    assert counts(found.local.per_family) == {"motion": (2, 3), "order": (1, 2)}
    assert counts(found.glob.per_family) == {"motion": (1, 3), "order": (1, 2)}


def test_of_three_classes_top_5_is_top_3(found):
    assert found.local.k == 3
    assert one(found.local.top5) == (5, 6)
    many = score(stored(), [video(n) for n in range(6)], [*CLASSES, "sit", "lie", "fall"], rules=())
    assert many.local.k == 5
    assert many.local.per_class["fall"].of == 0


def ranks(rows):
    """How many other classes have at least the label's score, of each video."""
    rows = np.array(rows)
    return (rows >= rows[np.arange(6), LABELS][:, None]).sum(1) - 1


def calibration(rows, right):
    """Of 15 equal bins, each with its upper edge: mean distance of confidence and accuracy."""
    largest = np.array(rows).max(1)
    place = np.ceil(largest * 15)
    gaps = [
        abs(right[place == each].mean() - largest[place == each].mean()) * (place == each).sum()
        for each in set(place)
    ]
    return 100 * sum(gaps) / len(largest)


@pytest.mark.parametrize("family", ["motion", "order"])
def test_a_family_apart_is_in_no_number_but_those_by_class_and_family(found, family):
    """Counted with NumPy over the other videos. The broken video is of the family order."""
    rules = ("average", "max")
    apart = score(stored(), [video(n) for n in range(6)], CLASSES, rules=rules, apart=(family,), top_k=2)
    left = np.array([each != family for each in FAMILIES])
    seen = left & np.isin(np.arange(6), DECODED)
    views = {"local": LOCAL_VIEWS, "global": GLOBAL_VIEWS}
    ranked = {"local": ranks(LOCAL), "global": ranks(GLOBAL)}
    for name, rows, said in (("local", LOCAL, apart.local), ("global", GLOBAL, apart.glob)):
        assert one(said.top1) == ((ranked[name] < 1)[seen].sum(), left.sum())
        assert (said.k, one(said.top5)) == (2, ((ranked[name] < 2)[seen].sum(), left.sum()))
        hits = np.array(views[name])[seen].sum((0, 1))
        assert (one(said.clip_top1), one(said.clip_top5)) == tuple((hit, 2 * left.sum()) for hit in hits)
        chance = np.array(rows)[np.arange(6), LABELS][seen]
        assert said.nll == pytest.approx(-np.log(chance).mean())
        assert said.ece == pytest.approx(calibration(np.array(rows)[seen], (ranked[name] < 1)[seen]))
    either = (ranked["local"] < 1) | (ranked["global"] < 1)
    assert one(apart.oracle) == (either[seen].sum(), left.sum())
    average, largest = (ranks(rows) < 1 for rows in (np.add(LOCAL, GLOBAL) / 2, np.maximum(LOCAL, GLOBAL)))
    gap = apart.fusion["max"].to_average
    assert (gap.gained, gap.lost) == ((largest & ~average)[seen].sum(), (average & ~largest)[seen].sum())
    assert gap.points == pytest.approx(100 * (gap.gained - gap.lost) / left.sum(), abs=1e-3)
    assert apart.local.per_family == found.local.per_family
    assert apart.fusion["max"].per_class == found.fusion["max"].per_class
    assert apart.dominance == found.dominance


def test_top_5_is_the_first_five():
    """Of six classes the label's score is the fifth (video 0) and the last (video 1)."""
    scores = torch.tensor([[0.05, 0.3, 0.25, 0.2, 0.15, 0.05 - 1e-3], [0.01, 0.3, 0.25, 0.2, 0.15, 0.09]])
    tensors = {f"{name}.scores": scores for name in ("local", "global")}
    tensors |= {
        f"{name}.{rest}": torch.zeros(2, 6)
        for name in ("local", "global")
        for rest in ("logits", "embedding")
    }
    tensors |= {f"{name}.clip_hits": torch.zeros(2, 1, 2, dtype=torch.bool) for name in ("local", "global")}
    both = Stored(tensors, torch.tensor([0, 0]), torch.ones(2, dtype=torch.bool), ["a", "b"], {})
    videos = [Video(name, Path(), 0) for name in both.ids]
    result = score(both, videos, ["c"] * 6, rules=())
    assert (result.local.k, one(result.local.top5), one(result.local.top1)) == (5, (1, 2), (0, 2))


def test_views_of_a_broken_video_are_misses(found):
    assert one(found.local.clip_top1) == (6, 12)
    assert one(found.local.clip_top5) == (9, 12)
    assert one(found.glob.clip_top1) == (4, 12)
    assert one(found.glob.clip_top5) == (8, 12)


def test_views_of_one_video_are_one_group():
    """Twelve videos of two views that are right together: 12 facts, not 24."""
    videos = [Video(f"v{n}", Path(), 0) for n in range(12)]
    hits = (torch.arange(12) % 2 == 0)[:, None, None].expand(12, 2, 2)
    tensors = {f"{name}.clip_hits": hits for name in ("local", "global")}
    for name in ("local", "global"):
        tensors |= {
            f"{name}.{field}": torch.full((12, 2), 0.5) for field in ("scores", "logits", "embedding")
        }
    given = Stored(
        tensors, torch.zeros(12, dtype=torch.long), torch.ones(12, dtype=torch.bool), list("abcdefghijkl"), {}
    )
    views = score(given, videos, ["a", "b"], rules=()).local.clip_top1
    assert (one(views), views.method) == ((12, 24), "Wilson, design effect of 12 groups")


def test_fusions_are_compared_with_the_average_on_the_same_videos(found):
    """Right: average 0, 1, 3; max 0, 1, 3, 4; the global stream alone 1, 3, 4."""
    assert found.fusion["average"].to_average is None
    assert one(found.fusion["average"].top1) == (3, 6)
    gap = found.fusion["max"].to_average
    assert (gap.gained, gap.lost, gap.points) == (1, 0, pytest.approx(100 / 6, abs=1e-3))
    gap = found.fusion["global_only"].to_average
    assert (gap.gained, gap.lost, gap.points) == (1, 1, 0)


def test_the_average_is_of_scores_and_no_product():
    """Of (0.98, 0.01, 0.01) and (0, 0.6, 0.4) the mean is right about class 0; a product would be 0 there."""
    given = stored()
    given.tensors["local.scores"][0] = torch.tensor([0.98, 0.01, 0.01])
    given.tensors["global.scores"][0] = torch.tensor([0, 0.6, 0.4])
    gap = score(given, [video(n) for n in range(6)], CLASSES, rules=("average", "product")).fusion["product"]
    assert (gap.to_average.gained, gap.to_average.lost) == (0, 1)


def test_what_either_stream_gets_right(found):
    assert one(found.oracle) == (5, 6)
    assert counts(found.fusion["max"].per_class) == {"run": (2, 2), "walk": (2, 2), "jump": (0, 2)}


def test_log_likelihood_and_calibration_are_of_the_decoded_videos(found):
    assert found.local.nll == pytest.approx(-np.log([0.8, 0.3, 0.5, 0.25, 0.4]).mean())
    # 15 bins: 0.5 (right) and 0.48 (wrong) share (7/15, 8/15]; each other video has its own.
    assert found.local.ece == pytest.approx(100 * (0.2 + 0.6 + abs(0.5 - 0.48) + 0.6) / 5, abs=1e-4)


def test_dominance_by_numpy(found):
    bank = np.eye(3)
    local, glob = (
        np.array([by_numpy.distribution(np.array(rows[n]), bank).max() for n in DECODED])
        for rows in (LOCAL, GLOBAL)
    )
    assert (local > glob).tolist() == [True, False, False, True, False]
    said = found.dominance
    assert one(said.local) == (2, 5)
    assert said.mean_local == pytest.approx(local.mean())
    assert said.mean_global == pytest.approx(glob.mean())
    assert said.mean_weight_local == pytest.approx((local / (local + glob)).mean())
    assert one(said.max_softmax) == (4, 5)


def test_dominance_of_each_class(found):
    """The local stream dominates videos 0 (run) and 4 (walk); of jump one video could be decoded."""
    expected = {"run": (1, 2), "walk": (1, 2), "jump": (0, 1)}
    assert counts(found.dominance.local_per_class) == expected


def test_dominance_agrees_where_the_right_stream_is_known(found):
    """Known of 0, 1, 2, 5; dominance says local, global, nothing (broken), global."""
    assert one(found.dominance.agreement) == (3, 4)
    assert counts(found.dominance.per_family) == {"motion": (3, 3), "order": (0, 1)}


def test_where_no_right_stream_is_known_nothing_is_said():
    videos = [Video(f"v{n}", Path(), LABELS[n], None, FAMILIES[n]) for n in range(6)]
    said = score(stored(), videos, CLASSES, rules=()).dominance
    assert said.agreement is None
    assert said.per_family == {}


@pytest.mark.parametrize(("unknown", "left"), [("order", {"motion"}), ("motion", {"order"})])
def test_a_family_without_a_known_stream_is_left_out(unknown, left):
    rights = [None if FAMILIES[n] == unknown else RIGHT[n] for n in range(6)]
    videos = [Video(f"v{n}", Path(), LABELS[n], None, FAMILIES[n], rights[n]) for n in range(6)]
    assert set(score(stored(), videos, CLASSES, rules=()).dominance.per_family) == left


def test_no_decoded_video_has_no_dominance():
    given = stored()
    given.ok[:] = False
    said = score(given, [video(n) for n in range(6)], CLASSES, rules=())
    assert (said.dominance.mean_local, said.dominance.mean_weight_local) == (0, 0)
    assert said.dominance.local.of == 0
    assert (said.local.nll, said.local.ece) == (None, None)
    assert one(said.oracle) == (0, 6)
