"""Fusion rules and methods as graphs: what a graph gives beside the rule or the method itself."""

import pytest
import torch
from support.exported_streams import CLASSES, SPEC, built, normalised, outputs_of, pixels, traced, video

from backbones.base.registry import load
from harness.export.formats import GRAPHS, trace
from harness.export.modules import ExportedStream, is_plain, network_of
from methods.fusion.catalogue import FUSIONS
from methods.stddcn import STDDCN
from methods.two_stream import TwoStream


def fitted(name, method):
    rule = load(FUSIONS.get(name).target)()
    if FUSIONS.get(name).learned:
        held = outputs_of(method, [video(100 + n) for n in range(24)])
        rule.fit(held, torch.arange(24) % CLASSES)
    return rule


@pytest.mark.parametrize("name", [each for each in FUSIONS.names() if each != "bilinear"])
def test_a_rule_in_a_graph_says_what_the_rule_says(name, tmp_path):
    method = built(TwoStream)
    rule = fitted(name, method)
    found = traced(method, rule, name)
    assert found.any_number
    program = found.program.module()
    for number, views in ((7, (3, 2)), (8, (1, 4))):
        one = video(number, *views)
        expected = outputs_of(method, [one])
        scores, local, glob = program(one["local"], one["global"])
        torch.testing.assert_close(scores, rule.predict_proba(expected)[0].float(), atol=1e-5, rtol=0)
        torch.testing.assert_close(local, expected.local.scores[0], atol=1e-5, rtol=0)
        torch.testing.assert_close(glob, expected.glob.scores[0], atol=1e-5, rtol=0)


def test_streams_that_need_each_other_are_exported_together(tmp_path):
    method = built(STDDCN)
    assert method.joint
    path = tmp_path / "fused.pt2"
    GRAPHS["torch-export"].write(traced(method, fitted("average", method), "average", equal=True), path)
    one = video(3, 3, 3)
    expected = outputs_of(method, [one])
    scores, *_ = GRAPHS["torch-export"].read(path)([one["local"], one["global"]])
    by_hand = (expected.local.scores[0] + expected.glob.scores[0]) / 2
    torch.testing.assert_close(scores, by_hand, atol=1e-5, rtol=0)


def test_a_stream_whose_method_adds_to_it_is_exported_with_that(tmp_path):
    class Doubled(TwoStream):
        def stream_features(self, name, clip, pooled=()):
            features = super().stream_features(name, clip, pooled)
            features.logits = 2 * features.logits
            return features

    plain, doubled = built(TwoStream), built(Doubled)
    assert is_plain(plain)
    assert not is_plain(doubled)
    clips = pixels(2, 5)
    module = ExportedStream(network_of(doubled, "global"), SPEC)
    path = tmp_path / "global.pt2"
    GRAPHS["torch-export"].write(trace(module, {"clips": clips}, ("logits", "features")), path)
    logits, features = GRAPHS["torch-export"].read(path)([clips])
    expected = plain.glob(normalised(clips))
    torch.testing.assert_close(logits, 2 * expected.logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(features, expected.embedding, atol=1e-5, rtol=0)
