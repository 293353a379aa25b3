"""Every file that is read, with something hostile in its place, and the commands that read it."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hostile.commands import RECORDS, RUN
from hostile.damage import Put, bytes_of, leaves, places, texts, yamls
from hostile.outcome import Outcome, Tally, command, late
from hostile.tensors import MARK, of_safetensors, of_torch

GOOD = "0127d768975d"  # the record that must be shown whatever lies beside it
OTHER = "04b48880c45e"
PLAN = "name: p\narms: [mbd, two_stream]\ndataset: localglobal\npreset: tiny\npairs: 2\n"
ID = RUN.name


@dataclass(frozen=True)
class Kind:
    """path: of the file, below the workplace. commands: that read it. shown: what of the others is shown by
    the first of them, whatever is in the file. made: what is put there, by name."""

    name: str
    path: str
    commands: tuple[str, ...]
    made: Iterable[tuple[str, Put]]
    shown: str = ""


def kinds(draw: random.Random, most: int) -> Iterator[Kind]:
    """most: hostile files of each kind, evenly drawn from all there are."""
    for find in (_of_runs, _of_outputs, _of_weights, _of_studies, _of_data):
        for kind in find(draw):
            made = list(kind.made)
            yield replace(
                kind, made=[made[at] for at in sorted(draw.sample(range(len(made)), min(most, len(made))))]
            )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _of_runs(draw: random.Random) -> Iterator[Kind]:
    record = _text(RECORDS / OTHER / "record.json")
    reads = (
        "runs --out R",
        "table fusion --runs R",
        f"show {OTHER} --out R",
        "export records --runs R --format json",
    )
    yield Kind(
        "record", f"R/{OTHER}/record.json", reads, [*texts(draw, record), *leaves(draw, record, 60)], GOOD
    )
    more = (
        "claims mbd --runs R",
        "compare mbd two_stream --runs R",
        f"diff {OTHER} {GOOD} --out R",
        "figure fusion --runs R",
    )
    yield Kind("record, other commands", f"R/{OTHER}/record.json", more, leaves(draw, record, 20))
    config = _text(RUN / "config.json")
    made = [*texts(draw, config), *leaves(draw, config, 25)]
    yield Kind(
        "configuration",
        "R/0123456789ab/config.json",
        ("runs --out R", "show 0123456789ab --out R"),
        made,
        GOOD,
    )
    yield Kind(
        "reason of failure",
        "R/0123456789ab/broken.json",
        ("runs --out R", "show 0123456789ab --out R"),
        texts(draw, '{"why": "x"}'),
        GOOD,
    )
    yield Kind(
        "failed run of a table",
        "R/failed/x.json",
        ("table components --runs R", "runs --out R"),
        [
            *texts(draw, json.dumps({"config": json.loads(config), "reason": "r", "when": "w"})),
            *leaves(draw, json.dumps({"config": json.loads(config), "reason": "r", "when": "w"}), 10),
        ],
    )


def _of_outputs(draw: random.Random) -> Iterator[Kind]:
    events = _text(RUN / "events.jsonl")
    lines = [f"[{line}]" for line in events.splitlines()]
    odd = [(f"event {name}", put) for line in lines[:2] for name, put in leaves(draw, line, 8)]
    reads = (f"figure curves --run {ID} --runs R --json", f"diff {ID} R2/{ID} --out R")
    yield Kind("events", f"R/{ID}/events.jsonl", reads, [*texts(draw, events), *odd])
    outputs = (RUN / "outputs-test.safetensors").read_bytes()
    reads = (
        f"fuse {ID} --fusion average --out R",
        f"figure confusion --run {ID} --runs R --json",
        f"figure dominance --run {ID} --runs R --json",
        f"diff {ID} R2/{ID} --out R",
    )
    yield Kind("outputs", f"R/{ID}/outputs-test.safetensors", reads, of_safetensors(draw, outputs))
    yield Kind(
        "outputs of held-out videos",
        f"R/{ID}/outputs-holdout.safetensors",
        (f"fuse {ID} --fusion svm --out R",),
        [*of_safetensors(draw, outputs)][::2],
    )


def _of_weights(draw: random.Random) -> Iterator[Kind]:
    outputs = (RUN / "outputs-test.safetensors").read_bytes()
    videos = _text(RUN / "videos.json")
    yield Kind(
        "videos",
        f"R/{ID}/videos.json",
        (f"fuse {ID} --fusion average --out R",),
        [*texts(draw, videos), *leaves(draw, videos, 25)],
    )
    narrow = "--backbone r2plus1d18 --set local.width=0.125"
    weights = f"run --dry-run --from-scratch --method mbd --out R {narrow} --weights-local {ID}"
    trained = _text(RUN / "trained.json")
    yield Kind(
        "training videos",
        f"R/{ID}/trained.json",
        (weights,),
        [*texts(draw, trained), *leaves(draw, trained, 10)],
    )
    checkpoint = (RUN / "checkpoint.pt").read_bytes()
    yield Kind(
        "checkpoint",
        f"R/{ID}/checkpoint.pt",
        (weights, f"diff {ID} R2/{ID} --out R", f"predict {ID} v.mp4 --out R"),
        of_torch(draw, checkpoint),
    )
    file = weights.replace(ID, "w.pt")
    yield Kind("weights of torch", "w.pt", (file,), of_torch(draw, checkpoint))
    yield Kind(
        "weights of safetensors",
        "w.safetensors",
        (file.replace("w.pt", "w.safetensors"),),
        of_safetensors(draw, outputs),
    )


def _of_studies(draw: random.Random) -> Iterator[Kind]:
    reads = (
        "study plan plan.yaml",
        "study status plan.yaml --out S",
        "study report plan.yaml --out S",
        "claims mbd --runs R --study plan.yaml",
        "study run plan.yaml --out S2 --pairs 0",
    )
    yield Kind("plan of a study", "plan.yaml", reads[:4], yamls(draw, PLAN))
    record = json.dumps(json.loads(_text(RECORDS / OTHER / "record.json")))
    study = ("table fusion --runs R", "study status good.yaml --out S", "study report good.yaml --out S")
    made = [*texts(draw, record), *leaves(draw, record, 20)]
    yield Kind("records of a study", "S/records/pair-000.jsonl", study, made, "")
    yield Kind(
        "records beside others",
        "R/pair-000.jsonl",
        ("runs --out R", "export records --runs R --format json"),
        made[::2],
        GOOD,
    )
    begun = '{"plan_sha256": "0", "commit": "0"}'
    yield Kind(
        "beginning of a study",
        "S/records/study.json",
        ("study status good.yaml --out S", "study report good.yaml --out S"),
        texts(draw, begun),
    )


def _of_data(draw: random.Random) -> Iterator[Kind]:
    rows = "a/1.mp4 0\na/2.mp4 0\nb/3.mp4 1\nb/4.mp4 1\n"
    check = "data check folder --data-root D --set data.annotations=D/list.txt"
    yield Kind(
        "list of videos",
        "D/list.txt",
        (check,),
        [*bytes_of(draw, rows.encode()), *places(), *texts(draw, rows)][::1],
    )
    yield Kind(
        "list of classes",
        "D/classes.txt",
        (check + " --set data.class_names=D/classes.txt",),
        [*bytes_of(draw, b"jump\nrun\n"), *places(), *texts(draw, '["jump", "run"]')],
    )
    yield Kind(
        "video",
        "D/a/1.mp4",
        ("data check folder --data-root D",),
        [*places(), *bytes_of(draw, b"\x00\x00\x00\x18ftypmp42" * 50)],
    )


def workplace(folder: Path) -> None:
    """Good files, among which one is made hostile at a time."""
    runs = folder / "R"
    for name in (GOOD, OTHER):
        shutil.copytree(RECORDS / name, runs / name)
    shutil.copytree(RUN, runs / ID)
    shutil.copytree(RUN, folder / "R2" / ID)
    for name in ("S/records", "R/0123456789ab", "R/failed", "D/a", "D/b"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (runs / "0123456789ab" / "config.json").write_text(_text(RUN / "config.json"))
    (folder / "good.yaml").write_text(PLAN)
    (folder / "D" / "list.txt").write_text("a/1.mp4 0\na/2.mp4 0\nb/3.mp4 1\nb/4.mp4 1\n")
    for name in ("a/1", "a/2", "b/3", "b/4"):
        (folder / "D" / f"{name}.mp4").write_bytes(b"no video")


def try_kind(kind: Kind, folder: Path, tally: Tally) -> None:
    """Each hostile file once, by all commands; a fault of any of them counts once."""
    path = folder / kind.path
    for name, put in kind.made:
        if late():
            return
        good = path.read_bytes() if path.is_file() else None
        if good is not None:
            path.unlink()
        put(path)
        faults = []
        for number, line in enumerate(kind.commands):
            outcome = command(line.split())
            fault = outcome.fault() or (hidden(outcome, kind.shown) if number == 0 else "")
            faults += [f"{line}: {fault}"] if fault else []
        if (folder / MARK).exists():
            faults.append("its code was executed")
            (folder / MARK).unlink()
        tally.add(name, faults[0] if faults else "")
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        if good is not None:
            path.write_bytes(good)


def hidden(outcome: Outcome, shown: str) -> str:
    return "" if shown in outcome.out else f"{shown} is not shown"
