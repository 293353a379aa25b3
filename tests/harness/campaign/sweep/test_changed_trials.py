"""A trial's result is that of the run whose settings it tried, whatever its folder says."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from support.made_records import made, save

from backbones.base.errors import UserError
from harness.campaign.sweep.carry_out import Carrier
from harness.campaign.sweep.trial import Trial
from harness.config.difference import run_key
from harness.config.schema import Config
from harness.record.folder import RunFolder


def test_a_configuration_file_that_is_not_its_records_is_said(tmp_path: Path) -> None:
    asked, other = made({"average": 60.0}, "train.lr=0.02"), made({"average": 90.0}, "train.lr=0.5")
    save([other], tmp_path)
    run = SimpleNamespace(config=Config.model_validate(asked.config), lost=False, why="")
    folders = {run_key(asked.config): RunFolder(tmp_path / other.id)}  # its config.json was another one
    carrier = cast("Any", SimpleNamespace(measure=lambda record: record.metrics.local.top1))
    with pytest.raises(UserError, match=rf"{other.id}/config\.json is not what .*record\.json has"):
        Carrier._read(carrier, Trial("mbd", 1), cast("Any", run), folders)
