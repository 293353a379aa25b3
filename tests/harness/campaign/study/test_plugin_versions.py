"""An edited plug-in is another experiment: runs of its versions are never put together."""

import hashlib
import json

import pytest
from support.made_records import made, save, with_its_id
from support.plugin_files import EXAMPLES, loaded

from backbones.base.errors import UserError
from harness.campaign.study.plan import StudyPlan
from harness.campaign.study.records import cells, pair_file
from results.records import load_records

FILE = EXAMPLES / "one_way.py"
NOW = hashlib.sha256(FILE.read_bytes()).hexdigest()
OLD = "0" * 64
PLAN = StudyPlan.model_validate(
    {"name": "s", "arms": ["two_stream", "mbd"], "dataset": "localglobal", "preset": "tiny", "pairs": 2}
)


def run(seed, sha256=None, day=1, name="one_way"):
    """A record whose id differs with the version, as a run's does."""
    record = made({"average": 60.0}, seed=seed)
    facts = [] if sha256 is None else [{"name": name, "source": f"{name}.py", "sha256": sha256, "adds": []}]
    tree = json.loads(record.model_dump_json(by_alias=True)) | {"plugins": facts}
    return type(record).model_validate(with_its_id({**tree, "finished": f"2026-01-{day:02}T00:00:00+00:00"}))


def ids(folder):
    found = load_records([folder])
    return [record.id for record in found.records], list(found.problems)


def test_without_the_plugin_the_version_of_the_newest_run_counts(tmp_path):
    """Runs without a plug-in, and with another one, are there as before."""
    old, new, again = run(0, OLD, 1), run(1, NOW, 3), run(2, OLD, 2)
    none, other = run(3, None, 4), run(4, OLD, 5, "another")
    save([old, new, again, none, other], tmp_path)
    found, problems = ids(tmp_path)
    assert found == [new.id, none.id, other.id]
    assert problems == [
        f"2 runs were made with another version of plug-in 'one_way' (SHA-256 {'0' * 12}) than that of the "
        "newest run: not counted"
    ]


def test_the_loaded_version_counts_though_the_other_is_newer(tmp_path):
    old, new = run(0, OLD, 9), run(1, NOW, 3)
    save([old, new], tmp_path)
    with loaded(FILE):
        found, problems = ids(tmp_path)
    assert found == [new.id]
    assert problems == [
        f"1 run was made with another version of plug-in 'one_way' (SHA-256 {'0' * 12}) than the one that is "
        "loaded: not counted"
    ]


def test_a_study_does_not_go_on_with_another_version(tmp_path):
    tree = json.loads(run(0, OLD).model_dump_json(by_alias=True))
    tree["study"] = {"name": "s", "plan_sha256": OLD, "arm": "mbd", "pair": 1, "seed": 1}
    pair_file(tmp_path, 1).write_text(json.dumps(tree) + "\n")
    assert cells(tmp_path, PLAN, OLD, 1) == {("mbd", 1)}
    with (
        loaded(FILE),
        pytest.raises(UserError, match=r"another version of plug-in 'one_way' \(SHA-256 000000000000\)"),
    ):
        cells(tmp_path, PLAN, OLD, 1)
