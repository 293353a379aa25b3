"""The papers' claims: valid rows, sound arithmetic, settings that a run can be made of."""

import csv
import io
import re
from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from backbones.base.errors import UsageError
from harness.config.resolve import resolve
from harness.papers.registry import PAPERS
from methods.catalogue import METHODS
from methods.fusion.catalogue import FUSIONS
from results.claims.arithmetic import arithmetic, ends
from results.claims.claims import Claim, by_id, cited, claims

ROW = {
    "id": "X01",
    "paper": "mbd",
    "where": "Table 1",
    "dataset": "ucf101",
    "setting": "mbd",
    "metric": "adaptive.top1",
    "relation": "=",
    "value": "97.4",
    "than": "",
    "derivation": "",
    "provenance": "reported",
    "note": "",
}


@pytest.mark.parametrize("paper", PAPERS.names())
def test_every_row_is_valid(paper):
    rows = claims(paper)
    assert rows
    assert {row.paper for row in rows} == {paper}


def test_ids_are_unique_and_every_numbered_claim_of_mbd_is_there():
    counted = Counter(claim.id for claim in claims())
    assert max(counted.values()) == 1
    assert {f"C{n:02d}" for n in range(1, 38)} == {
        claim.id[:3] for claim in claims("mbd") if claim.id[0] == "C"
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"relation": "?"}, "relation"),
        ({"provenance": "guessed"}, "provenance"),
        ({"value": ""}, "a value or another side"),
        ({"value": "ninety"}, "ninety"),
        ({"value": "1..2"}, "does not fit"),
        ({"relation": "within"}, "does not fit"),
        ({"setting": "mbd final"}, "not key=value"),
        ({"setting": "network:r3d18"}, "not backbone@"),
        ({"setting": "netwrk:r3d18@16x112"}, "begins with none"),
        ({"than": "two_stream"}, "@ metric"),
        ({"extra": "1"}, "extra"),
    ],
)
def test_a_bad_row_is_refused(change, words):
    with pytest.raises(ValidationError, match=words):
        Claim.model_validate(ROW | change)


@pytest.mark.parametrize(
    "claim", [claim for claim in claims() if claim.derivation], ids=lambda claim: claim.id
)
def test_stated_and_derived_numbers_follow_from_the_others(claim):
    """To the last digit that the claim has."""
    digits = len(claim.value.rpartition("..")[2].partition(".")[2])
    assert claim.range == pytest.approx(ends(claim.derivation), abs=0.51 * 10**-digits)


def test_arithmetic_by_hand():
    assert arithmetic("97.4 - 95.4") == pytest.approx(2.0)
    assert arithmetic("100 * 45.4 / 111.2") == pytest.approx(40.827, abs=1e-3)
    assert arithmetic("10 - 2 * 3 - 1 + 4 / 2") == 5
    assert arithmetic("C03a - C01a") == pytest.approx(2.0)
    assert ends("97.4 - 95.4") == pytest.approx((2.0, 2.0))
    assert ends("83.53 - 82.91 .. 83.53 - 82.46") == pytest.approx((0.62, 1.07))


# The table of the MBD paper's prose, typed again from its sentences: (data set, metric) -> numbers.
PROSE = {
    ("ucf101", "top1"): [95.4, 97.4, 96.0, 96.9, 95.5, 97.4, 98.0, 98.6],
    ("ucf101", "top5"): [99.1, 99.5],
    ("hmdb51", "top1"): [76.7, 80.7, 78.8],
    ("ssv2", "top1"): [73.9],
    ("ssv2", "top5"): [95.1],
    ("kinetics400", "top1"): [80.9, 83.5, 81.7, 82.5, 81.1, 81.1, 80.3, 83.53, 74.5, 79.6, 83.5],
    ("kinetics400", "top5"): [95.1, 96.4, 95.2, 96.4],
}


def test_mbd_numbers_are_those_of_its_prose():
    found: dict = {key: [] for key in PROSE}
    for claim in claims("mbd"):
        if claim.relation == "=" and claim.provenance == "reported" and not claim.than and not claim.is_cost:
            found[claim.dataset, claim.metric.rpartition(".")[2]].append(claim.number)
    assert {key: sorted(numbers) for key, numbers in found.items()} == {
        key: sorted(numbers) for key, numbers in PROSE.items()
    }


def _sides():
    sides = {}
    for claim in claims():
        for side in (claim.left, claim.right):
            if side and side.kind == "run":
                sides[" ".join((side.name, *map("=".join, side.pairs)))] = side
    return sides


@pytest.mark.parametrize("side", _sides().values(), ids=list(_sides()))
def test_a_setting_resolves_to_a_run(side):
    if side.name not in METHODS:
        pytest.skip(f"method '{side.name}' is not there yet")
    pairs = [f"{key}={'0.1' if value == '*' else value}" for key, value in side.pairs]
    config = resolve("paper", {"method": {"name": side.name}}, pairs)
    assert config.method.name == side.name


def test_outputs_are_streams_or_rules():
    rules = {"average", "weighted", "max", "concat", "svm", "conv3d", "bilinear", "adaptive"}
    outputs = {side.output for side in _sides().values()}
    assert outputs <= rules | {"own", "local", "global", "dominance"}
    assert {"average", "adaptive"} <= set(FUSIONS.names())


def test_what_sources_say_of_other_methods():
    assert cited()["top_heavy_capsnets", "ucf101", "top1"] == 98.3
    assert cited()["two_stream_r2plus1d", "kinetics400", "top1"] == 73.9
    assert cited()["two_stream_r2plus1d", "", "gmacs_video"] == 304 * 115
    # Carreira & Zisserman, table 5: ImageNet + Kinetics, and Kinetics alone.
    i3d = {data: cited()["two_stream_i3d", data, "top1"] for data in ("ucf101", "hmdb51")}
    assert i3d == {"ucf101": 98.0, "hmdb51": 80.7}
    alone = {data: cited()["two_stream_i3d_kinetics", data, "top1"] for data in ("ucf101", "hmdb51")}
    assert alone == {"ucf101": 97.8, "hmdb51": 80.9}
    # 250 of 64 frames, two streams of 111.2 G each: a hand's multiplication.
    assert cited()["two_stream_i3d", "", "gmacs_video"] == pytest.approx(868.75, abs=0.5)


ORDERS = {
    "C03f": "mbd adaptive.top1 > mbd final=false average.top1",
    "C03g": "mbd adaptive.top1 > mbd middle=false average.top1",
    "C03h": "mbd adaptive.top1 > two_stream adaptive.top1",
    "C07d": "mbd middle=false average.top1 > mbd final=false average.top1",
    "C17e": "unidirectional teacher=global middle=false average.top1 > "
    "unidirectional teacher=global final=false average.top1",
    "C20d": "mbd adaptive.top5 > mbd local.frames=8 global.frames=8 adaptive.top5",
    "C28c": "mbd adaptive.top1 < two_stream_i3d top1",
    "C28d": "mbd adaptive.top1 < top_heavy_capsnets top1",
    "C31c": "mbd adaptive.top1 < two_stream_i3d top1",
    "C31d": "mbd adaptive.top1 < two_stream_r2plus1d top1",
}


def test_orders_that_the_prose_states_in_words():
    assert {key: by_id()[key].statement() for key in ORDERS} == ORDERS
    for key, other in {"C03f": "C04f", "C03g": "C04g", "C03h": "C04h", "C07d": "C08d"}.items():
        assert by_id()[other].statement() == ORDERS[key]
        assert (by_id()[key].dataset, by_id()[other].dataset) == ("ucf101", "kinetics400")


def test_classes_of_dominance_are_those_of_their_data_set():
    """UCF101's, as its classInd.txt writes them."""
    named = {claim.metric: claim for claim in claims("mbd") if "[" in claim.metric}
    classes = ("JumpRope", "PullUps", "PushUps", "Rafting", "PoleVault", "BrushingTeeth")
    assert [claim.dataset for claim in named.values()] == ["ucf101"] * 6
    assert list(named) == [f"dominance.local[{name}]" for name in classes]
    assert [claim.relation for claim in named.values()] == [">", ">", ">", "<", "<", "<"]


CONTRADICTED_TODAY = ("C15", "C28b", "C31b", "C34a", "C34d")


@pytest.mark.parametrize("key", CONTRADICTED_TODAY)
def test_what_is_contradicted_without_a_run_names_two_sources(key):
    """A paper of a year each, a deposit, a survey or the sizes of layers."""
    sources = r"(?:CVPR|ICCV) 20\d\d|JCTA 2\(1\)|eprint 24|survey|layer sizes"
    assert len(set(re.findall(sources, by_id()[key].note))) >= 2


def test_statements_read_well():
    assert by_id()["C23b"].statement() == "mbd adaptive.top1 > mbd average.top1"
    assert by_id()["C03c"].statement() == "mbd adaptive.top1 − two_stream average.top1 = 2.0"
    assert by_id()["C22a"].statement() == "mbd average.top1 in 82.46 to 82.91"
    assert by_id()["D01"].statement() == "mbd average.top1 − two_stream average.top1 in 1.56 to 2.01"


def test_an_unknown_paper():
    with pytest.raises(UsageError, match="no paper 'mdb'; did you mean 'mbd'"):
        claims("mdb")


def test_csv_files_are_plain(tmp_path):
    """Written again by the csv module they are the same text: no stray quotes, no ragged rows."""
    from importlib import resources

    for path in sorted(Path(str(resources.files("results"))).glob("papers/*/*.csv")):
        text = path.read_text(encoding="utf-8")
        rows = list(csv.DictReader(io.StringIO(text)))
        again = io.StringIO()
        writer = csv.DictWriter(again, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        assert again.getvalue() == text
