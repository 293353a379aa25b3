"""Fusion rules and methods as graphs: what a graph gives beside the rule or the method itself."""

import pytest
import torch
from support.two_stage import TwoStage

from backbones.spec import InputSpec
from harness.export.formats import GRAPHS, trace
from harness.export.modules import ExportedFusion, ExportedStream, is_plain, network_of
from harness.export.rules import in_torch
from methods.fusion.catalogue import FUSIONS
from methods.fusion.contract import Outputs, StreamOutputs
from methods.stddcn import STDDCN
from methods.two_stream import TwoStream

CLASSES = 3
SPEC = InputSpec(2, 1, (4, 4), 4, 4, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
SPECS = {"local": SPEC, "global": SPEC}


def built(method_class, **settings):
    torch.manual_seed(0)
    method = method_class(TwoStage(4, CLASSES), TwoStage(6, CLASSES), method_class.Settings(**settings))
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.mul_(3)  # so that classes differ
    return method.eval().requires_grad_(False)


def pixels(clips, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (clips, 2, 4, 4, 3), dtype=torch.uint8, generator=generator)


def normalised(clips):
    mean, std = torch.tensor(SPEC.mean), torch.tensor(SPEC.std)
    return ((clips / 255 - mean) / std).permute(0, 4, 1, 2, 3)


def outputs_of(method, videos):
    """Of videos, each {stream: its views}: what a run stores."""
    rows = []
    for video in videos:
        features = method({name: normalised(clips) for name, clips in video.items()})
        rows.append(
            {
                name: (f.logits.softmax(1).mean(0), f.logits.mean(0), f.embedding.mean(0), f.map.mean(0))
                for name, f in features.items()
            }
        )
    streams = [
        StreamOutputs(*map(torch.stack, zip(*(row[name] for row in rows), strict=True)))
        for name in ("local", "global")
    ]
    return Outputs(*streams)


def video(number, local=3, glob=2):
    return {"local": pixels(local, 2 * number), "global": pixels(glob, 2 * number + 1)}


def fitted(name, method):
    rule = FUSIONS.get(name).load()() if hasattr(FUSIONS.get(name), "load") else _load(name)
    if FUSIONS.get(name).learned:
        held = outputs_of(method, [video(100 + n) for n in range(24)])
        rule.fit(held, torch.arange(24) % CLASSES)
    return rule


def _load(name):
    from backbones.base.registry import load

    return load(FUSIONS.get(name).target)()


def traced(method, rule, name, equal=False):
    streams = method if method.joint else {each: network_of(method, each) for each in SPECS}
    module = ExportedFusion(streams, SPECS, in_torch(name, rule))
    first = video(0, 2, 2)
    example = {"local_clips": first["local"], "global_clips": first["global"]}
    return trace(module, example, ("scores", "local_scores", "global_scores"), equal)


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
    GRAPHS["torch-export"].write(traced(method, _load("average"), "average", equal=True), path)
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
