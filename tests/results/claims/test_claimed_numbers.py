"""Numbers of papers' files: plain decimals within what their unit can be; ids; derivations on derivations."""

import pytest
from support.paper_folder import folder  # noqa: F401

from backbones.base.errors import UsageError
from harness.papers.registry import PAPERS
from results.claims import chains, networks
from results.claims.arithmetic import used
from results.claims.chains import LONGEST, NAMED
from results.claims.numbers import check_stated, check_unit, decimal, range_of
from results.paper_check.check import checked

ROW = "{id},T,ucf101,mutual,average.top1,{relation},{value},{than},{derivation},{provenance},,\n"


def row(name, value="91.5", derivation="", relation="=", than=""):
    provenance = "derived" if derivation else "reported"
    return ROW.format(id=name, **{key: text for key, text in locals().items() if key != "name"})


def chain(length):
    """Each rests on the next one, the last on a reported number."""
    under = [*(f"Z{n}" for n in range(1, length)), "P02"]
    return "".join(row(f"Z{n}", derivation=f"{name} + 0") for n, name in enumerate(under))


@pytest.mark.parametrize(
    "text",
    ["nan", "inf", "1e400", "1e2", "5_0", "٥٠", "", "-", "0x10", ".5", "90.", "9" * 400, "1,5", "−5"],
)
def test_what_float_takes_is_not_always_a_plain_number(text):
    with pytest.raises(ValueError, match="is no plain number") as caught:
        decimal(text)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(("text", "value"), [("90.5", 90.5), ("-0.7", -0.7), ("+1", 1.0), ("34960", 34960.0)])
def test_plain_numbers(text, value):
    assert decimal(text) == value


def test_a_range_goes_upwards():
    assert range_of("50..60.5") == (50.0, 60.5)
    assert range_of("7") == (7.0, 7.0)
    for text in ("60..50", "1..2..3", "nan..nan", "..5"):
        with pytest.raises(ValueError, match=r"larger one|no plain number"):
            range_of(text)


@pytest.mark.parametrize(
    ("metric", "text", "difference", "fits"),
    [
        ("average.top1", "100", False, True),
        ("average.top1", "150", False, False),
        ("own.top5", "-5", False, False),
        ("own.top5", "-5", True, True),
        ("average.top1", "-101", True, False),
        ("average.top1", "90..101", False, False),
        ("average_map", "100.1", False, False),
        ("dominance.local[Rafting]", "101", False, False),
        ("dominance.mean_gap", "-3", False, True),
        ("gmacs", "0", False, False),
        ("gmacs", "-3", True, True),
        ("parameters_m", "-1", False, False),
        ("percent_of_teacher", "140", False, True),
        ("times_slower", "70", False, True),
    ],
)
def test_numbers_are_what_their_unit_can_be(metric, text, difference, fits):
    """Shares of videos are 0 to 100 %, their differences -100 to 100; what a network has is above 0."""
    if fits:
        check_unit(metric, text, difference)
    else:
        with pytest.raises(ValueError, match=f"^{metric.split('[')[0].replace('.', '[.]')}.* is "):
            check_unit(metric, text, difference)


def test_numbers_in_rows_of_tables():
    for text in ("90.5", "<50", "~ 95", "> 3", "50 to 60", "0"):
        check_stated("top1", text)
    for text in ("150", "-5", "5_0", "90 ± 1", "60 to 50", "<script>", "٥٠", "9" * 5000, "~"):
        with pytest.raises(ValueError, match=r"no plain number|percent|larger one"):
            check_stated("top1", text)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (row("Z1", "nan"), "'nan' is no plain number"),
        (row("Z1", "150"), "average.top1 is in percent, from 0 to 100; got 150"),
        (row("Z1", "-5"), "got -5"),
        (row("Z1", "60..50", relation="within"), "the first number is the larger one"),
        (row("Z1", "-120", than="two_stream @ average.top1"), "from -100 to 100; got -120"),
        (row("../../x"), "id '../../x': expected letters and digits"),
        (row("a b"), "id 'a b': expected"),
        (row("5"), "id '5': expected"),  # a number in a derivation
        (row("x" * 5000), "…': at most 40 letters"),
    ],
)
def test_a_claim_with_a_number_or_an_id_that_cannot_be(line, words, folder):  # noqa: F811
    folder.add("claims.csv", line)
    (found,) = checked(folder.path).problems
    assert found.startswith(f"{folder.path / 'claims.csv'}:8: ")
    assert words in found
    assert len(found) < 300


def test_a_table_does_not_print_what_is_no_number(folder):  # noqa: F811
    folder.change("tables.yaml", "{top1: P02}", "{top1: 9_150}")
    (found,) = checked(folder.path).problems
    assert "'9_150' is no plain number" in found or "percent, from 0 to 100; got 9150" in found


@pytest.mark.parametrize(
    "cells", ["5_0,112,1,1", "16,0,1,1", "16,112,nan,1", "16,112,1,-1", "16,112,0,1", "٥,112,1,1"]
)
def test_costs_of_networks(cells, folder):  # noqa: F811
    columns = "backbone,frames,size,parameters_m,gmacs,provenance,source\n"
    folder.add("networks.csv", f"{columns}r3d18,16,112,33.4,8.3,reported,x\nr3d18,{cells},reported,x\n")
    with pytest.raises(UsageError, match=r"networks.csv:3: "):
        networks.of_paper(PAPERS.load(folder.path))


def test_a_chain_is_bounded_and_each_derivation_is_looked_at_once(folder, monkeypatch):  # noqa: F811
    """Each of 1,500 rests on the next one. By squares these were a million looks, and longer ones minutes."""
    looks = []
    monkeypatch.setattr(chains, "used", lambda claim: looks.append(claim.id) or used(claim))
    folder.add("claims.csv", chain(1500))
    (found,) = checked(folder.path).problems
    assert len(looks) == len(set(looks)) == 1501  # and P03 of the skeleton
    first = 1499 - LONGEST  # the first, from the end, that rests on more than LONGEST
    assert f"claim 'Z{first}': its derivation rests on a chain of more than {LONGEST}" in found


def test_a_chain_of_the_longest_kind_is_sound(folder):  # noqa: F811
    folder.add("claims.csv", chain(LONGEST))
    assert checked(folder.path).problems == []


def test_a_circle_is_one_line_however_long(folder):  # noqa: F811
    folder.add("claims.csv", "".join(row(f"Z{n}", derivation=f"Z{(n + 1) % 500} + 0") for n in range(500)))
    (found,) = checked(folder.path).problems
    assert "claim 'Z0': its derivation goes in a circle: ours/Z0 -> ours/Z1 -> " in found
    assert found.endswith("… -> ours/Z499 -> ours/Z0")
    assert found.count("->") == NAMED + 1


def test_a_derivation_is_not_printed_whole(folder):  # noqa: F811
    """Two numbers of 400 digits; a number that no float holds."""
    folder.add("claims.csv", row("Z1", derivation=f"{'9' * 400} + {'8' * 400}"))
    folder.add("claims.csv", row("Z2", derivation=" * ".join(["999999999999999"] * 40)))
    folder.add("claims.csv", row("Z3", derivation=" + ".join(["P02"] * 3000)))
    first, second, third = checked(folder.path).problems
    assert max(map(len, (first, second, third))) < 300
    assert "there is no claim '9999" in first
    assert "is too large a number" in second
    assert "has 5999 words; at most 99" in third
