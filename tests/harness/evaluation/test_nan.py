"""NaN is never right, in any metric, and no metric becomes NaN by it."""

import math

import numpy as np
import torch
from support.stored_outputs import stored

from harness.data.index import Video
from harness.evaluation.evaluator import clip_hits
from harness.evaluation.metrics import calibration_error, negative_log_likelihood
from harness.evaluation.score import score
from harness.record.shares import top_k_hits
from harness.training.training_step import _accuracy

NAN = float("nan")
ROWS = np.array([[NAN, NAN], [0.9, NAN], [NAN, 0.1], [0.9, 0.1]], np.float32)
FIRST = np.zeros(4, int)


def test_hits_of_videos_and_of_views():
    for k in (1, 2):
        assert top_k_hits(ROWS, FIRST, k).tolist() == [False, False, False, True]
    views = torch.from_numpy(ROWS)[None]  # one video of four views
    expected = [[False, False], [False, False], [False, False], [True, True]]
    assert clip_hits(views, torch.zeros(1, dtype=torch.long), 2)[0].tolist() == expected


def test_accuracy_in_training_whose_argmax_of_nan_is_the_first_class():
    assert _accuracy(torch.from_numpy(ROWS), torch.zeros(4, dtype=torch.long)).item() == 0.25


def test_likelihood_and_calibration_by_hand():
    """NaN has the smallest likelihood there is; in calibration it is sure and wrong."""
    expected = (3 * -math.log(np.finfo(np.float32).tiny) - math.log(0.9)) / 4
    assert math.isclose(negative_log_likelihood(ROWS[[0, 0, 2, 3]], FIRST), expected, rel_tol=1e-6)
    assert math.isclose(calibration_error(ROWS[[0, 3]], FIRST[:2]), 100 * (1.0 + 0.1) / 2, rel_tol=1e-6)


def tree_has_nan(tree):
    if isinstance(tree, dict):
        return any(tree_has_nan(value) for value in tree.values())
    if isinstance(tree, list):
        return any(tree_has_nan(value) for value in tree)
    return isinstance(tree, float) and not math.isfinite(tree)


def test_a_whole_record_of_a_diverged_stream():
    kept = stored(12, "test", maps=False)
    kept.tensors["local.scores"][:] = NAN
    kept.tensors["local.clip_hits"][:] = clip_hits(kept.tensors["local.scores"][:, None], kept.labels, 5)
    classes = [f"class{n}" for n in range(kept.tensors["local.scores"].shape[1])]
    videos = [
        Video(name, None, int(label), right="global")
        for name, label in zip(kept.ids, kept.labels, strict=True)
    ]
    found = score(kept, videos, classes, rules=["average", "adaptive"])
    assert (found.local.top1.correct, found.local.top5.correct, found.local.clip_top5.correct) == (0, 0, 0)
    assert set(found.not_fused) == {"average", "adaptive"}
    assert found.oracle.correct == found.glob.top1.correct
    assert (found.dominance.agreement.correct, found.dominance.max_softmax.correct) == (0, 0)
    assert not tree_has_nan(found.model_dump(mode="json"))
