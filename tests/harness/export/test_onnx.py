"""ONNX files, read by ONNX Runtime; skipped where the extra `onnx` is not installed."""

import pytest
import torch
from support.exported_streams import SPEC, built, outputs_of, pixels, traced, video

from backbones.base.registry import load
from harness.export.formats import GRAPHS, METADATA, Onnx, trace
from harness.export.modules import ExportedStream, network_of
from methods.fusion.catalogue import FUSIONS
from methods.two_stream import TwoStream

pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
pytest.importorskip("onnxscript", reason="the extra 'onnx' is not installed")


def test_a_stream_takes_any_number_of_clips_and_says_what_it_is(tmp_path):
    import onnxruntime

    method, path = built(TwoStream), tmp_path / "local.onnx"
    module = ExportedStream(network_of(method, "local"), SPEC)
    Onnx.write(trace(module, {"clips": pixels(2, 1)}, ("logits", "features")), path, '{"run": "0123"}')
    answer = Onnx.read(path)
    for number in (1, 5):
        clips = pixels(number, number)
        one = outputs_of(method, [{"local": clips[n : n + 1], "global": clips[:1]} for n in range(number)])
        logits, features = answer([clips])
        torch.testing.assert_close(logits, one.local.logits, atol=1e-4, rtol=0)
        torch.testing.assert_close(features, one.local.embedding, atol=1e-4, rtol=0)
    session = onnxruntime.InferenceSession(str(path))
    assert session.get_modelmeta().custom_metadata_map[METADATA] == '{"run": "0123"}'
    assert [each.name for each in session.get_outputs()] == ["logits", "features"]


@pytest.mark.parametrize("name", ["average", "adaptive", "product"])
def test_a_rule_of_no_parameters(name, tmp_path):
    method, path = built(TwoStream), tmp_path / "fused.onnx"
    rule = load(FUSIONS.get(name).target)()
    GRAPHS["onnx"].write(traced(method, rule, name), path)
    one = video(7, 3, 2)
    scores, *_ = GRAPHS["onnx"].read(path)([one["local"], one["global"]])
    torch.testing.assert_close(scores, rule.predict_proba(outputs_of(method, [one]))[0], atol=1e-4, rtol=0)
