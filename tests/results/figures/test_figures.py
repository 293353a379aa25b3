"""Figures from made-up records and from a tiny run: what is drawn equals what was measured."""

import json
import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats
from support.figures import RULES, all_rules, beside_a_baseline, by_gid, call, sheet, texts
from support.made_records import made, save
from support.places import ROOT

from backbones.base.errors import UsageError, UserError
from harness.cli.main import main
from results.figures import catalogue
from results.figures.model import Source, fills, reported
from results.figures.parts.style import BLACK, readable_on
from results.records import load_records
from results.tables.model import Cell

OF_RUNS = ("curves", "confusion", "dominance", "per-class")
BASE = (70.0, 71.0, 69.5, 70.4, 70.1)


def test_fusion_points_are_the_means_and_intervals_by_scipy():
    made_sheet = sheet("fusion", [all_rules(base, seed=seed) for seed, base in enumerate(BASE)])
    low, high = stats.t.interval(0.95, 4, loc=np.mean(BASE), scale=stats.sem(BASE))
    with catalogue.drawn(made_sheet) as figure:
        middle = figure.axes[1]
        for at, rule in enumerate(RULES):
            (value,) = by_gid(figure, f"measured-{rule}").get_xdata()
            assert value == pytest.approx(np.mean(BASE) + at / 10, abs=0.01)
        segments = middle.collections[0].get_segments()
        assert segments[0][:, 0] == pytest.approx([low, high], abs=0.01)
        assert not middle.patches[1:]  # the row that stands out is shaded; no length is drawn
    assert [rule["measured"]["n"] for rule in made_sheet.data["rules"]] == [5] * 8


def test_fusion_shows_the_paper_beside():
    rules = {rule["label"]: rule["reported"] for rule in sheet("fusion", []).data["rules"]}
    assert rules["adaptive"] == {"low": 83.53, "high": 83.53}
    assert rules["svm"] == {"low": 82.46, "high": 82.91}


@pytest.mark.parametrize(
    ("text", "ends"), [("83.5", (83.5, 83.5)), ("82.46 to 82.91", (82.46, 82.91)), ("< 80.9", (None, 80.9))]
)
def test_reported_numbers_as_ends(text, ends):
    assert tuple(reported(text).values()) == ends


def test_teachers_points_stand_where_they_belong():
    settings = {"middle": ["method.final=false"], "final": ["method.middle=false"], "both": []}
    records, heights = [made({"average": 60.0}, method="two_stream")], {}
    for at, (level, pairs) in enumerate(settings.items()):
        for teacher, more in (("local", 1.0), ("global", 2.0)):
            heights[level, teacher] = 60 + at + more
            pair = f"method.teacher={teacher}"
            records.append(made({"average": 60 + at + more}, pair, *pairs, method="unidirectional"))
        heights[level, "dominant"] = 63.0 + at
        records.append(made({"average": 63.0 + at}, *pairs))
    with catalogue.drawn(sheet("teachers", records)) as figure:
        for (level, teacher), height in heights.items():
            ((x, y),) = by_gid(figure, f"measured-{level}-{teacher}").get_xydata()
            assert y == pytest.approx(height)
            assert round(x) == list(settings).index(level)


def test_networks_has_the_parameters_of_the_run():
    made_sheet = sheet("networks", [made({"adaptive": 71.0})])
    first = made_sheet.data["pairs"][0]
    assert first["run_m"] == 2.0  # two streams of a million each, as made_records has them
    assert first["measured"]["value"] == pytest.approx(71.0)
    assert first["full_m"] == pytest.approx(160.5, abs=0.1)  # F4a: derived from layer sizes


def test_a_network_has_its_name_beside_its_mark_once():
    """On the left; labels on the right lay over the intervals."""
    rows = [made({"adaptive": 60.0}, *pairs) for pairs in ((), ("local.backbone=r2plus1d34",))]
    with catalogue.drawn(sheet("networks", rows)) as figure:
        _, right = figure.axes
        assert [text.get_text() for text in right.texts] == []


@pytest.mark.parametrize("name", ["networks", "teachers"])
def test_n_stands_at_each_value_where_seeds_differ(name):
    rows = {
        "networks": [(), ("local.backbone=r2plus1d34",)],
        "teachers": [(), ("method.final=false",)],
    }[name]
    both = [made({"adaptive": 60.0, "average": 61.0}, *pairs, seed=seed) for pairs in rows for seed in (0, 1)]
    with catalogue.drawn(sheet(name, both)) as figure:
        assert not [text for text in texts(figure) if "n=" in text]
    with catalogue.drawn(sheet(name, both[:3])) as figure:
        counts = [re.search(r"n=\d", text) for text in texts(figure)]
        assert sorted(found[0] for found in counts if found) == ["n=1", "n=2"]


def test_networks_that_were_not_run_are_named():
    (line,) = [note for note in sheet("networks", [made({"adaptive": 60.0})]).notes if "not run" in note]
    assert "r2plus1d34 + vtn_resnet101" in line
    assert "r2plus1d50 + vtn_vitb" not in line


@pytest.mark.parametrize(
    ("background", "letters"),
    # The contrast of white and of #222222 on these greys by WCAG: 4.5 and 3.6, 3.9 and 4.0.
    [("#000000", "white"), ("#777777", "white"), ("#818181", BLACK), ("#ffffff", BLACK), ("#fde725", BLACK)],
)
def test_letters_are_readable_on_a_cell(background, letters):
    from matplotlib.colors import to_rgba

    assert readable_on(to_rgba(background)) == letters


def test_loss_weights_map_has_each_cell_in_its_place():
    records = [
        made({}, local=50.0, glob=60.0),
        made({}, "method.kl_weight=0.2", local=51.0, glob=61.0),
        made({}, "method.kl_weight=1.0", "method.mse_weight=0.8", local=52.0, glob=62.0),
    ]
    with catalogue.drawn(sheet("loss-weights", records)) as figure:
        local = np.ma.filled(by_gid(figure, "measured-local").get_array(), np.nan)
        glob = np.ma.filled(by_gid(figure, "measured-global").get_array(), np.nan)
    assert (local[1, 2], local[1, 0], local[3, 4]) == (50.0, 51.0, 52.0)  # rows: MSE, columns: KL, from 0.2
    assert (glob[1, 2], glob[1, 0], glob[3, 4]) == (60.0, 61.0, 62.0)
    assert np.isnan(local).sum() == 22


def test_gains_per_class_are_paired_by_seed():
    records = [
        each
        for seed in range(3)
        for each in (
            made({}, seed=seed, local=62.0 + seed, glob=70.0),
            made({}, seed=seed, local=60.0, glob=71.0, method="two_stream"),
        )
    ]
    made_sheet = sheet("per-class", [*records, made({}, seed=9, method="two_stream")])
    (only,) = made_sheet.data["classes"]
    assert (only["local"], only["global"]) == pytest.approx((3.0, -1.0))
    assert only["local_half"] == pytest.approx(stats.t.ppf(0.975, 2) * 1 / 3**0.5)
    assert made_sheet.data["pretrainings"] == 3


@pytest.mark.parametrize("name", OF_RUNS)
def test_without_runs_a_line_says_what_makes_one(name):
    with pytest.raises(UserError, match="harness run --method mbd --backbone r2plus1d50"):
        sheet(name, [])


def test_a_run_that_there_is_not(tmp_path):
    """No command makes one of that id."""
    source = Source(load_records([save([made({"adaptive": 60.0})], tmp_path)]), (tmp_path,), run="zzz")
    with pytest.raises(UsageError, match=r"no finished run 'zzz' here; 'harness runs' lists"):
        catalogue.sheet("dominance", source)


def test_without_the_baseline_or_the_files_a_line_says_what_makes_them(tmp_path):
    record = made({"adaptive": 60.0})
    with pytest.raises(UserError, match=r"no run of two_stream .* 'harness run --method two_stream"):
        sheet("per-class", [record])
    found = Source(load_records([save([record], tmp_path)]), (tmp_path,))
    for name in ("curves", "confusion", "dominance"):
        with pytest.raises(UserError, match=r"--seed 0 .*--restart' runs it again"):
            catalogue.sheet(name, found)


def test_many_empty_cells_are_one_command():
    cells = [Cell("—", footnote=f"harness run --seed {n}") for n in (0, 1, 1, 2, 3)]
    told = [f"harness run --seed {n}" for n in range(3)]
    assert fills(cells[:4], "teachers") == told
    assert fills(cells, "teachers") == [*told, "harness table teachers --run   (plans all 4)"]


@pytest.mark.parametrize("name", catalogue.names())
def test_every_figure_is_drawn(name, whole, tmp_path):
    made_sheet = catalogue.sheet(name, beside_a_baseline(whole))
    path = tmp_path / "figure.svg"
    catalogue.write(made_sheet, path, "svg")
    parts = ElementTree.parse(path).iter()
    shown = "".join("".join(each.itertext()) for each in parts if "text" in each.tag)
    assert made_sheet.title.split(" ")[0] in shown  # text is text
    json.dumps(made_sheet.data)


def test_the_same_data_make_the_same_file(tmp_path):
    made_sheet = sheet("fusion", [all_rules(70.0)])
    for shape in ("svg", "pdf"):
        files = [tmp_path / f"{number}.{shape}" for number in range(2)]
        for path in files:
            catalogue.write(made_sheet, path, shape)
        assert files[0].read_bytes() == files[1].read_bytes()
        assert b"Date" not in files[0].read_bytes()


@pytest.mark.parametrize(("shape", "begins"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_formats(shape, begins, tmp_path):
    save([all_rules(70.0)], tmp_path / "runs")
    out = tmp_path / f"fusion.{shape}"
    assert call("fusion", "--runs", tmp_path / "runs", "--out", out).exit_code == 0
    assert out.read_bytes().startswith(begins)


def test_all_goes_on_after_what_cannot_be_drawn(tmp_path):
    save([all_rules(70.0)], tmp_path / "runs")
    done = call("--all", "--runs", tmp_path / "runs", "--out", tmp_path / "out", "--format", "svg")
    assert done.exit_code == 0
    drawn = {path.stem for path in (tmp_path / "out").iterdir()}
    assert drawn == set(catalogue.names()) - set(OF_RUNS)
    assert done.output.count("not drawn: figure") == len(OF_RUNS)


def test_json_is_what_is_drawn(tmp_path):
    save([all_rules(70.0)], tmp_path)
    printed = json.loads(call("fusion", "--runs", tmp_path, "--json").stdout)
    assert printed["data"]["rules"][7]["measured"]["value"] == pytest.approx(70.7)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fuson"], "did you mean 'fusion'"),
        (["fusion", "--format", "sgv"], "did you mean 'svg'"),
        ([], "give one figure's name, or --all"),
        (["--all", "--out", "one.svg"], "--out is a folder"),
    ],
)
def test_wrong_usage_is_one_line(arguments, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["figure", *arguments])
    assert stopped.value.code == UsageError.exit_code
    shown = capsys.readouterr().err
    assert said in shown
    assert len(shown.strip().splitlines()) == 1


def test_no_torch(tmp_path):
    save([all_rules(70.0)], tmp_path)
    code = (
        "import sys; from harness.cli.main import cli; "
        f"cli.main(['figure', 'fusion', '--runs', {str(tmp_path)!r}, '--out', {str(tmp_path / 'x.svg')!r}], "
        "standalone_mode=False); sys.exit(any(name in sys.modules for name in ('torch', 'scipy.stats')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
