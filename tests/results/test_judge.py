"""Claims against made-up records with known truth."""

import pytest
from support.made_records import from_pair, made

from methods.catalogue import METHODS
from results import verdict as v
from results.cell_commands import run_command
from results.claims.claims import Claim, by_id, claims
from results.claims.side import Side
from results.judge import Evidence, judge
from results.statistics.starts import Start, measured

NOISE = (0.0, 0.3, -0.2, 0.1, -0.25)


def verdict(claim_id, records, methods=None):
    """One claim, without a study."""
    return judge([by_id()[claim_id]], Evidence(records, methods or METHODS.discover().names()))[claim_id]


def baseline_and_mbd(gain, seeds=5, **more):
    """mbd's adaptive fusion is `gain` points above the baseline's average, give or take."""
    records = []
    for seed in range(seeds):
        base = 70 + 3 * NOISE[seed]
        records.append(made({"average": base, "adaptive": base}, method="two_stream", seed=seed, **more))
        records.append(made({"average": base, "adaptive": base + gain + NOISE[seed]}, seed=seed, **more))
    return records


def test_runs_of_no_study_decide_no_order():
    result = verdict("C04e", baseline_and_mbd(2.0))
    assert (result.verdict, result.n) == (v.NO_STUDY, 5)
    assert result.measured == pytest.approx(2.0, abs=0.05)
    assert result.half is not None
    assert "on localglobal standard, preset tiny" in result.why
    assert "orders)" not in result.why
    assert len(result.runs) == 10


def test_what_differs_in_protocol_is_not_paired():
    records = [record for record in baseline_and_mbd(2.0) if record.config["method"]["name"] == "mbd"]
    records += [
        record
        for record in baseline_and_mbd(2.0, identity=2)
        if record.config["method"]["name"] == "two_stream"
    ]
    result = verdict("C04e", records)
    assert result.verdict == v.NOT_RUN
    assert "not with the same protocol" in result.why


def test_a_number_holds_only_under_the_papers_protocol():
    assert verdict("C04a", []).verdict == v.NOT_RUN
    other_data = [made({"adaptive": 83.5}, preset="paper", seed=seed) for seed in range(5)]
    result = verdict("C04a", other_data)
    assert result.verdict == v.NOT_COMPARABLE
    assert "data set localglobal, not kinetics400" in result.why
    short = [papers({"adaptive": 83.5}, "train.epochs=1")]
    assert "train.epochs 1, not 120" in verdict("C04a", short).why


@pytest.mark.parametrize(("changed", "more"), [(1, ""), (3, ""), (4, " and 1 more"), (6, " and 3 more")])
def test_of_many_differences_three_are_named_and_the_others_counted(changed, more):
    every = ["train.epochs=1", "train.lr=0.5", "train.batch_size=4", "local.stride=2", "global.stride=4"]
    pairs = [*every, "test.crops=1"][:changed]
    why = verdict("C04a", [papers({"adaptive": 83.5}, *pairs)]).why
    named = why.removeprefix("run with ").removesuffix(more).split("; ")
    assert len(named) == min(changed, 3)
    assert all(" not " in each for each in named)
    assert why.endswith(more)
    assert (" more" in why) == bool(more)


@pytest.mark.parametrize(
    ("centre", "expected"),
    [(83.5, v.REPRODUCED), (83.9, v.REPRODUCED), (83.97, v.UNDECIDED), (81.0, v.CONTRADICTED)],
)
def test_numbers_under_the_papers_protocol(centre, expected):
    assert on_the_papers_data(centre, 0.25).verdict == expected


def test_a_number_that_one_run_may_show():
    """s = 0.2247: the mean ± 0.279 is not within 0.5 of 83.5, one run ± 0.683 may be."""
    found = on_the_papers_data(83.81, 1.0)
    assert (found.verdict, found.n, found.half) == (v.CONSISTENT, 5, pytest.approx(0.279, abs=0.001))


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("train.optimizer=adamw", "train.optimizer adamw, not sgd"),
        ("train.mixup=0.8", "train.mixup 0.8, not 0.0"),
        ("train.ema=0.9", "train.ema 0.9, not 0.0"),
        ("local.frozen_layers=2", "local.frozen_layers 2, not 0"),
        ("data.validation=0.1", "data.validation 0.1, not 0.0"),
        ("train.micro_batch=4", ""),  # what fits into memory
        ("test.store_maps=false", ""),
    ],
)
def test_what_the_paper_does_not_say_is_as_its_preset_has_it(setting, said):
    found = verdict("C04a", [papers({"adaptive": 83.53}, setting, seed=seed) for seed in range(5)])
    assert (found.verdict == v.NOT_COMPARABLE) == bool(said)
    assert said in found.why


def test_from_scratch_is_not_the_papers_protocol():
    bare = [made({"adaptive": 83.53}, preset="paper", dataset="kinetics400", split="val")]
    found = verdict("C04a", bare)
    assert found.verdict == v.NOT_COMPARABLE
    assert found.why == "run with local stream not pre-trained; global stream not pre-trained"


def test_what_is_said_of_a_number_and_of_a_range():
    """83.81, with a mean noise of −0.01, ± 0.279 (t(4) · 0.2247 / √5); a further run ± 0.683."""
    said = (
        "measured 83.80 ± 0.28 over pre-trainings (n = 5), claimed 83.5, margin 0.5; one further run: ± 0.68"
    )
    assert on_the_papers_data(83.81, 1.0).why == said
    one = on_the_papers_data(83.81, 1.0, seeds=1).why
    assert one == "measured 83.81 (n = 1), claimed 83.5, margin 0.5; one pre-training has no interval"


def test_a_range_and_another_papers_number_are_what_it_is_compared_with():
    """C22a: average fusion within 82.46 to 82.91. C32c: above a network of another paper."""
    ranged = on_the_papers_data(82.6, 0.25, claim="C22a", rule="average")
    assert ranged.verdict == v.REPRODUCED
    assert "claimed 82.46 to 82.91, margin" in ranged.why
    cited = on_the_papers_data(83.81, 1.0, claim="C32c")
    assert (cited.verdict, cited.n, cited.half) == (v.NO_STUDY, 5, pytest.approx(0.279, abs=0.001))
    number = by_id()["C32c"].right.name
    assert number == "two_stream_i3d"
    assert "over pre-trainings (n = 5), against 75.7; runs of no study decide no order" in cited.why


def test_what_was_quoted_is_judged_where_it_is_asked_for():
    found = verdict("S05", [])
    assert found.verdict == v.NO_VERDICT
    assert found.why.startswith("quoted, as seen in table of a survey, not in the paper itself; ")
    asked = judge([by_id()["S05"]], Evidence([], METHODS.discover().names(), quoted=True))["S05"]
    assert asked.verdict != v.NO_VERDICT


def papers(fusion, *pairs, seed=0, pair=None, dataset="kinetics400", split="val"):
    """A run under the paper's preset, from a pre-trained pair."""
    record = made(fusion, *pairs, preset="paper", dataset=dataset, split=split, seed=seed)
    return from_pair(record, 1 + seed if pair is None else pair)


def on_the_papers_data(centre, scale, seeds=5, claim="C04a", rule="adaptive"):
    records = [papers({rule: centre + scale * noise}, seed=n) for n, noise in enumerate(NOISE[:seeds])]
    return verdict(claim, records)


def test_official_splits_are_averaged_not_replicates():
    def run(seed, split):
        top1 = 97.4 + (float(split) - 2) + NOISE[seed] / 4
        return papers({"adaptive": top1}, seed=seed, dataset="ucf101", split=split)

    records = [run(seed, split) for seed in range(5) for split in "123"]
    assert measured(records, "adaptive.top1")[0][Start(0, f"{1:012x}")] == pytest.approx(97.4)
    result = verdict("C27", records)
    assert (result.verdict, result.n) == (v.REPRODUCED, 5)
    assert verdict("C27", records[:2]).verdict == v.NOT_RUN


def test_the_command_of_what_was_not_run_is_complete():
    assert verdict("C19a", []).command == (
        "harness run --method mbd --backbone r2plus1d50 --preset paper --dataset kinetics400 --data-root DIR "
        "--set local.frames=8 --set global.frames=8 --seeds 5"
    )
    assert "--method two_stream" in verdict("C04e", [made({"adaptive": 1.0})]).command


def test_commands_of_two_sides_sweeps_splits_and_rules_that_learn():
    both = verdict("C18a", [])
    ours, theirs = both.command.split(" && ")
    assert "--method mbd" in ours
    assert "--method unidirectional" in theirs
    assert verdict("C26a", [made({"adaptive": 1.0})]).command.startswith("harness table loss-weights --run")
    assert verdict("C27", []).command.startswith("for split in 1 2 3; do harness run --method mbd ")
    assert "--set fit.share=0.1" in verdict("C22b", []).command
    assert "fit.share" not in verdict("C22a", []).command  # the average learns nothing
    frames = verdict("C20c", [made({"adaptive": 1.0})])
    assert "(local.frames=16, global.frames=16)" in frames.why


def test_what_is_not_run_says_what_would_run_it():
    """But what is out of scope; what nothing here can run is not checked."""
    judged = judge(claims(), Evidence([], METHODS.names()))
    for claim in claims():
        found = judged[claim.id]
        if found.verdict == v.NOT_RUN and claim.left.kind != "scope":
            assert found.command.startswith(("harness ", "for split in ")), claim.id
        if claim.left.kind == "cited" and claim.paper == "others":
            assert found.verdict in (v.NOT_CHECKED, v.NO_VERDICT), claim.id


def test_a_method_that_is_not_there():
    result = verdict("C17a", [], methods=["mbd"])
    assert (result.verdict, result.why) == (v.NOT_RUN, "method 'unidirectional' is not in this harness yet")


def test_of_equally_many_seeds_the_networks_of_the_paper_are_compared():
    """C11 varies the local network; the global one is the paper's, though another was run later."""
    records = []
    for spatial, gain in (("vtn_vitb", 5.0), ("vtn_resnet101", 9.0)):
        for local, more in (("r2plus1d50", gain), ("r2plus1d34", 0.0)):
            networks = (f"local.backbone={local}", f"global.backbone={spatial}")
            records.append(made({"adaptive": 50.0 + more}, *networks))
    for order in (records, records[::-1]):
        assert verdict("C11", order).measured == pytest.approx(5.0)


def on_kinetics(dominance, seed, *pairs):
    return made({"adaptive": 1.0}, *pairs, dominance=dominance, seed=seed, dataset="kinetics400")


def test_dominance_is_that_of_the_protocol_with_most_seeds():
    """One later run on other networks does not undo five seeds."""
    records = [on_kinetics(40 + noise, seed) for seed, noise in enumerate(NOISE)]
    later = on_kinetics(90, 0, "local.backbone=r2plus1d18")
    later.finished = "2999-01-01T00:00:00"
    assert verdict("C35", [*records, later]).n == 5


def test_dominance_is_tested_against_half_of_the_videos():
    records = [on_kinetics(40 + noise, seed) for seed, noise in enumerate(NOISE)]
    found = verdict("C35", records)
    assert (found.verdict, found.n) == (v.NO_STUDY, 5)
    assert found.measured == pytest.approx(-10.01)


def test_a_sweeps_maximum_beats_each_other_point():
    records = []
    for seed, noise in enumerate(NOISE):
        records.append(made({"adaptive": 1.0}, seed=seed, local=74.5 + noise))
        for kl in (0.2, 0.4):
            pairs = (f"method.kl_weight={kl}", "method.mse_weight=0.4")
            records.append(made({"adaptive": 1.0}, *pairs, seed=seed, local=72.0 - noise))
    result = verdict("C26a", records)
    assert result.verdict == v.NO_STUDY
    assert "(the first of 2 orders)" in result.why


COSTS = {
    "C13a": v.COST_AGREES,
    "C13e": v.COST_AGREES,
    "C14": v.COST_AGREES,
    "C15": v.COST_DIFFERS,
    "C34a": v.COST_DIFFERS,
    "C34b": v.COST_AGREES,
    "C34c": v.COST_AGREES,
    "C34d": v.COST_DIFFERS,
    "C34e": v.NO_VERDICT,
    "F4a": v.NO_VERDICT,
    "C28a": v.QUOTED,
    "C28b": v.MISQUOTED,
    "C31a": v.QUOTED,
    "C31b": v.MISQUOTED,
    "C03c": v.ADDS_UP,
    "D03": v.NO_VERDICT,
    "G03a": v.NO_VERDICT,  # quoted
}


@pytest.mark.parametrize(("claim_id", "expected"), COSTS.items())
def test_cost_arithmetic_and_quotations_need_no_run(claim_id, expected):
    assert verdict(claim_id, []).verdict == expected


def test_a_network_without_a_cost_record_says_what_counts_it():
    row = by_id()["C14"].model_dump() | {"setting": "network:r3d18@7x90"}
    claim = Claim.model_validate(row)
    result = judge([claim], Evidence([], []))["C14"]
    assert result.verdict == v.NOT_CHECKED
    assert result.command == "harness profile r3d18 --frames 7 --size 90 --no-latency --json"


def test_every_claim_has_a_verdict_without_any_record():
    verdicts = judge(claims(), Evidence([], METHODS.names()))
    assert len(verdicts) == len(claims())
    assert all(result.why for result in verdicts.values())


def test_commands_say_the_split_of_the_runs_there_and_hold_out_once():
    like = made({"adaptive": 1.0}, "fit.share=0", dataset="ut-interaction", split="set1-seq01")
    command = run_command(Side.parse("mbd @ svm.top1"), "", 1, like)
    assert "--split set1-seq01" in command
    assert command.count("fit.share") == 1
    assert "--set fit.share=0.1" in command
    first = made({"adaptive": 1.0}, dataset="ut-interaction", split="set1-set2")
    assert "--split" not in run_command(Side.parse("mbd @ adaptive.top1"), "", 1, first)
