"""The model card beside exported files: Markdown, made from what `harness.export.describe` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backbones.base.plain_text import in_markdown
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
        "Tensors by their names in the stream's network. A run that begins with them, in the folder of",
        "this card; it is warned that some of its test videos may be among those that they were trained on.",
    ],
}
GIVES = {
    "logits": "`logits` (clips, {classes}): raw, a softmax gives scores",
    "features": "`features` (clips, D): what the classifier sees",
    "scores": "`scores` ({classes},): of both streams fused by `{rule}`, they sum to 1",
    "local_scores": "`local_scores`, `global_scores` ({classes},): of each stream, the mean over its clips",
}


def card(model: Tree) -> str:
    """model: the tree of `model.json`: a description, the `files`, the videos they were `checked_on`."""
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
        f"{data['dataset']} ({data['split']}), {len(model['classes'])} classes. `model.json` says the same "
        f"for programs, and so does each file, under the name `{METADATA}` in its metadata.",
    ]


def _files(model: Tree) -> list[str]:
    lines = [
        "## Files",
        "",
        "| file | format | what | clips at once | size | SHA-256 |",
        "|---|---|---|---|---|---|",
    ]
    for each in model["files"]:
        number = "any number" if each["any_number"] else "one"
        size = f"{each['bytes'] / 1e6:.1f} MB"
        what = "both streams and their fusion" if each["what"] == "fused" else f"the {each['what']} stream"
        cells = [f"`{each['file']}`", each["format"], what, number, size, f"`{each['sha256'][:12]}…`"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _use(model: Tree) -> list[str]:
    """One example for files that are used alike."""
    lines, alike = ["## Use", ""], dict[tuple[str, bool], list[Tree]]()
    for each in model["files"]:
        alike.setdefault((each["format"], each["what"] == "fused"), []).append(each)
    for (format_, _), files in alike.items():
        first = files[0]
        named = ", ".join(f'"{name}": {name}' for name in first["inputs"])
        words = {name: ", ".join(first[name]) for name in ("inputs", "outputs")} | {"named": named}
        lines += [", ".join(f"`{each['file']}`" for each in files) + ":", ""]
        lines += [*(line.format(**words, file=first["file"]) for line in HOW[format_]), ""]
        commands = [each["command"] for each in files if each["command"]]
        lines += ["```", *commands, "```", ""] if commands else []
    given = dict.fromkeys(name for each in model["files"] for name in each["outputs"] if name in GIVES)
    rule = (model["fusion"] or {}).get("rule", "")
    return lines + [f"- {GIVES[name].format(classes=len(model['classes']), rule=rule)}" for name in given]


def _input(model: Tree) -> list[str]:
    lines = ["## Input", "", "What a stream is given, from the video file to its clips:", ""]
    for name, stream in model["streams"].items():
        lines += [f"### The {name} stream", "", *_input_of(name, stream), ""]
    return lines[:-1]


def _input_of(name: str, stream: Tree) -> list[str]:
    spec, views = stream["input"], stream["views"]
    flow = spec["modality"] != "rgb"
    what = f"optical flow ({spec['flow']})" if flow else "red, green, blue as decoded"
    crops = "the centre crop" if views["crops"] == 1 else "three crops along the longer side, each"
    even = "starts equally spaced over the video, from its first frame to the last at which a clip fits"
    starts = f"{views['clips']} clips, {even}; frames are counted from 0, starts rounded down"
    if views["clips"] == 1:
        span = 1 + (spec["frames"] - 1) * spec["stride"]
        starts = f"one clip, from frame (N - {span}) // 2 of N on (0 in a shorter video)"
    shape = " x ".join(map(str, spec["shape"]))
    short = {"loop": "begins again", "clamp": "repeats its last frame"}[spec["short_video"]]
    return [
        f"- `clips`, in files of both streams `{name}_clips`: `{spec['dtype']}`, {shape} (clips, frames, "
        f"height, width, channels), {what}.",
        f"- Frames: {spec['frames']}, {_every(spec['stride'])}; a video that is shorter {short}.",
        f"- Pixels: the short side scaled to {spec['test_short_side']}, the long side in proportion, rounded "
        "down (swscale's bilinear, in YUV before the colours are converted); "
        f"then {crops} {spec['crop']} x {spec['crop']}, margins rounded down.",
        f"- In the run's test: {starts}. Any others can be given.",
        "- Inside the graphs, to be done by hand for safetensors: (pixel / 255 - mean) / std, then channels "
        f"before frames; mean {_numbers(spec['mean'])}, std {_numbers(spec['std'])}.",
    ]


def _every(stride: int) -> str:
    return "one after the other" if stride == 1 else f"{stride} apart in the video"


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _training(model: Tree) -> list[str]:
    data = model["data"]
    videos = ", ".join(f"{number} {part}" for part, number in data["videos"].items() if number)
    lines = [
        "## Training",
        "",
        f"Method `{model['method']}`, seed {model['seed']}, computed in "
        f"{model['trained_in'] or 'a precision that is not known'}, finished {model['finished']}; weights: "
        f"{model['selection']}.",
        "",
        f"- Videos of {data['dataset']} ({data['split']}): {videos}; fingerprint "
        f"`{data['fingerprint'][:12]}…`.",
    ]
    for name, stream in model["streams"].items():
        lines.append(
            f"- The {name} stream, {stream['network']}, started from {_start(stream['started_from'])}."
        )
    if rule := model["fusion"]:
        learned = ", ".join(f"{key} {value}" for key, value in rule["learned"].items())
        lines.append(f"- Fusion: `{rule['rule']}`" + (f", which learned {learned}" if learned else "") + ".")
    return lines + [f"- Note: {in_markdown(each)}." for each in data["warnings"]]


def _start(start: Tree) -> str:
    if start["kind"] == "scratch":
        return "random weights"
    kinds = {"run": "those of the run", "file": "those of the file", "zoo": "the published weights"}
    source = f" ({start['source']})" if start.get("source") else ""
    return in_markdown(f"{kinds[start['kind']]} {start['name']}{source}")


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
        f"Over the {found['part']} videos, in all views of the run's test. Intervals: {methods}.",
        "An interval says how much the number would vary over other videos of the same kind, for these",
        "weights alone. It says nothing of another training, of another data set, or of videos unlike these.",
    ]
    if found["apart"]:
        lines += ["", f"Videos of these families are not counted: {', '.join(found['apart'])}."]
    return lines


def _checked(model: Tree) -> list[str]:
    lines = [
        "## Compared with the run's own networks",
        "",
        f"On clips of {len(model['checked_on'])} of the run's videos, on a CPU in float32: the largest "
        "absolute difference of each output. A file above the tolerance is not kept.",
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
        "- The mean over a video's clips, in files of one stream: scores are the mean of the clips' softmax.",
        "- Normalisation and the fusion rule, in safetensors.",
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
    return ["## Classes", "", *(f"{n}. {in_markdown(name)}" for n, name in enumerate(model["classes"]))]
