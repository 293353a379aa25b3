"""The attempts: each is a function that brings a leak about in a place, and starts the run that it is in."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import av
from leaks.place import TESTED, TRAINED, UNTESTED, Place, overwrite

ATTACKS: list[Attack] = []
Try = Callable[[Place], str]


@dataclass(frozen=True)
class Attack:
    """how: what is done. expected: what is said of it, a regular expression."""

    name: str
    how: str
    tried: Try
    expected: str

    def caught(self, said: str) -> bool:
        return re.search(self.expected, said) is not None


def attack(name: str, expected: str) -> Callable[[Try], Try]:
    def add(tried: Try) -> Try:
        ATTACKS.append(Attack(name, " ".join((tried.__doc__ or "").split()), tried, expected))
        return tried

    return add


# One run: what is trained on is there again among what is tested.

SAME = r"error: folder: 1 video is in several parts with the same content: train jump/0.mp4 = test jump/{}{}"


def tested_too(place: Place, name: str) -> str:
    return place.start(place.lists(TRAINED, [*TESTED, name]))


@attack("same content, other name", SAME.format("new.mp4", ";"))
def copied(place: Place) -> str:
    """A training video is copied under another name."""
    shutil.copy(place.video("jump/0"), place.video("jump/new"))
    return tested_too(place, "jump/new")


@attack("same content, other label and suffix", SAME.replace("jump/{}", "run/{}").format("new.avi", ";"))
def renamed(place: Place) -> str:
    """A training video is copied into another class, under another suffix."""
    shutil.copy(place.video("jump/0"), place.clips / "run" / "new.avi")
    return tested_too(place, "run/new.avi")


@attack("symbolic link", SAME.format("new.mp4", r" \(the same file\)"))
def linked(place: Place) -> str:
    """A symbolic link leads to a training video."""
    place.video("jump/new").symlink_to(place.video("jump/0"))
    return tested_too(place, "jump/new")


@attack("hard link", SAME.format("new.mp4", r" \(the same file\)"))
def hard_linked(place: Place) -> str:
    """A hard link leads to a training video."""
    place.video("jump/new").hardlink_to(place.video("jump/0"))
    return tested_too(place, "jump/new")


@attack("link of a folder", SAME.replace("jump/{}", "hop/{}").format("0.mp4", r" \(the same file\)"))
def linked_folder(place: Place) -> str:
    """The folder of a class is there under a second name."""
    (place.clips / "hop").symlink_to(place.clips / "jump")
    lists = place.lists([*TRAINED, "hop/3"], [*TESTED[1:], "hop/0"])
    return place.start(lists)


@attack("folder of frames", SAME.replace("0.mp4", "frames").format("again", ";"))
def frames(place: Place) -> str:
    """A folder of frames is copied under another name."""
    target = place.clips / "jump" / "frames"
    target.mkdir()
    with av.open(str(place.video("jump/0"))) as file:
        for number, frame in enumerate(file.decode(video=0), 1):
            frame.to_image().save(target / f"img_{number:05}.png")
    shutil.copytree(target, target.with_name("again"))
    return place.start(place.lists([*TRAINED, "jump/frames/"], [*TESTED, "jump/again/"]))


def doubled(place: Place) -> list[str]:
    """Every training video under two names."""
    for name in TRAINED:
        shutil.copy(place.video(name), place.video(f"{name}0"))
    return [*TRAINED, *(f"{name}0" for name in TRAINED)]


@attack("copies among the videos that fusion is fitted on", r"same content: train \S+ = holdout ")
def held_out(place: Place) -> str:
    """Every training video is there twice, and some are held out."""
    return place.start(place.lists(doubled(place), TESTED), "fit.share=0.5", "fit.rules=all")


@attack("copies among validation videos", r"same content: train \S+ = validation ")
def validation(place: Place) -> str:
    """Every training video is there twice, and some are for choosing settings."""
    lists = place.lists(doubled(place), TESTED)
    return place.start(lists, "data.validation=0.5", "test.part=validation")


# A run that was made: its videos are changed under it, at the same size.

CHANGED = r"run {} began with other contents of 1 video \(jump/0.mp4\)"


def again(place: Place) -> str:
    """The base's own command."""
    return place.start(place.lists(TRAINED, TESTED), *UNTESTED)


@attack("contents changed, finished run used again", "warning: " + CHANGED.format(r"\w{12}"))
def changed(place: Place) -> str:
    """A training video gets other bytes at the same size."""
    overwrite(place.video("jump/0"))
    return again(place)


@attack("contents changed, with the old times", "warning: " + CHANGED.format(r"\w{12}"))
def changed_quietly(place: Place) -> str:
    """The same, and its time of writing is put back."""
    overwrite(place.video("jump/0"), keep_times=True)
    return again(place)


@attack("contents changed, interrupted run goes on", "error: " + CHANGED.format(r"\w{12}"))
def changed_midway(place: Place) -> str:
    """A run is stopped, and a training video gets other bytes at the same size."""
    (place.run / "record.json").unlink()
    overwrite(place.video("jump/0"))
    return again(place)


@attack(
    "two files exchanged, interrupted run goes on", r"error: run \w{12} began with other contents of 2 videos"
)
def exchanged(place: Place) -> str:
    """A run is stopped, and two training videos of the same size exchange their names."""
    (place.run / "record.json").unlink()
    one, other = place.video("jump/0"), place.video("run/0")
    one.rename(one.with_suffix(".old"))
    other.rename(one)
    one.with_suffix(".old").rename(other)
    return again(place)


# Weights of a run: what it was trained on is tested here.

OTHERS, LEAKED = ["jump/3", "run/3"], ["jump/4", "run/4", "jump/0"]
RUN = r"error: --weights-local: run \w{12} "


def begun_from(
    place: Place, weights: object, tested: list[str] = LEAKED, before: str = "", *more: str
) -> str:
    """A run on other videos, that begins with these weights."""
    root = place.folder if before else place.clips
    return place.start(place.lists(OTHERS, tested, before), f"local.weights={weights}", *more, root=root)


@attack("weights of another split", RUN + r"was trained on 1 \(jump/0.mp4\) of the test videos")
def other_split(place: Place) -> str:
    """A run of another split, whose training videos are tested here."""
    return begun_from(place, place.base)


@attack(
    "names one folder deeper", RUN + r"was trained on the content of 1 .*: clips/jump/0.mp4 = jump/0.mp4;"
)
def deeper(place: Place) -> str:
    """The data's root is a folder higher than it was for the run."""
    return begun_from(place, place.base, before="clips/")


@attack(
    "names one folder deeper, contents not known", RUN + r".*only by folders.*: clips/jump/0.mp4, jump/0.mp4;"
)
def deeper_of_old(place: Place) -> str:
    """The same, and the run has kept no hashes."""
    (place.run / "contents.json").unlink(missing_ok=True)
    return begun_from(place, place.base, before="clips/")


@attack("names one folder higher", RUN + r"was trained on the content of 1 .*: 0.mp4 = jump/0.mp4;")
def higher(place: Place) -> str:
    """The data's root is a class's folder."""
    for name in ("jump/1", "jump/2"):
        place.video(name).unlink()
    shutil.copy(place.video("run/4"), place.video("jump/5"))
    shutil.copy(place.video("run/3"), place.video("jump/6"))
    settings = {}
    for part, rows in (
        ("train", ["3.mp4,jump", "6.mp4,run"]),
        ("test", ["4.mp4,jump", "5.mp4,run", "0.mp4,jump"]),
    ):
        path = place.folder / f"{part}.csv"
        path.write_text("\n".join(["path,label", *rows]) + "\n")
        settings[f"data.{part}_list"] = str(path)
    return place.start(settings, f"local.weights={place.base}", root=place.clips / "jump")


@attack("other names", RUN + r"was trained on the content of 1 .*: jump/other.mp4 = jump/0.mp4;")
def other_names(place: Place) -> str:
    """A training video of the run has another name since."""
    place.video("jump/0").rename(place.video("jump/other"))
    return begun_from(place, place.base, [*LEAKED[:2], "jump/other"])


@attack("run without trained.json", RUN + "does not say which videos")
def says_nothing(place: Place) -> str:
    """The run's list of training videos is deleted."""
    (place.run / "trained.json").unlink()
    return begun_from(place, place.base)


@attack("run with an empty trained.json", RUN + "does not say which videos")
def says_less(place: Place) -> str:
    """The run's list of training videos is emptied."""
    (place.run / "trained.json").write_text("{}")
    return begun_from(place, place.base)


@attack("run with a damaged trained.json", RUN + "does not say which videos")
def says_garbage(place: Place) -> str:
    """The run's list of training videos is cut off."""
    text = (place.run / "trained.json").read_text()
    (place.run / "trained.json").write_text(text[: len(text) // 2])
    return begun_from(place, place.base)


CHECKPOINT = (
    r"error: --weights-local: \S+ is the checkpoint of a run, but not in the folder of a finished one"
)


@attack("checkpoint copied out of its folder", CHECKPOINT)
def taken_out(place: Place) -> str:
    """The run's checkpoint is copied elsewhere and given as a file."""
    shutil.copy(place.run / "checkpoint.pt", place.folder / "weights.pt")
    return begun_from(place, place.folder / "weights.pt")


@attack("checkpoint renamed in its folder", CHECKPOINT)
def renamed_checkpoint(place: Place) -> str:
    """The run's checkpoint has another name in its folder."""
    (place.run / "checkpoint.pt").rename(place.run / "best.pt")
    return begun_from(place, place.run / "best.pt")


@attack("checkpoint of an unfinished run", CHECKPOINT)
def unfinished(place: Place) -> str:
    """The checkpoint of a run without a record is given as a file."""
    (place.run / "record.json").unlink()
    return begun_from(place, place.run / "checkpoint.pt")


def next_run(place: Place, said: str) -> str:
    """The id of the run that is not the base. said: when it was made."""
    made = {path.parent.name for path in place.folder.glob("runs/*/record.json")} - {place.base}
    return made.pop() if len(made) == 1 else f"none: {said}"


@attack(
    "weights of a run that began from another split", RUN + r"was trained on 1 \(jump/0.mp4\) of the test"
)
def handed_down(place: Place) -> str:
    """A run on other videos begins from the base, and a third one from it tests on what the base has seen."""
    lists = place.lists(OTHERS, LEAKED[:2])
    said = place.start(lists, f"local.weights={place.base}", *UNTESTED, dry=False)
    return begun_from(place, next_run(place, said))


@attack("run that began from a copied checkpoint", RUN + "began from weights that do not say")
def handed_down_unknown(place: Place) -> str:
    """The same, through a checkpoint that was copied out of its folder and let pass."""
    shutil.copy(place.run / "checkpoint.pt", place.folder / "weights.pt")
    knowingly = ("data.leaks=warn", f"local.weights={place.folder / 'weights.pt'}", *UNTESTED)
    said = place.start(place.lists(OTHERS, LEAKED[:2]), *knowingly, dry=False)
    return begun_from(place, next_run(place, said))


@attack("none", r"^$")
def control(place: Place) -> str:
    """Nothing leaks: a run on other videos begins from the base, which is as it was. Nothing may be said."""
    return begun_from(place, place.base, LEAKED[:2]) + again(place)
