"""A run as a row of `harness runs`. No torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from harness.record.folder import RunFolder
    from harness.record.schema import RunRecord

COLUMNS = {
    "run": "run",
    "state": "state",
    "method": "method",
    "local": "local",
    "global": "global",
    "data": "data",
    "seed": "seed",
    "starts_from": "starts from",
    "fused_top1": "fused top-1 % ↑",
    "test_videos": "n",
}
Row = dict[str, Any]


def row_of(run: RunFolder, record: RunRecord | None) -> Row:
    """Of --json: the columns, and all settings under "settings". record: where it can be read."""
    from harness.record.index.flat import flat_settings

    config = record.config if record else run.shown_config()
    if not config:
        return dict.fromkeys(COLUMNS) | {
            "run": run.id,
            "state": "config.json cannot be read",
            "settings": {},
        }
    row = {
        "run": run.id,
        "state": run.state(),
        "method": config["method"]["name"],
        **_streams(config),
        "data": f"{config['data']['dataset']} {config['data']['split']}",
        "seed": config["seed"],
        "starts_from": _pair(config),
        "fused_top1": None,
        "test_videos": None,
        "settings": flat_settings(config),
    }
    return row | _scores(run, record) if run.finished else row


def _streams(config: Row) -> Row:
    from harness.config.labels import label

    return {
        name: label(config[name]["backbone"], config[name]["width"], config[name].get("modality", "rgb"))
        for name in ("local", "global")
    }


def _pair(config: Row) -> str | None:
    """The run that pre-trained both streams; None where they come from elsewhere, or from scratch."""
    from harness.config.difference import AS_WEIGHTS, is_of_a_run

    first, second = (config[name].get("weights") for name in ("local", "global"))
    if not isinstance(first, str) or first != second or not is_of_a_run(first):
        return None
    return first.removeprefix(AS_WEIGHTS)


def _scores(run: RunFolder, record: RunRecord | None) -> Row:
    """Of a finished run; of one whose record cannot be used, that, and why on stderr."""
    from backbones.base.errors import UserError

    try:
        record = record or run.run_record()
    except UserError as error:
        click.echo(f"not usable: {error}", err=True)
        return {"state": "not usable"}
    own = record.metrics.fusion.get(record.fusion) if record.metrics else None
    return {"fused_top1": round(own.top1.percent, 1), "test_videos": own.top1.of} if own else {}
