"""What `harness sweep` shows: the plan, and what came of it. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backbones.base.plain_text import counted

if TYPE_CHECKING:
    from rich.console import Console

    from harness.campaign.sweep.forecast import Forecast
    from harness.campaign.sweep.plan import Sweep

SHOWN = 60
NONE = "—"


def show_plan(console: Console, sweep: Sweep, found: Forecast) -> None:
    from harness.console.columns import show
    from harness.console.console import duration

    rows = [[t.arm, str(t.number), _settings(t.settings), state] for t, state in found.trials]
    show(console, f"sweep {sweep.id}", ("arm", "trial", "settings", "run"), rows[:SHOWN], keys=2)
    if len(rows) > SHOWN:
        console.print(f"… and {len(rows) - SHOWN} more")
    total = sweep.proposals.trials
    drawn = total * len(sweep.arms) - len(rows)
    if drawn:
        console.print(
            f"{drawn} further trials are drawn by what the earlier ones give ({sweep.proposals.how})"
        )
    each = f"{counted(len(sweep.arms), 'arm')}, {counted(total, 'trial')} each"
    console.print(f"{each}, then one test of each arm's choice; {found.runs} runs are missing")
    known = f"about {duration(found.seconds)}, {found.how}" if found.seconds is not None else found.how
    console.print(f"estimated time, one run after the other: {known}")
    console.print("dry run: nothing was trained or written")


def show_result(console: Console, result: Mapping[str, Any], folder: Path) -> None:
    from harness.console.columns import show

    metric = result["asked"]["metric"]
    trials = [
        [t["arm"], str(t["number"]), _settings(t["settings"]), _value(t["value"]), t["run"] or t["state"]]
        for t in result["trials"]
    ]
    show(console, "trials", ("arm", "trial", "settings", f"{metric} % ↑", "run"), trials[:SHOWN], keys=2)
    if len(trials) > SHOWN:
        console.print(f"… and {len(trials) - SHOWN} more")
    heads = ("arm", "trials", "failed", "min", "median", "max", "SD", "chosen", "test %")
    show(
        console, f"{metric} over trials, on validation videos", heads, [_arm(each) for each in result["arms"]]
    )
    for line in _notes(result):
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"result: {folder}/sweep.json, {folder}/trials.csv", markup=False, soft_wrap=True)


def _arm(arm: Mapping[str, Any]) -> list[str]:
    spread = [_value(arm[key]) for key in ("least", "median", "most", "sd")]
    chosen = arm["chosen"]
    picked = f"{chosen['number']}: {_settings(chosen['settings'])}" if chosen else NONE
    return [arm["arm"], str(arm["finished"]), str(arm["failed"]), *spread, picked, _tested(arm["tested"])]


def _tested(test: Mapping[str, Any] | None) -> str:
    if test is None or test["value"] is None:
        return "failed" if test else NONE
    return f"{test['value']:.1f} [{test['low']:.1f}, {test['high']:.1f}]"


def _notes(result: Mapping[str, Any]) -> list[str]:
    """What the numbers do not say by themselves."""
    lines = [
        f"chosen: {result['rule']}; the chosen value is the largest of all trials, and so an optimistic one"
    ]
    for arm in result["arms"]:
        lines += _on_what(arm)
        if arm["chosen"] and (ties := arm["chosen"]["ties"]):
            lines.append(f"{arm['arm']}: as good on validation videos: trial{_plural(ties)}")
        if arm["finished"] < arm["asked"]:
            lines.append(f"{arm['arm']}: {arm['finished']} of {arm['asked']} trials are finished")
    failed = [each for each in (*result["trials"], *result["tests"]) if each["why"]]
    lines += [f"failed: {each['arm']}, trial {each['number']}: {each['why']}" for each in failed]
    lines += ["--retry makes failed trials again"] * bool(failed)
    lines += [f"ended from outside: {label}" for label in result["missing"]]
    return lines + ["the same command makes it; nothing is chosen before"] * bool(result["missing"])


def _on_what(arm: Mapping[str, Any]) -> list[str]:
    """How many videos stand behind an arm's numbers, and which run is the tested one."""
    chosen, test = arm["chosen"], arm["tested"]
    if not chosen or not test or test["value"] is None:
        return []
    seen = f"chosen on {counted(chosen['videos'], 'validation video')}"
    tested = f"tested once, on {counted(test['videos'], 'test video')}"
    return [f"{arm['arm']}: {seen}, {tested}, as run {test['run']}"]


def _plural(numbers: list[int]) -> str:
    return "s" * (len(numbers) > 1) + " " + ", ".join(map(str, numbers))


def _settings(settings: Mapping[str, Any]) -> str:
    from harness.config.difference import as_pairs

    return ", ".join(as_pairs(settings))


def _value(value: float | None) -> str:
    return NONE if value is None else f"{value:.1f}"
