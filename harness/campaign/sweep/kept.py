"""A sweep's own files: `sweep.json`, what was tried and chosen, and `trials.csv`. No torch."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

import harness
from backbones.base.errors import UserError, error_line
from backbones.base.plain_text import clean, in_csv
from harness.campaign.sweep.carry_out import State
from harness.campaign.sweep.choice import RULE, choose, spread
from harness.campaign.sweep.plan import Sweep
from harness.campaign.sweep.trial import MISSING, Trial
from harness.config.difference import as_yaml
from harness.config.typed.validation_messages import first_error
from harness.files import read_json, write_json, write_text
from harness.record.consistency.seal import is_broken, sealed

FOLDER, RESULT, TABLE = "sweeps", "sweep.json", "trials.csv"


class KeptTrial(BaseModel):
    """What is read again of a trial: its value comes from its run."""

    arm: str
    number: int = Field(ge=1)
    settings: dict[str, Any]
    why: str


class Kept(BaseModel):
    trials: list[KeptTrial]
    tests: list[KeptTrial]


def folder_of(sweep: Sweep, out: Path) -> Path:
    """Beside the runs, in a folder that names no run."""
    return out / FOLDER / sweep.id


def read_state(folder: Path) -> State:
    """As the sweep was left; a `UserError` for what no sweep left."""
    path = folder / RESULT
    if not path.exists():
        return State()
    try:
        found = read_json(path)
        kept = Kept.model_validate(found)
    except ValidationError as error:
        said = first_error(error).line
    except (OSError, ValueError) as error:
        said = error_line(error)
    else:
        if not is_broken(found):
            return State(_trials(kept.trials), _trials(kept.tests))
        said = "its seal is not that of what it says: it was changed afterwards"
    raise UserError(f"{path} is not what a sweep left ({said}); delete it to begin again: its runs stay")


def _trials(kept: list[KeptTrial]) -> list[Trial]:
    return [Trial(**each.model_dump()) for each in kept]


def keep(sweep: Sweep, state: State, folder: Path) -> None:
    """Writes what the sweep found so far into its folder, as JSON and as a table."""
    write_json(folder / RESULT, sealed(tree(sweep, state)))
    write_text(folder / TABLE, table(state))


def tree(sweep: Sweep, state: State) -> dict[str, Any]:
    """What `--json` prints. Values in percent, `sd` in points."""
    return {
        "id": sweep.id,
        "harness_version": harness.__version__,
        "asked": sweep.plain(),
        "how": sweep.proposals.how,
        "rule": RULE.format(metric=sweep.metric),
        "arms": [_arm(sweep, state, arm.name) for arm in sweep.arms],
        "trials": [_plain(trial) for trial in state.trials],
        "tests": [_plain(trial) for trial in state.tests],
        "missing": [trial.label for trial in state.missing],
    }


def _arm(sweep: Sweep, state: State, name: str) -> dict[str, Any]:
    trials = state.of(name)
    whole = all(trial.state != MISSING for trial in state.trials)
    choice = choose(trials) if whole else None
    found = spread(trials)
    return {
        "arm": name,
        "asked": sweep.proposals.trials,
        **{key: value for key, value in asdict(found).items() if key != "trials"},
        "chosen": {**_plain(choice.trial), "ties": list(choice.ties)} if choice else None,
        "tested": _plain(test) if choice and (test := state.test(choice.trial)) else None,
    }


def _plain(trial: Trial) -> dict[str, Any]:
    found = trial.found
    return {
        "arm": trial.arm,
        "number": trial.number,
        "settings": dict(trial.settings),
        "state": trial.state,
        "run": trial.run,
        "value": trial.value,
        "low": found.low if found else None,
        "high": found.high if found else None,
        "videos": found.of if found else None,
        "why": trial.why,
    }


def table(state: State) -> str:
    """A row for each trial, a column for each setting that any has."""
    settings = list(dict.fromkeys(key for trial in state.trials for key in trial.settings))
    names = ("arm", "number", "state", "value", "low", "high", "videos", "run", "why")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names[:2], *settings, *names[2:]])
    for trial in state.trials:
        plain = _plain(trial)
        own = [as_yaml(trial.settings[key]) if key in trial.settings else "" for key in settings]
        cells = [*(plain[name] for name in names[:2]), *own, *(plain[name] for name in names[2:])]
        writer.writerow(in_csv(clean(cell)) if isinstance(cell, str) else cell for cell in cells)
    return text.getvalue()
