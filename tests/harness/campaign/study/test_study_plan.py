"""Plans of studies: what is refused, and which seeds they give."""

import hashlib
import re

import pytest
import yaml

from backbones.base.errors import UsageError
from harness.campaign.study.plan import MOST_PAIRS, StudyPlan, read_plan
from harness.campaign.study.tasks import recipe, tasks
from results.studies.arms import arm_of

PLAN = {"arms": ["two_stream", "mbd"], "dataset": "localglobal", "preset": "tiny", "pairs": 3}


def plan(**given):
    return StudyPlan.model_validate({"name": "mine", **PLAN, **given})


def test_a_plan_is_its_file_and_the_hash_of_its_bytes(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(PLAN))
    found, sha256 = read_plan(path)
    assert (found.name, found.seeds, found.part) == ("mine", {1: "all"}, "test")
    assert found.margin == {"headline": 1.0}
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text(path.read_text() + "# a remark\n")
    assert read_plan(path)[1] != sha256


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"arms": []}, "a study needs arms, or the tables of a paper"),
        ({"seeds": {2: "all"}}, "joint seed 1 must be in all pairs"),
        ({"seeds": {1: 2}}, "joint seed 1 must be in all pairs"),
        ({"seeds": {1: "all", 2: 0}}, "seeds"),
        ({"seeds": {1: "all", 21: 1}}, "seeds"),
        ({"margin": {"conflict": 5.0}}, "margin needs 'headline'"),
        ({"margin": 0}, "margin"),
        ({"pairs": 0}, "pairs"),
        ({"pairs": MOST_PAIRS + 1}, "pairs"),
        ({"splits": ["a", "b"]}, "2 splits for 3 pairs: give one for each pair"),
        ({"part": "train"}, "part"),
        ({"precision": "auto"}, "precision"),
        ({"name": "My study"}, "name"),
        ({"pares": 3}, "pares"),
        ({"controls": {"harm": "mutual"}}, "controls.gain"),
    ],
)
def test_a_plan_that_is_wrong_is_one_line(tmp_path, given, words):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(PLAN | given))
    with pytest.raises(UsageError, match=words) as caught:
        read_plan(path)
    assert re.match(rf"plan {re.escape(str(path))}(:[1-9])?: ", str(caught.value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "words"), [("a: [", "no YAML"), ("[1]", "expected a mapping")])
def test_a_file_that_is_no_plan_is_one_line(tmp_path, text, words):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(UsageError, match=words):
        read_plan(tmp_path / "mine.yaml")
    with pytest.raises(UsageError, match="No such file"):
        read_plan(tmp_path / "gone.yaml")


def test_a_seed_of_n_pairs_is_in_the_first_n():
    found = plan(seeds={1: "all", 2: 2, 3: 1})
    assert [found.seeds_of(pair) for pair in range(3)] == [(1, 2, 3), (1, 2), (1,)]


def test_no_two_runs_of_a_study_have_one_seed_and_pairs_have_scenes_of_their_own():
    """The largest study there can be; two studies share none of their pairs' seeds."""
    largest = plan(pairs=MOST_PAIRS, seeds=dict.fromkeys(range(1, 21), "all"))
    joint = [largest.joint_seed(pair, seed) for pair in range(MOST_PAIRS) for seed in largest.seeds_of(pair)]
    assert len(set(joint)) == len(joint) == 20 * MOST_PAIRS
    pairs = {largest.pair_seed(pair) for pair in range(MOST_PAIRS)}
    assert len(pairs) == MOST_PAIRS
    other = plan(name="yours")
    assert not pairs & {other.pair_seed(pair) for pair in range(MOST_PAIRS)}


def test_a_pairs_seed_by_hand():
    """The first 32 bits of the name's SHA-256, rounded down to ten thousands, and the pair's number."""
    first = int(hashlib.sha256(b"mine").hexdigest()[:8], 16)
    assert plan().pair_seed(2) == first - first % 10_000 + 2
    assert plan().joint_seed(2, 3) == plan().pair_seed(2) + 2 * 500


def test_tasks_are_all_arms_of_a_joint_seed_before_the_next():
    found = plan(seeds={1: "all", 2: 1})
    arms = [arm_of("two_stream"), arm_of({"mbd": {"final": False}})]
    made = [(task.facts.arm, task.facts.seed) for task in tasks(found, "f" * 64, arms, 0)]
    assert made == [
        ("two_stream", 1),
        ("mbd, final=false", 1),
        ("two_stream", 2),
        ("mbd, final=false", 2),
    ]
    assert [task.facts.seed for task in tasks(found, "f" * 64, arms, 1)] == [1, 1]


def test_arms_of_a_pair_differ_in_nothing_but_what_they_name():
    found, arms = plan(), [arm_of("two_stream"), arm_of({"mbd": {"final": False}})]
    one, other = (recipe(found, arm, 1, 1) for arm in arms)
    assert one.before == other.before
    assert one.before[0].config.seed == found.pair_seed(1)
    assert one.joint.model_copy(update={"method": other.joint.method}) == other.joint
    assert one.joint.seed == found.joint_seed(1, 1)
    assert (one.joint.precision, one.joint.test.part) == ("fp32", "test")


def test_what_a_plan_says_of_all_runs_is_in_every_recipe():
    given = {"settings": ["train.epochs=9"], "part": "validation", "precision": "bf16"}
    found = plan(**given, fitted=["two_stream"])
    one, other = (recipe(found, arm_of(name), 0, 1).joint for name in ("two_stream", "mbd"))
    assert (one.train.epochs, one.test.part, one.precision) == (9, "validation", "bf16")
    assert (one.fit.rules, other.fit.rules) == ("all", "own")
    scratch = recipe(plan(from_scratch=True), arm_of("mbd"), 2, 1)
    assert scratch.before == ()
    assert scratch.joint.data.settings == {"seed": found.joint_seed(2, 1)}


def test_a_split_for_each_pair():
    folds = plan(dataset="ut-interaction", splits=["set1-seq01", "set1-seq02", "set1-seq03"])
    assert [recipe(folds, arm_of("mbd"), pair, 1).joint.data.split for pair in range(3)] == list(folds.splits)


def test_a_configuration_file_stands_in_the_place_of_the_preset(tmp_path):
    path, mine = tmp_path / "mine.yaml", tmp_path / "settings.yaml"
    mine.write_text("extends: small\ntrain: {lr: 0.5, clip_norm: null}\nmethod: {temperature: 2}\n")
    plain = {key: value for key, value in PLAN.items() if key != "preset"}
    path.write_text(yaml.safe_dump({**plain, "config": "settings.yaml", "settings": ["train.lr=0.25"]}))
    found, sha256 = read_plan(path)
    assert found.preset == "small"
    assert found.settings == ("train.lr=0.5", "train.clip_norm=null", "method.temperature=2", "train.lr=0.25")
    mine.write_text(mine.read_text() + "# a remark\n")
    assert read_plan(path)[1] == sha256
    mine.write_text(mine.read_text().replace("0.5", "0.75"))
    assert read_plan(path)[1] == sha256  # the plan says another rate
    mine.write_text(mine.read_text().replace("temperature: 2", "temperature: 3"))
    assert read_plan(path)[1] != sha256


@pytest.mark.parametrize(
    ("given", "text", "words"),
    [
        ({"preset": "tiny"}, "{}", "'config' is the name of a file, in the place of 'preset'"),
        ({"config": 3}, "{}", "'config' is the name of a file"),
        ({}, "families: {vtn: {window: 3}}", "neither 'preset' nor 'families'"),
        ({}, "trian: {}", r"settings.yaml:1: unknown setting 'trian'"),
    ],
)
def test_a_configuration_file_that_cannot_be_is_one_line(tmp_path, given, text, words):
    (tmp_path / "settings.yaml").write_text(text)
    plain = {key: value for key, value in PLAN.items() if key != "preset"}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**plain, "config": "settings.yaml", **given}))
    with pytest.raises(UsageError, match=words):
        read_plan(tmp_path / "mine.yaml")
