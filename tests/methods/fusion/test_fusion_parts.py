"""Rules' parts by hand: chunks, ties, what each network and machine is made with, and how one is trained."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from support.fusion_outputs import K, make

from backbones.base.errors import UserError
from methods.fusion import bilinear, conv3d
from methods.fusion.adaptive import Adaptive
from methods.fusion.average import Average
from methods.fusion.better_single import BetterSingle
from methods.fusion.bilinear import Bilinear, count_sketch
from methods.fusion.concat import Concat
from methods.fusion.contract import Fusion, Outputs, StreamOutputs
from methods.fusion.conv3d import Conv3d, _Network, _Standard
from methods.fusion.global_only import GlobalOnly
from methods.fusion.grid import common_grid
from methods.fusion.learned import check_classes, log_loss, side_by_side, spread
from methods.fusion.maximum import Maximum
from methods.fusion.product import Product
from methods.fusion.svm import SVM
from methods.fusion.weighted import Weighted

FIT, LABELS = make(40)
TEST, _ = make(24, seed=1)
LOCAL = torch.tensor([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]])
GLOBAL = torch.tensor([[0.1, 0.8, 0.1], [0.5, 0.25, 0.25]])


def outputs(local=LOCAL, glob=GLOBAL):
    return Outputs(*(StreamOutputs(scores, scores.log(), scores) for scores in (local, glob)))


def close(found, expected):
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), atol=1e-6)


def test_rules_without_parameters_by_hand():
    given = outputs()
    close(Average().predict_proba(given), [[0.35, 0.55, 0.1], [0.35, 0.225, 0.425]])
    close(Average().weights(given), [[0.5, 0.5]] * 2)
    close(
        Maximum().predict_proba(given), [[0.4, 0.8 / 1.5, 0.1 / 1.5], [0.5 / 1.35, 0.25 / 1.35, 0.6 / 1.35]]
    )
    roots = np.sqrt(LOCAL.numpy() * GLOBAL.numpy())
    close(Product().predict_proba(given), roots / roots.sum(axis=1, keepdims=True))
    close(GlobalOnly().predict_proba(given), GLOBAL)
    close(GlobalOnly().weights(given), [[0, 1]] * 2)
    assert GlobalOnly().predict_proba(given) is not given.glob.scores
    assert Maximum().weights(given) is None
    assert Maximum().fit(given, torch.tensor([0, 1])).predict_proba(given).shape == (2, 3)
    with pytest.raises(TypeError, match="abstract"):
        Fusion()


def test_adaptive_weighs_by_dominance():
    def dominance(z):
        weights = np.exp([-np.linalg.norm(z - label) for label in np.eye(3)])
        return weights.max() / weights.sum()

    m = np.array([[dominance(row) for row in rows.numpy()] for rows in (LOCAL, GLOBAL)]).T
    close(Adaptive().weights(outputs()), m / m.sum(axis=1, keepdims=True))
    expected = (m[:, :1] * LOCAL.numpy() + m[:, 1:] * GLOBAL.numpy()) / m.sum(axis=1, keepdims=True)
    close(Adaptive().predict_proba(outputs()), expected)


def test_log_loss_by_hand():
    assert log_loss(LOCAL, torch.tensor([0, 1])) == pytest.approx(-(math.log(0.6) + math.log(0.2)) / 2)
    assert log_loss(torch.tensor([[1.0, 0.0]]), torch.tensor([1])) == pytest.approx(126 * math.log(2))


def test_a_weight_is_tried_at_both_ends_and_in_the_middle():
    right, wrong = torch.tensor([[0.9, 0.1]]), torch.tensor([[0.2, 0.8]])
    label = torch.tensor([0])
    assert Weighted().fit(outputs(right, wrong), label).weight_ == 1.0
    assert Weighted().fit(outputs(wrong, right), label).weight_ == 0.0
    # Each stream is right on one of two videos, by as much: the average is best.
    one, other = torch.tensor([[0.9, 0.1], [0.2, 0.8]]), torch.tensor([[0.2, 0.8], [0.9, 0.1]])
    assert Weighted().fit(outputs(one, other), torch.tensor([0, 0])).weight_ == 0.5
    fitted = Weighted()
    fitted.weight_ = 0.25
    close(fitted.weights(outputs()), [[0.25, 0.75]] * 2)
    close(fitted.predict_proba(outputs()), 0.25 * LOCAL + 0.75 * GLOBAL)


def test_of_two_alike_the_global_stream_is_the_better():
    fitted = BetterSingle().fit(outputs(LOCAL, LOCAL), torch.tensor([0, 1]))
    assert fitted.stream_ == "global"
    close(fitted.weights(outputs()), [[0, 1]] * 2)
    close(fitted.predict_proba(outputs()), GLOBAL)
    fitted = BetterSingle().fit(outputs(), torch.tensor([0, 2]))
    assert fitted.stream_ == "local"
    close(fitted.weights(outputs()), [[1, 0]] * 2)
    close(fitted.predict_proba(outputs()), LOCAL)


def test_streams_side_by_side():
    given = outputs()
    found = side_by_side(given, "scores")
    assert (found.shape, found.dtype) == ((2, 6), np.float64)
    close(found, np.hstack([LOCAL, GLOBAL]))
    assert spread(found, LOCAL).dtype == torch.float32


def test_classes_that_nobody_showed_are_counted():
    check_classes(torch.tensor([2, 0, 1, 1]), 3)
    with pytest.raises(UserError, match="2 of 5 classes have no video to fit it on"):
        check_classes(torch.tensor([2, 0, 1, 1]), 5)


def test_outputs_of_some_videos():
    assert len(TEST) == 24
    assert len(TEST[3:5]) == 2
    assert torch.equal(TEST[3:5].glob.map, TEST.glob.map[3:5])
    without = Outputs(*(dataclasses.replace(stream, map=None) for stream in (TEST.local, TEST.glob)))
    assert without[:2].local.map is None


@pytest.mark.parametrize(
    ("local", "glob", "most", "grid"),
    [
        ((1, 7, 7), (16, 1, 1), (4, 4, 4), (4, 4, 4)),
        ((1, 2, 3), (2, 1, 5), (4, 4, 4), (2, 2, 4)),
        ((1, 1, 1), (1, 1, 1), (9, 9, 9), (1, 1, 1)),
    ],
)
def test_the_finer_map_within_the_largest_grid(local, glob, most, grid):
    assert common_grid(torch.zeros(1, 2, *local), torch.zeros(1, 3, *glob), most) == grid


# The bilinear rule


@pytest.mark.parametrize("seed", [0, 3])
def test_a_sketch_has_one_sign_a_row(seed):
    sketch = count_sketch(200, 16, seed).numpy()
    assert sketch.shape == (200, 16)
    assert (np.abs(sketch).sum(axis=1) == 1).all()
    assert set(np.unique(sketch)) == {-1, 0, 1}
    assert (np.abs(sketch).sum(axis=0) > 0).all()
    assert abs(sketch.sum()) < 60  # of 200 fair signs, 4 standard deviations
    generator = torch.Generator().manual_seed(seed)
    places = torch.randint(16, (200,), generator=generator)
    assert np.abs(sketch).argmax(axis=1).tolist() == places.tolist()
    assert not np.array_equal(sketch, count_sketch(200, 16, seed + 1).numpy())


def test_features_do_not_depend_on_how_many_come_at_once(monkeypatch):
    own = Bilinear(width=32)
    expected = own.features(TEST)
    monkeypatch.setattr(bilinear, "AT_ONCE", 5)
    torch.testing.assert_close(own.features(TEST), expected)
    assert own.features(TEST[:0]).shape == (0, 32)
    close(expected.norm(dim=1), np.ones(24))


def test_the_two_streams_hash_unlike():
    """With one hash for both, x y and y x would fall on one place."""
    seeds = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            bilinear, "count_sketch", lambda c, w, seed: seeds.append(seed) or count_sketch(c, w, seed)
        )
        Bilinear(width=8, seed=7).features(TEST)
    assert seeds == [7, 8]


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_bilinears_classifier_is_made_as_asked():
    fitted = Bilinear(width=16, C=0.5, max_iter=7).fit(FIT, LABELS).classifier_
    assert (fitted.C, fitted.max_iter) == (0.5, 7)


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_concatenations_classifier_is_made_as_asked():
    fitted = Concat("scores", C=0.5, max_iter=7).fit(FIT, LABELS).classifier_
    scaler, machine = (step for _, step in fitted.steps)
    assert (type(scaler).__name__, machine.C, machine.max_iter) == ("StandardScaler", 0.5, 7)
    assert scaler.n_features_in_ == 2 * K


# The machine


def test_the_machine_is_made_as_asked():
    fitted = SVM(C=0.25, folds=3, seed=9).fit(FIT, LABELS).classifier_
    assert (fitted.method, fitted.ensemble) == ("sigmoid", False)
    assert (fitted.cv.n_splits, fitted.cv.shuffle, fitted.cv.random_state) == (3, True, 9)
    scaler, machine = (step for _, step in fitted.estimator.steps)
    assert type(scaler).__name__ == "StandardScaler"
    assert (machine.C, machine.dual, machine.random_state, machine.max_iter) == (0.25, "auto", 9, 5000)


@pytest.mark.parametrize(("smallest", "folds"), [(2, 2), (3, 3), (5, 5), (8, 5)])
def test_no_more_folds_than_videos_of_the_smallest_class(smallest, folds):
    rows = torch.cat([torch.where(LABELS == 0)[0][:smallest], torch.where(LABELS != 0)[0]])
    assert SVM().fit(FIT[rows], LABELS[rows]).classifier_.cv.n_splits == folds


def test_a_single_video_of_a_class_is_too_few():
    rows = torch.cat([torch.where(LABELS == 0)[0][:1], torch.where(LABELS != 0)[0]])
    with pytest.raises(UserError, match="calibration needs two of each"):
        SVM().fit(FIT[rows], LABELS[rows])


# The convolution


def test_channels_are_standardised_but_not_blown_up():
    rng = np.random.default_rng(2)
    fmap = rng.normal(size=(6, 3, 2, 2, 2)) * np.array([1.0, 5.0, 1e-4])[:, None, None, None] + 7
    scale = _Standard(torch.from_numpy(fmap))
    std = fmap.std(axis=(0, 2, 3, 4), ddof=1)
    assert std[2] < std.max() / 10
    expected = np.maximum(std, std.max() / 10)
    close(scale.std.flatten(), expected)
    close(scale.mean.flatten(), fmap.mean(axis=(0, 2, 3, 4)))
    close(
        scale(torch.from_numpy(fmap)),
        (fmap - fmap.mean(axis=(0, 2, 3, 4), keepdims=True)) / expected[:, None, None, None],
    )
    assert {tuple(buffer.shape) for buffer in scale.buffers()} == {(3, 1, 1, 1)}


def test_a_map_that_never_varies_has_a_smallest_deviation():
    assert _Standard(torch.ones(4, 2, 1, 1, 1)).std.flatten().tolist() == pytest.approx([1e-6] * 2)


def test_the_networks_layers():
    net = _Network(FIT, width=5, grid=(2, 2, 2), kernel=5, dropout=0.25, classes=K)
    assert net.grid == (2, 2, 2)
    assert [tuple(layer.weight.shape) for layer in net.reduce] == [(5, 6, 1, 1, 1), (5, 5, 1, 1, 1)]
    assert tuple(net.join.weight.shape) == (5, 10, 5, 5, 5)
    assert net.join.padding == (2, 2, 2)
    assert (net.dropout.p, tuple(net.classify.weight.shape)) == (0.25, (K, 5))
    assert _Network(FIT, 5, (9, 9, 9), 3, 0.0, K).grid == (4, 3, 3)


def test_training_visits_every_video_once_a_round_while_the_rate_falls(monkeypatch):
    """40 videos in batches of 16 are 16, 16 and 8 of them; 7 steps are two rounds and one."""
    batches, rates, made = [], [], []
    cross_entropy, adamw = conv3d.F.cross_entropy, torch.optim.AdamW

    def watched(logits, labels):
        assert logits.requires_grad
        batches.append(labels.tolist())
        return cross_entropy(logits, labels)

    class Watched(adamw):
        def __init__(self, parameters, **settings):
            super().__init__(parameters, **settings)
            made.append(settings)

        def step(self, *args, **settings):
            rates.append(self.param_groups[0]["lr"])
            return super().step(*args, **settings)

    monkeypatch.setattr(conv3d.F, "cross_entropy", watched)
    monkeypatch.setattr(torch.optim, "AdamW", Watched)
    rule = Conv3d(width=2, grid=(1, 1, 1), kernel=1, steps=7, batch=16, lr=0.01, weight_decay=0.5)
    fitted = rule.fit(FIT, LABELS)
    assert [len(batch) for batch in batches] == [16, 16, 8, 16, 16, 8, 16]
    rounds = [sorted(label for batch in part for label in batch) for part in (batches[:3], batches[3:6])]
    assert rounds == [sorted(LABELS.tolist())] * 2
    assert batches[:3] != batches[3:6]
    assert rates == pytest.approx([0.005 * (1 + math.cos(math.pi * n / 7)) for n in range(7)])
    assert made == [{"lr": 0.01, "weight_decay": 0.5}]
    assert not fitted.network_.training


def test_a_networks_gradients_are_those_of_its_own_batch(monkeypatch):
    """After each step's backward pass the gradient is that batch's alone."""
    calls = []
    zero, step = torch.optim.AdamW.zero_grad, torch.optim.AdamW.step
    monkeypatch.setattr(torch.optim.AdamW, "zero_grad", lambda self: (calls.append("zero"), zero(self))[1])
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda self: (calls.append("step"), step(self))[1])
    Conv3d(width=2, grid=(1, 1, 1), kernel=1, steps=2).fit(FIT, LABELS)
    assert calls == ["zero", "step"] * 2


def test_a_seed_makes_the_same_network_again():
    made = [Conv3d(width=2, grid=(1, 1, 1), kernel=1, steps=2, seed=seed) for seed in (0, 0, 1)]
    first, again, other = (rule.fit(FIT, LABELS) for rule in made)
    assert torch.equal(first.predict_proba(TEST), again.predict_proba(TEST))
    assert not torch.equal(first.predict_proba(TEST), other.predict_proba(TEST))
    with torch.no_grad():
        within = Conv3d(width=2, grid=(1, 1, 1), kernel=1, steps=2).fit(FIT, LABELS)
    assert torch.equal(within.predict_proba(TEST), first.predict_proba(TEST))


def test_predictions_do_not_depend_on_how_many_come_at_once(monkeypatch):
    fitted = Conv3d(width=2, grid=(1, 1, 1), kernel=1, steps=2).fit(FIT, LABELS)
    expected = fitted.predict_proba(TEST)
    close(expected.sum(dim=1), np.ones(24))  # NumPy refuses a tensor that requires a gradient
    monkeypatch.setattr(conv3d, "AT_ONCE", 5)
    torch.testing.assert_close(fitted.predict_proba(TEST), expected)
