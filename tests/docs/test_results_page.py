"""docs/results.md is what its script makes of the records; some numbers are worked out here from the JSON."""

import json
import re
import runpy
import statistics

import pytest
from scipy.stats import t as student
from support.places import ROOT

MEASURED = ROOT / "results" / "measured"
SCRIPT = ROOT / "scripts" / "make_results_page.py"


@pytest.fixture(scope="module")
def text():
    return (ROOT / "docs" / "results.md").read_text(encoding="utf-8")


def percent(share):
    return 100 * share["correct"] / share["of"]


def half(values):
    """Of the 95 % interval of the mean, by SciPy's own distribution."""
    return student.ppf(0.975, len(values) - 1) * statistics.stdev(values) / len(values) ** 0.5


def test_the_page_is_what_the_script_makes():
    assert runpy.run_path(str(SCRIPT))["main"](["--check"]) == 0, (
        "docs/results.md is not what the records give: run .venv/bin/python scripts/make_results_page.py"
    )


def test_check_finds_a_number_that_was_typed(tmp_path, monkeypatch):
    script = runpy.run_path(str(SCRIPT))
    page = tmp_path / "results.md"
    page.write_text(script["page"]().replace("−3.91", "−3.81", 1), encoding="utf-8")
    monkeypatch.setitem(script["main"].__globals__, "PAGE", page)
    assert script["main"](["--check"]) == 1


def test_all_counted_networks_are_there(text):
    names = {
        row["backbone"]
        for path in (MEASURED / "cost").glob("*.json")
        for row in json.loads(path.read_text())
        if row.get("width") == 1 and row["classes"] == 400
    }
    rows = {line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if line.count("|") == 11}
    assert names <= rows
    assert len(names) > 40


def test_what_the_records_are_stands_before_the_first_number(text):
    head = text[: text.index("| ---:")].replace("\n", " ")
    for words in ("Nothing here is a statement about Kinetics-400", "r2plus1d50 ×⅛", "on a CPU", "fp32"):
        assert words in head, words


def runs_of_study(name):
    lines = [
        line
        for path in sorted((MEASURED / "studies" / name).glob("pair-*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    return [json.loads(line) for line in lines]


def test_difficulty_is_that_of_the_pre_trainings_by_hand(text):
    """Means and standard deviations over pairs, of validation clips."""
    before = [
        each["validation"]
        for each in runs_of_study("mbd-pilot-6-epochs")
        if each["study"]["arm"] == "pre-training"
    ]
    assert len(before) >= 6
    for stream in ("local", "global"):
        cells = []
        for family in ("local", "global", "shared", "conflict"):
            values = [percent(each[stream]["per_family"][family]) for each in before]
            cells.append(f"{statistics.mean(values):.1f} ± {statistics.stdev(values):.1f}")
        assert f"| {stream} | {' | '.join(cells)} |" in text


def test_a_difference_of_the_pilot_by_hand(text):
    """Without *conflict*, paired, Student over pairs."""
    fused = {"mbd": {}, "two_stream": {}}
    for each in runs_of_study("mbd-pilot-6-epochs"):
        if each["study"]["arm"] in fused:
            families = each["validation"]["fusion"][each["fusion"]]["per_family"]
            shares = [families[name] for name in ("local", "global", "shared")]
            right, videos = (sum(share[key] for share in shares) for key in ("correct", "of"))
            fused[each["study"]["arm"]][each["study"]["pair"]] = 100 * right / videos
    gaps = [fused["mbd"][pair] - fused["two_stream"][pair] for pair in sorted(fused["mbd"])]
    cell = f"{statistics.mean(gaps):+.2f} ± {half(gaps):.2f}".replace("-", "−")
    assert f"| mbd | {cell} |" in text


def headline(record, rule):
    """Percent without *conflict*."""
    return headline_of(record["metrics"]["fusion"][rule])


def headline_of(metrics):
    families = metrics["per_family"]
    shares = [families[name] for name in ("local", "global", "shared")]
    right, videos = (sum(share[key] for share in shares) for key in ("correct", "of"))
    return 100 * right / videos


def test_an_order_of_the_study_by_hand(text):
    """The mean of each pre-training's joint seeds, paired, Student over pre-trainings."""
    found = {}
    for each in runs_of_study("mbd"):
        arm, pair = each["study"]["arm"], each["study"]["pair"]
        rule = {"mbd": "adaptive", "two_stream": "average"}.get(arm)
        if rule:
            found.setdefault(arm, {}).setdefault(pair, []).append(headline(each, rule))
    assert [len(found[arm]) for arm in ("mbd", "two_stream")] == [24, 24]
    assert [sum(map(len, found[arm].values())) for arm in ("mbd", "two_stream")] == [27, 27]
    gaps = [
        statistics.mean(found["mbd"][pair]) - statistics.mean(found["two_stream"][pair]) for pair in range(24)
    ]
    cell = f"{statistics.mean(gaps):+.2f} ± {half(gaps):.2f}".replace("-", "−")
    (row,) = [line for line in text.splitlines() if "| C03e, C04e |" in line]
    assert f"| {cell} |" in row
    assert row.endswith(f"| {sum(gap > 0 for gap in gaps)} of 24 |")


def test_a_family_by_hand(text):
    """Percent of a stream over pre-trainings, each the mean of its joint seeds."""
    found = {}
    for each in runs_of_study("mbd"):
        if each["study"]["arm"] == "mbd":
            value = percent(each["metrics"]["global"]["per_family"]["conflict"])
            found.setdefault(each["study"]["pair"], []).append(value)
    means = [statistics.mean(values) for values in found.values()]
    part = text[text.index("**The global stream: percent of 104 test videos") :]
    row = next(line for line in part.splitlines() if line.startswith("| mbd |"))
    assert row.endswith(f"| {statistics.mean(means):.1f} ± {half(means):.1f} |")


def test_the_narrowest_interval_by_hand(text):
    """A value is known to one of 312 videos: rounding to it has a variance of step² / 12."""
    step, conflict = 100 / 312, 100 / 104
    halves = [student.ppf(0.975, 23) * each / 12**0.5 / 24**0.5 for each in (step, conflict)]
    assert f"An interval of ± {halves[0]:.2f} (*conflict*: ± {halves[1]:.2f}) is the narrowest" in text


def test_an_aim_of_difficulty_that_was_missed_is_named(text):
    before = [
        each["validation"]
        for each in runs_of_study("mbd-pilot-6-epochs")
        if each["study"]["arm"] == "pre-training"
    ]
    shared = statistics.mean(percent(each["global"]["per_family"]["shared"]) for each in before)
    assert shared > 85
    assert "Missed: the global stream is above 85 % on *shared*." in text


def test_each_order_of_the_study_is_found_under_one_word(text):
    """As often as its table shows it: once."""
    part = text[text.index("## The study `mbd`") : text.index("## How the settings were chosen")]
    orders = re.findall(r"^\| ([^|]+) \| C\d", part, re.MULTILINE)
    said = re.findall(r"^- \*\*([a-z ,]+)\*\*, (\d+) of (\d+): (.*)$", part, re.MULTILINE)
    assert len(orders) == 22
    for word, count, of, names in said:
        assert (int(count), int(of)) == (len(names.split("; ")), 22), word
    named = [name.strip("`") for *_, names in said for name in names.split("; ")]
    assert sorted(named) == sorted(order.replace("\\", "") for order in orders)


def test_what_is_said_in_short_is_what_the_study_found(text):
    """The words behind each sentence, from the lines of the tables."""
    assert "joint training with MBD ends below joint training without distillation" in text.replace("\n", " ")
    part = text[: text.index("## How the settings were chosen")]
    found = dict(re.findall(r"^\| [^|]+ \| (C\w+)(?:, C\w+)? \| ([a-z, ]+) \|", part, re.MULTILINE))
    expected = {
        "does not hold": {"C03e", "C07c", "C18e", "C18f", "C23e"},
        "no difference": {"C05c", "C23b", "C23d"},
        "holds": {"C21c", "C23g", "C23h"},
    }
    for word, claims in expected.items():
        assert {claim: found[claim] for claim in claims} == dict.fromkeys(claims, word)
    epochs = {each["config"]["train"]["epochs"] for each in runs_of_study("mbd")}
    assert epochs == {10, 18}


def test_a_study_that_is_not_whole_shows_nothing_of_its_results(tmp_path, monkeypatch):
    """Whoever looks before the end and may stop there decides by chance."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent / "results_page"))
    import study_sections

    folder = tmp_path / "begun"
    folder.mkdir()
    plan = (MEASURED / "studies" / "mbd-pilot-6-epochs" / "mbd-pilot.yaml").read_text()
    (folder / "begun.yaml").write_text(plan.replace("part: validation", "part: test"))
    monkeypatch.setattr(study_sections, "STUDIES", tmp_path)
    study_sections.study.cache_clear()
    assert study_sections.state("begun") == "Under way: 0 of 30 runs are there. It is read when it is whole."
    with pytest.raises(SystemExit, match="study begun cannot be read yet"):
        study_sections.orders("begun")
    study_sections.study.cache_clear()


def test_what_is_said_of_interpretations_is_what_their_study_found(text):
    """The intervals that leave out 0 are those that the prose names, and no other."""
    part = text[text.index("## How much interpretations matter") : text.index("## Without pre-training")]
    rows = re.findall(r"^\| (.+) > mbd \| ([a-z ]+) \| (\S+) ± (\S+) \|", part, re.MULTILINE)
    assert len(rows) == 15
    away = {arm: word for arm, word, gap, half in rows if abs(float(gap.replace("−", "-"))) > float(half)}
    assert away == {
        "mbd, detach_teacher=false": "does not hold",
        **dict.fromkeys(["mbd, average_over=batch", "mbd, temperature=4.0"], "undecided"),
        **dict.fromkeys(["mbd, reading=R2", "mbd, dominance_of=logits", "random_dominance"], "undecided"),
    }
    runs = runs_of_study("mbd-interpretations")
    fused = {"mbd": {}, "two_stream": {}}
    for each in runs:
        if each["study"]["arm"] in fused:
            fused[each["study"]["arm"]][each["study"]["pair"]] = headline(each, each["fusion"])
    gaps = [fused["two_stream"][pair] - fused["mbd"][pair] for pair in range(6)]
    assert f"distils nothing, at\n{statistics.mean(gaps):+.2f} ± {half_of(gaps)}" in part


def test_what_is_said_of_grids_is_what_their_study_found(text):
    """From the records alone: each cell of the grid of weights beside the paper's, pair by pair."""
    part = text[text.index("## Networks, clip lengths") : text.index("## Without pre-training")]
    made = {(each["study"]["arm"], each["study"]["pair"]): each for each in runs_of_study("mbd-grids")}
    fused = {
        place: headline(each, each["fusion"]) for place, each in made.items() if place[0] != "pre-training"
    }
    local = {place: headline_of(made[place]["metrics"]["local"]) for place in fused}
    cells = {arm for arm, _ in fused if "weight" in arm}

    def gaps(of, arm):
        return [of[arm, pair] - of["mbd", pair] for pair in range(3)]

    assert len(cells) == 24
    assert all(min(gaps(local, arm)) > 0 for arm in cells if "kl_weight=0.2" in arm)
    assert all(abs(statistics.mean(gaps(fused, arm))) < half(gaps(fused, arm)) for arm in cells)
    for weight, mean in (("0.2", "+4.25"), ("1.0", "−14.38")):
        row = [arm for arm in cells if f"kl_weight={weight}" in arm]
        found = statistics.mean(statistics.mean(gaps(fused, arm)) for arm in row)
        assert len(row) == 5
        assert f"{found:+.2f}".replace("-", "−") == mean
        assert f"{mean} at {weight}" in part
    others = [half(gaps(local, arm)) for arm in cells - {"mbd, kl_weight=0.2"}]
    assert (round(min(others), 1), round(max(others))) == (2.8, 19)
    ours = gaps(local, "mbd, kl_weight=0.2")
    # Equal in all pairs: the width that the page gives is that of steps of one video.
    assert half(ours) == pytest.approx(0, abs=1e-9)
    assert f"({statistics.mean(ours):+.2f} ± 0.23 points)" in part
    resnet = gaps(fused, "mbd, global.backbone=vtn_resnet50")
    assert f"{statistics.mean(resnet):+.2f} ± {half_of(resnet)} points off".replace("-", "−") in part


def half_of(values):
    return f"{half(values):.2f}"


def test_no_accuracy_of_a_paper_is_shown(text):
    """Those of Kinetics-400 in MBD's Figure 6 and Table 1 would stand in its tables."""
    tables = [
        line for line in text[: text.index("## Cost of the networks")].splitlines() if line.startswith("|")
    ]
    assert not [
        line for line in tables for number in ("82.46", "83.53", "80.9", "reported") if number in line
    ]


def test_the_readme_says_what_the_page_says(text):
    """Numbers of orders by word, of pre-trainings and of arms."""
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    said = dict(re.findall(r"^- \*\*([a-z ]+)\*\*, (\d+) of 22", text, re.MULTILINE))
    assert (
        f"Of the 22 distinct orders of the MBD paper that it could test, {said['holds']} hold there, "
        f"{said['does not hold']} do not, {said['no difference']} make no difference, and "
        f"{said['undecided']} stay undecided."
    ) in readme
    made = runs_of_study("mbd")
    arms = {each["study"]["arm"] for each in made} - {"pre-training"}
    assert (len(arms), len({each["study"]["pair"] for each in made})) == (9, 24)
    assert "trained nine arms from 24 pre-trained pairs of streams" in readme


def test_what_the_reader_may_stumble_over_is_explained(text):
    """16 classes of 25 clips as by default, of 50 in the control that must gain; 281.9 / 6.1 = 46.2."""
    assert "trains jointly on 800 clips, 50 of each class, instead of 400" in text
    assert "In C21d, top5 is top-2 here" in text
    assert "281.9, from the layers, agrees with the count here and is 46 times as much" in text
    assert "of 2.70 points over 6 replicates in the study `mbd-pilot`" in text
