"""Learned fusion rules against NumPy and scikit-learn, their laws, and what they refuse."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from support.fusion_outputs import K, make

from backbones.base.errors import UserError
from backbones.base.registry import load
from methods.fusion.better_single import BetterSingle
from methods.fusion.bilinear import Bilinear, count_sketch
from methods.fusion.catalogue import FUSIONS
from methods.fusion.concat import Concat
from methods.fusion.contract import Outputs
from methods.fusion.conv3d import Conv3d
from methods.fusion.grid import common_grid, on_grid
from methods.fusion.svm import SVM
from methods.fusion.weighted import Weighted

FIT, LABELS = make(40)
TEST, TEST_LABELS = make(24, seed=1)
LEARNED = [entry for entry in FUSIONS if entry.learned]
SMALL = {"conv3d": {"steps": 30, "width": 8}, "bilinear": {"width": 64}}


def rule(entry):
    return load(entry.target)(**SMALL.get(entry.name, {}))


@pytest.fixture(scope="module")
def fitted():
    return {entry.name: rule(entry).fit(FIT, LABELS) for entry in LEARNED}


@pytest.mark.parametrize("entry", LEARNED, ids=lambda entry: entry.name)
def test_learned_rules_keep_the_law_of_estimators(entry, fitted):
    own = fitted[entry.name]
    proba = own.predict_proba(TEST)
    assert proba.shape == (24, K)
    assert proba.dtype == torch.float32
    torch.testing.assert_close(proba.sum(dim=1), torch.ones(24))
    assert (proba >= 0).all()
    again = clone(own)  # the constructor stored its settings and nothing else
    assert not [key for key in vars(again) if key.endswith("_") and not key.startswith("_")]
    assert torch.equal(again.fit(FIT, LABELS).predict_proba(TEST), proba), "the same seed, the same rule"
    assert (proba.argmax(dim=1) == TEST_LABELS).float().mean() > 0.4, "chance is 0.25"


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(24)))
def test_videos_do_not_see_each_other(order, fitted):
    rows = torch.tensor(order)
    for name, own in fitted.items():
        expected = own.predict_proba(TEST)[rows]
        torch.testing.assert_close(own.predict_proba(TEST[rows]), expected, rtol=1e-4, atol=1e-5, msg=name)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_of_identical_streams_a_choice_or_mean_is_the_stream(seed):
    outputs, labels = make(12, seed)
    same = Outputs(outputs.local, outputs.local)
    for entry in FUSIONS:
        if entry.name in ("concat", "svm", "conv3d", "bilinear"):
            continue
        proba = load(entry.target)().fit(same, labels).predict_proba(same)
        torch.testing.assert_close(proba, same.local.scores, rtol=1e-4, atol=1e-6)


def test_fitting_leaves_torchs_global_generator_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    for entry in LEARNED:
        rule(entry).fit(FIT, LABELS)
    assert torch.equal(torch.rand(2), expected)


def test_the_weight_is_that_of_a_fine_grid_by_scikit_learns_log_loss():
    grid = np.linspace(0, 1, 501)
    outputs, labels = make(40, seed=15)
    local, glob = (s.scores.double() / s.scores.double().sum(1, True) for s in (outputs.local, outputs.glob))
    losses = [log_loss(labels.numpy(), (w * local + (1 - w) * glob).numpy()) for w in grid]
    best = grid[np.argmin(losses)]
    assert 0.1 < best < 0.9, "inside, so that the search has something to find"
    assert Weighted().fit(outputs, labels).weight_ == pytest.approx(best, abs=3e-3)


def test_a_useless_stream_gets_no_weight():
    right = torch.eye(K)[LABELS] * 0.9 + 0.1 / K
    sure = dataclasses.replace(FIT.glob, scores=right)
    lost = dataclasses.replace(FIT.local, scores=torch.full_like(right, 1 / K))
    assert Weighted().fit(Outputs(lost, sure), LABELS).weight_ == pytest.approx(0, abs=1e-3)


def test_the_better_stream_has_the_smaller_log_loss():
    losses = [-np.log(s.scores.numpy()[np.arange(40), LABELS]).mean() for s in (FIT.local, FIT.glob)]
    assert losses[1] < losses[0]
    chosen = BetterSingle().fit(FIT, LABELS)
    assert chosen.stream_ == "global"
    assert torch.equal(chosen.predict_proba(TEST), TEST.glob.scores)
    assert BetterSingle().fit(Outputs(FIT.glob, FIT.local), LABELS).stream_ == "local"


def test_concatenation_is_logistic_regression_on_standardised_embeddings():
    fit, test = (
        np.hstack([o.local.embedding.numpy(), o.glob.embedding.numpy()]).astype(float) for o in (FIT, TEST)
    )
    mean, std = fit.mean(axis=0), fit.std(axis=0)
    machine = LogisticRegression(C=0.1, max_iter=1000).fit((fit - mean) / std, LABELS.numpy())
    expected = machine.predict_proba((test - mean) / std)
    np.testing.assert_allclose(Concat().fit(FIT, LABELS).predict_proba(TEST).numpy(), expected, atol=1e-4)


def test_the_machine_is_one_linear_svm_per_class_with_a_sigmoid_each():
    svm = SVM().fit(FIT, LABELS)
    x = np.hstack([TEST.local.logits.numpy(), TEST.glob.logits.numpy()]).astype(float)
    (calibrated,) = svm.classifier_.calibrated_classifiers_
    scaler, machine = (step for _, step in calibrated.estimator.steps)
    margins = (x - scaler.mean_) / scaler.scale_ @ machine.coef_.T + machine.intercept_
    a, b = (np.array([getattr(c, name) for c in calibrated.calibrators]) for name in ("a_", "b_"))
    sigmoids = 1 / (1 + np.exp(a * margins + b))
    expected = sigmoids / sigmoids.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(svm.predict_proba(TEST).numpy(), expected, atol=1e-5)


def test_the_sketch_is_that_of_the_outer_product():
    """By NumPy: every product x_i y_j lands at (h(i) + g(j)) mod D with sign s(i) t(j); sqrt; length 1."""
    own, width = Bilinear(width=32, seed=5), 32
    first, second = count_sketch(6, width, 5).numpy(), count_sketch(5, width, 6).numpy()
    local, glob = TEST.local.map.numpy(), np.broadcast_to(TEST.glob.map.numpy(), (24, 5, 4, 3, 3))
    local = np.broadcast_to(local, (24, 6, 4, 3, 3))
    outer = np.einsum("ncthw,ndthw->ncd", local, glob) / (4 * 3 * 3)
    expected = np.zeros((24, width))
    for i in range(6):
        for j in range(5):
            h, g = np.abs(first[i]).argmax(), np.abs(second[j]).argmax()
            expected[:, (h + g) % width] += first[i, h] * second[j, g] * outer[:, i, j]
    expected = np.sign(expected) * np.sqrt(np.abs(expected))
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    # A square root near 0 magnifies rounding.
    np.testing.assert_allclose(own.features(TEST).numpy(), expected, atol=2e-3)


def test_maps_of_different_shapes_meet_on_one_grid():
    local, glob = torch.rand(2, 3, 1, 7, 7), torch.rand(2, 5, 16, 1, 1)
    assert common_grid(local, glob, (4, 4, 4)) == (4, 4, 4)
    assert common_grid(local[..., :2, :2], glob[:, :, :3], (4, 4, 4)) == (3, 2, 2)
    spread = on_grid(local, (4, 7, 7))
    torch.testing.assert_close(spread, local.expand(2, 3, 4, 7, 7))
    torch.testing.assert_close(on_grid(glob, (4, 2, 2))[:, :, 0, 0, 0], glob[:, :, :4, 0, 0].mean(dim=2))


def test_convolution_by_numpy_where_the_kernel_is_one():
    own = Conv3d(steps=3, width=3, kernel=1, dropout=0.0).fit(FIT, LABELS)
    net = own.network_
    shape = (4, 3, 3)
    parts = []
    for fmap, fit, reduce in zip(
        (TEST.local.map, TEST.glob.map), (FIT.local.map, FIT.glob.map), net.reduce, strict=True
    ):
        x, reference = fmap.numpy(), fit.numpy()
        mean, std = (f(axis=(0, 2, 3, 4), keepdims=True)[0] for f in (reference.mean, reference.std))
        std = std * np.sqrt((n := reference[:, 0].size) / (n - 1))
        x = (np.broadcast_to(x, (*x.shape[:2], *shape)) - mean) / std
        w, b = reduce.weight.detach().numpy()[:, :, 0, 0, 0], reduce.bias.detach().numpy()
        parts.append(np.maximum(np.einsum("ncthw,dc->ndthw", x, w) + b[None, :, None, None, None], 0))
    w, b = net.join.weight.detach().numpy()[:, :, 0, 0, 0], net.join.bias.detach().numpy()
    joined = np.einsum("ncthw,dc->ndthw", np.concatenate(parts, axis=1), w) + b[None, :, None, None, None]
    pooled = np.maximum(joined, 0).mean(axis=(2, 3, 4))
    logits = pooled @ net.classify.weight.detach().numpy().T + net.classify.bias.detach().numpy()
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(own.predict_proba(TEST).numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["concat", "svm", "conv3d", "bilinear"])
def test_a_class_without_held_out_videos_is_one_line(name):
    rows = LABELS != 2
    with pytest.raises(UserError, match="1 of 4 classes have no video to fit it on"):
        rule(FUSIONS.get(name)).fit(FIT[rows], LABELS[rows])


@pytest.mark.parametrize("entry", [entry for entry in FUSIONS if entry.maps], ids=lambda entry: entry.name)
def test_maps_that_were_not_stored_are_one_line(entry):
    outputs, labels = make(40, maps=False)
    with pytest.raises(UserError, match=r"maps were not stored \(test.store_maps was false\)"):
        rule(entry).fit(outputs, labels)
