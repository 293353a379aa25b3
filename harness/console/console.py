"""What a run shows on the terminal. No torch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import yaml
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from backbones.base.plain_text import clean
from harness.config.labels import label
from harness.config.schema import Config
from harness.data.index import VideoIndex
from methods.defaults import defaults

LINE_EVERY_S = 10.0


def duration(seconds: float) -> str:
    """`1 h 05 min`, `3 min 20 s`, `42 s`."""
    whole = round(seconds)
    if whole >= 86400:
        return f"{whole / 86400:.1f} days"
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"


class RunConsole:
    """Prints to stdout, or to stderr where stdout is kept for JSON."""

    def __init__(self, json: bool, quiet: bool = False) -> None:
        self.rich = Console(stderr=json, quiet=quiet, highlight=False, emoji=False, soft_wrap=False)
        self._last_line = 0.0
        self._bar: tuple[Progress, TaskID] | None = None
        self._held: Config | None = None

    def mute(self) -> None:
        """Nothing is shown from here on."""
        self.rich.quiet = True

    def say(self, text: str, style: str = "") -> None:
        """Text as it stands, whatever names are in it: no markup, no control characters."""
        self._show_held()
        shown = "\n".join(map(clean, text.split("\n")))
        self.rich.print(shown, style=style, markup=False, soft_wrap=True)

    def hold_config(self, config: Config) -> None:
        """It is shown with the first line that follows: before an error alone it would hide that."""
        self._held = config

    def _show_held(self) -> None:
        if config := self._held:
            self._held = None
            self.config(config)

    def config(self, config: Config) -> None:
        """The resolved configuration; its first line names the networks that run, with their widths."""
        names = [
            label(stream.backbone, stream.width, stream.modality) for stream in config.streams().values()
        ]
        streams = f"{names[0]} (local) with {names[1]} (global)"
        self.say(f"{config.method.name}: {streams}, seed {config.seed}", "bold")
        table = Table(box=None, show_header=False, pad_edge=False)
        for section, values in config.plain().items():
            if isinstance(values, Mapping) and values:
                if section == "method":
                    values = {**values, "settings": _with_defaults(config)}
                if values.get("modality") == "rgb":
                    values = {k: v for k, v in values.items() if k not in ("modality", "flow")}
                table.add_row(section, escape(clean(_one_line(values))))
        table.add_row("", escape(clean(f"preset {config.preset}, precision {config.precision}")))
        self.rich.print(table)

    def videos(self, index: VideoIndex) -> None:
        kept = f", {index.taken} of them kept from training" if index.taken else ""
        for part, found in (("train", len(index.train) + index.taken), ("test", len(index.test))):
            expected = index.expected.get(part)
            promised = f" of {expected} expected" if expected is not None else ""
            self.say(f"{part} videos: {found}{promised}{kept if part == 'train' else ''}")
        if index.holdout:
            self.say(f"videos to fit fusion rules on, from which no stream learns: {len(index.holdout)}")
        self.say(f"classes: {len(index.classes)}; data set {index.dataset}, split {index.split}")
        for line in index.layout:
            self.say(line, "dim")
        if index.missing:
            shown = ", ".join(index.missing[:3]) + (" …" if index.missing[3:] else "")
            self.say(f"missing videos: {len(index.missing)} ({shown})", "yellow")
        for warning in index.warnings:
            self.say(f"warning: {warning}", "yellow")

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[None]:
        """A bar on a terminal; elsewhere a line every few seconds (`advance`)."""
        self._show_held()
        if not self.rich.is_terminal:
            self._last_line = 0.0
            yield
            return
        columns = (TextColumn(what), BarColumn(bar_width=24), TextColumn("{task.fields[note]}"))
        with Progress(*columns, console=self.rich) as bar:
            self._bar = (bar, bar.add_task(what, total=total, note="starting"))
            try:
                yield
            finally:
                self._bar = None

    def advance(self, what: str, done: int, total: int, note: str) -> None:
        if self._bar:
            bar, task = self._bar
            bar.update(task, completed=done, note=f"{done}/{total} {note}")
        elif done == total or time.monotonic() - self._last_line > LINE_EVERY_S:
            self._last_line = time.monotonic()
            self.say(f"{what} {done}/{total} {note}")

    def training(self, progress: Any) -> None:
        """A step of training: its losses by name, accuracies, speed, time left."""
        losses = " ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())
        hits = " ".join(f"{name} {value:.0%}" for name, value in (progress.accuracy | progress.stats).items())
        hits += "".join(f" {name} {value:.3g}" for name, value in progress.numbers.items())
        note = f"| {losses} | {hits} | {progress.videos_per_s:.1f} videos/s, {duration(progress.eta_s)} left"
        self.advance("train", progress.step, progress.steps, note)

    def testing(self, done: int, total: int, eta_s: float, part: str = "test") -> None:
        self.advance(part, done, total, f"videos, {duration(eta_s)} left")


def _with_defaults(config: Config) -> Any:
    """The method's settings, those that it has by default included; of a plug-in these may be any objects."""
    both = {**defaults(config.method.name), **config.method.settings}
    return to_jsonable_python(both, fallback=str)


def _one_line(values: Mapping[str, Any]) -> str:
    text = yaml.safe_dump(
        dict(values), default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True
    )
    return text.strip().removeprefix("{").removesuffix("}")
