"""Plans beside their runs."""

import pytest
from support.made_records import save
from support.made_studies import gains, plan, runs, written

from backbones.base.errors import UserError
from methods.catalogue import METHODS
from results.study_files import plans_in, studies, usable


def study_in(folder, truth, name="mine", **given):
    made, sha256 = written(folder / f"{name}.yaml", arms=["two_stream", "mbd"], **given)
    records = runs(made, truth, sha256)
    return made, sha256, records


def test_plans_are_found_beside_runs_and_other_files_are_not(tmp_path):
    (tmp_path / "notes.yaml").write_text("a: 1\n")
    (tmp_path / "broken.yaml").write_text("a: [\n")
    _, sha256, _ = study_in(tmp_path, gains({}))
    assert [(found.name, digest) for found, digest in plans_in([tmp_path, tmp_path])] == [("mine", sha256)]
    assert plans_in([tmp_path / "nowhere"]) == []


def test_a_study_with_the_power_of_its_pilot(tmp_path):
    _, _, records = study_in(tmp_path, gains({"mbd": 2.0}))
    _, _, pilot = study_in(tmp_path, gains({"mbd": 1.0}), "mine-pilot", part="validation")
    validation = [r.model_copy(update={"validation": r.metrics, "metrics": None}) for r in pilot]
    save([*records, *validation], tmp_path)
    (found,), problems = studies([tmp_path], records, METHODS.names())
    assert problems == []
    assert (found.plan.name, found.complete) == ("mine", True)
    assert found.answers[0].contrasts[0].power.order > 0.99
    tuning = found.plan.model_copy(update={"part": "validation"})
    assert len(usable(tuning, [tmp_path])) == len(pilot)
    assert len(usable(found.plan, [tmp_path])) == len(records)


def test_plans_may_be_given_by_name_too(tmp_path):
    made = plan(arms=["two_stream", "mbd"])
    found, _ = studies([], runs(made, gains({})), METHODS.names(), [(made, "f" * 64)])
    assert [each.complete for each in found] == [True]
    tuning = made.model_copy(update={"part": "validation"})
    assert studies([], [], METHODS.names(), [(tuning, "f" * 64)]) == ([], [])


def test_a_study_that_needs_what_is_not_here_is_a_line_and_the_others_are_shown(tmp_path):
    _, _, records = study_in(tmp_path, gains({"mbd": 2.0}))
    theirs, sha256 = written(tmp_path / "theirs.yaml", arms=["two_stream", "their_method"])
    (found,), (problem,) = studies([tmp_path], records, METHODS.names())
    assert found.plan.name == "mine"
    assert problem.startswith(f"study theirs (plan {sha256[:12]}): arms[1]: unknown method 'their_method'")
    with pytest.raises(UserError, match="their_method"):  # one that was asked for by name
        studies([tmp_path], records, METHODS.names(), [(theirs, sha256)])
