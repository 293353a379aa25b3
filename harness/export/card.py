"""The model card beside exported files: Markdown, made from what `harness.export.describe` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.export.formats import METADATA

Tree = Mapping[str, Any]
FRONT = ["---", "license: unknown", "pipeline_tag: video-classification", "---", ""]
HOW = {
    "torch-export": [
        "```python",
        "import torch",
        "",
        'network = torch.export.load("{file}").module()',
        "{outputs} = network({inputs})",
        "```",
    ],
    "onnx": [
        "```python",
        "import onnxruntime",
        "",
        'session = onnxruntime.InferenceSession("{file}")',
        "{outputs} = session.run(None, {{{named}}})",
        "```",
    ],
    "safetensors": [
        "Tensors by their names in the stream's network; `harness run --weights-{what} {file}` starts from them.",
    ],
}
GIVES = {
    "logits": "`logits` (clips, {classes}): raw, a softmax gives scores",
    "features": "`features` (clips, D): what the classifier sees",
    "scores": "`scores` ({classes},): of both streams fused by `{rule}`, they sum to 1",
    "local_scores": "`local_scores`, `global_scores` ({classes},): of each stream, the mean over its clips",
}


def card(model: Tree) -> str:
    """model: the tree of `model.json`: a description with the `files` and the clips they were `checked` on."""
    parts = [
        _title(model),
        _files(model),
        _use(model),
        _input(model),
        _training(model),
        _accuracy(model),
        _checked(model),
        _lacks(model),
        _licence(model),
        _classes(model),
    ]
    return "\n".join(FRONT + ["\n".join(lines) + "\n" for lines in parts])


def _title(model: Tree) -> list[str]:
    streams = " and ".join(stream["network"] for stream in model["streams"].values())
    data = model["data"]
    return [
        f"# {streams}, trained on {data['dataset']}",
        "",
        f"Networks of the run `{model['run']}` of mbd-harness: method `{model['method']}`, data set "
        f"{data['dataset']} ({data['split']}), {len(model['classes'])} classes. `model.json` says the same for "
        f"programs, and so does each file, under the name `{METADATA}` in its metadata.",
    ]


def _files(model: Tree) -> list[str]:
    lines = ["## Files", "", "| file | format | what | clips at once | size | SHA-256 |", "|---|---|---|---|---|---|"]
    for each in model["files"]:
        number = "any number" if each["any_number"] else "one"
        size = f"{each['bytes'] / 1e6:.1f} MB"
        what = "both streams and their fusion" if each["what"] == "fused" else f"the {each['what']} stream"
        cells = [f"`{each['file']}`", each["format"], what, number, size, f"`{each['sha256'][:12]}…`"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _use(model: Tree) -> list[str]:
    lines = ["## Use", ""]
    for each in model["files"]:
        lines += [f"`{each['file']}`:", ""]
        named = ", ".join(f'"{name}": {name}' for name in each["inputs"])
        words = {"inputs": ", ".join(each["inputs"]), "outputs": ", ".join(each["outputs"]), "named": named}
        lines += [line.format(**words, file=each["file"], what=each["what"]) for line in HOW[each["format"]]]
        lines.append("")
    given = dict.fromkeys(name for each in model["files"] for name in each["outputs"] if name in GIVES)
    rule = (model["fusion"] or {}).get("rule", "")
    return lines + [f"- {GIVES[name].format(classes=len(model['classes']), rule=rule)}" for name in given]


def _input(model: Tree) -> list[str]:
    lines = ["## Input", ""]
    for name, stream in model["streams"].items():
        spec, views = stream["input"], stream["views"]
        shape = " x ".join(map(str, spec["shape"]))
        what = "RGB as decoded" if spec["modality"] == "rgb" else f"optical flow ({spec['flow']})"
        crops = "the centre crop" if views["crops"] == 1 else "three crops along the longer side"
        lines += [
            f"`{name}_clips` (`clips` of `{name}` alone): {shape} (clips, frames, height, width, channels), "
            f"`{spec['dtype']}`, {what}.",
            "",
            f"- Frames: {spec['frames']} of the video, {_every(spec['stride'])}; a shorter video: {spec['short_video']}.",
            f"- Pixels: the short side scaled to {spec['test_short_side']}, then {crops} of {spec['crop']} x {spec['crop']}.",
            f"- Views in the run's test: {views['clips']} clips, their starts equally spaced over the video from "
            "its beginning to the last place where one fits.",
            f"- Normalisation, inside the graphs but not in safetensors: (pixel / 255 - mean) / std, mean "
            f"{_numbers(spec['mean'])}, std {_numbers(spec['std'])}.",
            "",
        ]
    return lines[:-1]


def _every(stride: int) -> str:
    return "consecutive" if stride == 1 else f"each {stride} after the one before"


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _training(model: Tree) -> list[str]:
    data = model["data"]
    videos = ", ".join(f"{number} {part}" for part, number in data["videos"].items() if number)
    lines = [
        "## Training",
        "",
        f"Method `{model['method']}`, seed {model['seed']}, computed in {model['trained_in'] or 'unknown precision'}, "
        f"finished {model['finished']}; weights: {model['selection']}.",
        "",
        f"- Videos of {data['dataset']} ({data['split']}): {videos}; fingerprint `{data['fingerprint'][:12]}…`.",
    ]
    for name, stream in model["streams"].items():
        lines.append(f"- The {name} stream, {stream['network']}, started from {_start(stream['started_from'])}.")
    if rule := model["fusion"]:
        learned = ", ".join(f"{key} {value}" for key, value in rule["learned"].items())
        lines.append(f"- Fusion: `{rule['rule']}`" + (f", which learned {learned}" if learned else "") + ".")
    return lines + [f"- Note: {each}." for each in data["warnings"]]


def _start(start: Tree) -> str:
    if start["kind"] == "scratch":
        return "random weights"
    kinds = {"run": "those of the run", "file": "those of the file", "zoo": "the published weights"}
    source = f" ({start['source']})" if start.get("source") else ""
    return f"{kinds[start['kind']]} `{start['name']}`{source}"


def _accuracy(model: Tree) -> list[str]:
    found = model["accuracy"]
    if found is None:
        return ["## Accuracy", "", "Not known: the run was tested on no videos."]
    lines = ["## Accuracy", "", "| | top-1 % | 95 % interval | right, of |", "|---|---|---|---|"]
    for name, share in found["top1"].items():
        interval = f"{share['low']:.1f} to {share['high']:.1f}"
        lines.append(f"| {name} | {share['percent']:.1f} | {interval} | {share['correct']}, {share['of']} |")
    methods = ", ".join(sorted({share["method"] for share in found["top1"].values()}))
    lines += [
        "",
        f"Over the {found['part']} videos, in all views, with the intervals of: {methods}. An interval says how much the "
        "number would vary over other videos of the same kind, for these trained weights alone. It says nothing of "
        "another training, of another data set, or of videos unlike these.",
    ]
    if found["apart"]:
        lines.append(f"Not counted are the families {', '.join(found['apart'])}.")
    return lines


def _checked(model: Tree) -> list[str]:
    lines = [
        "## Compared with the run's own networks",
        "",
        f"On clips of {len(model['checked_on'])} of the run's videos, on a CPU in float32: the largest absolute "
        "difference of each output. A file above the tolerance is not kept.",
        "",
        "| file | differences | tolerance | largest value | clips | same class |",
        "|---|---|---|---|---|---|",
    ]
    for each in model["files"]:
        parity = each["parity"]
        gaps = ", ".join(f"{name} {gap:.1e}" for name, gap in parity["differences"].items())
        cells = [f"`{each['file']}`", gaps, f"{parity['tolerance']:g}", f"{parity['largest']:.3g}"]
        cells += [f"{parity['clips']}", f"{parity['same_class']} of {parity['rows']}"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _lacks(model: Tree) -> list[str]:
    flow = any(stream["input"]["modality"] != "rgb" for stream in model["streams"].values())
    outside = ["decoding", "the choice of frames", "scaling and cropping", *["optical flow"] * flow]
    return [
        "## What the files do not contain",
        "",
        f"- {', '.join(outside).capitalize()}: these are described under Input.",
        "- The mean over the clips of a video, in files of one stream: scores are the mean of the clips' softmax.",
        "- Normalisation, in safetensors.",
        "- What takes part in training alone: losses, projections, optimizers.",
    ]


def _licence(model: Tree) -> list[str]:
    return [
        "## Licence",
        "",
        "Unknown: a run does not know the terms of its videos, nor of the weights that it started from (see "
        "Training). They apply to these weights too; whoever passes the files on has to find them out.",
    ]


def _classes(model: Tree) -> list[str]:
    return ["## Classes", "", *(f"{number}. {name}" for number, name in enumerate(model["classes"]))]
