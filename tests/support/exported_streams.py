"""Two small streams, their clips and what a run stores of them, for tests of exported graphs."""

import torch

from backbones.spec import InputSpec
from harness.export.formats import trace
from harness.export.modules import ExportedFusion, network_of
from harness.export.rules import in_torch
from methods.fusion.contract import Outputs, StreamOutputs
from support.two_stage import TwoStage

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


def traced(method, rule, name, equal=False):
    streams = method if method.joint else {each: network_of(method, each) for each in SPECS}
    module = ExportedFusion(streams, SPECS, in_torch(name, rule))
    first = video(0, 2, 2)
    example = {"local_clips": first["local"], "global_clips": first["global"]}
    return trace(module, example, ("scores", "local_scores", "global_scores"), equal)
