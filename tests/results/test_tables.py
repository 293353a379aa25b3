"""Tables from made-up records whose cells are known, and as a user types them."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from fake_runner import FakeRunner
from made_records import made, save
from scipy import stats
from tests_support import ROOT

from backbones.errors import UserError
from harness.campaign import carry_out
from harness.cli.main import cli, main
from harness.names import NOT_USED
from harness.planning import Base, plan
from harness.record import SCHEMA, Difference
from methods.registry import METHODS
from results.ambiguities import ambiguities
from results.records import Loaded, load_records
from results.steps import StepTime
from results.tables import build as build_module
from results.tables.build import build
from results.tables.catalogue import ALL, JOINED, NAMES, spec
from results.tables.readings import NOT_HERE
from results.tables.render import FORMATS
from results.tables.wanted import wanted

RULES = ("average", "weighted", "max", "concat", "svm", "conv3d", "bilinear", "adaptive")
BASE = (70.0, 71.0, 69.5, 70.4, 70.1)


def five_seeds(gain=2.0, **more):
    return [
        made({"average": base, "adaptive": base + gain + (seed - 2) / 10}, seed=seed, **more)
        for seed, base in enumerate(BASE)
    ]


def table(name, records, **options):
    arguments = {"dataset": None, "seeds": None, "protocol": None} | options
    return build(spec(name, METHODS.names()), Loaded(tuple(records), ()), **arguments)


def row(made_table, label):
    cells = next(cells for cells in made_table.rows if cells[0].text == label)
    return dict(zip(made_table.columns, cells, strict=True))


def call(*arguments):
    return CliRunner().invoke(cli, ["table", *map(str, arguments)])


def test_fusion_over_seeds_by_scipy():
    shown = table("fusion", five_seeds())
    assert [cells[0].text for cells in shown.rows] == list(RULES)
    cell = row(shown, "average")["top-1 measured ↑"]
    low, high = stats.t.interval(0.95, 4, loc=70.2, scale=stats.sem(BASE))
    assert (cell.value, cell.low, cell.high, cell.n) == pytest.approx((70.2, low, high, 5))
    assert cell.text == f"70.2 ± {(high - low) / 2:.1f} (n=5)"
    gap = row(shown, "adaptive")["Δ top-1"]
    assert gap.value == pytest.approx(2.0)
    assert gap.high - gap.value == pytest.approx(stats.sem([-0.2, -0.1, 0, 0.1, 0.2]) * 2.776, abs=1e-3)
    assert row(shown, "adaptive")["top-1 reported"].text == "83.53"
    assert len(cell.runs) == 5


def test_bold_is_only_what_is_significantly_best():
    assert row(table("fusion", five_seeds(2.0)), "adaptive")["top-1 measured ↑"].bold
    assert not row(table("fusion", five_seeds(0.01)), "adaptive")["top-1 measured ↑"].bold
    assert not row(table("fusion", five_seeds(2.0)[:4]), "adaptive")["top-1 measured ↑"].bold


def test_one_seed_has_its_interval_over_videos():
    shown = table("fusion", [made({"average": 60.0, "adaptive": 61.0})])
    assert row(shown, "average")["top-1 measured ↑"].text == "60.0 [59.0, 61.0]"
    assert any("one seed" in line for line in shown.footer)


def test_empty_cells_say_what_fills_them():
    shown = table("components", five_seeds())
    cell = row(shown, "two streams, no distillation")["top-1 measured ↑"]
    assert cell.text == "—"
    assert cell.footnote == (
        "harness run --method two_stream --backbone r2plus1d50 --preset tiny --dataset localglobal --seeds 5"
    )
    missing = row(table("fusion", five_seeds()), "svm")["top-1 measured ↑"]
    assert missing.footnote.startswith("not in these records")
    assert row(table("fusion", []), "average")["top-1 measured ↑"].footnote.startswith("harness run")


def test_protocols_are_not_mixed():
    records = [*five_seeds(), made({"average": 10.0, "adaptive": 10.0}, "train.lr=0.5", seed=7)]
    records += five_seeds(version="0.2.0")[:1]
    shown = table("fusion", records)
    left_out = [line for line in shown.footer if "not mixed in" in line]
    assert len(left_out) == 2
    key = left_out[0].split("--protocol ")[1].split()[0]
    assert row(table("fusion", records, protocol=key), "average")["top-1 measured ↑"].n == 1
    with pytest.raises(UserError, match="no records of protocol 'nonsense'"):
        table("fusion", records, protocol="nonsense")


def test_fewer_seeds_and_another_data_set():
    records = five_seeds()
    assert row(table("fusion", records, seeds=3), "average")["top-1 measured ↑"].n == 3
    assert row(table("fusion", records, dataset="ssv2"), "average")["top-1 measured ↑"].text == "—"


def test_rows_that_vary_the_networks_are_one_protocol():
    pairs = ("local.backbone=r2plus1d34", "global.backbone=vtn_resnet50")
    records = [made({"adaptive": 50.0}), made({"adaptive": 40.0}, *pairs)]
    shown = table("networks", records)
    assert row(shown, "r2plus1d50 + vtn_vitb")["top-1 measured ↑"].value == 50.0
    assert row(shown, "r2plus1d34 + vtn_resnet50")["top-1 measured ↑"].value == 40.0
    assert row(shown, "r2plus1d34 + vtn_resnet50")["Δ top-1"].value == -10.0


def test_a_rule_of_ones_own_is_shown_after_the_papers():
    shown = table("fusion", [made({"average": 60.0, "mine": 61.0})])
    assert shown.rows[-1][0].text == "mine"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", FORMATS)
def test_every_table_in_every_format(name, shape, tmp_path):
    save(five_seeds()[:2], tmp_path)
    shown = call(name, "--format", shape, "--runs", tmp_path, "--provenance")
    assert shown.exit_code == 0, shown.output
    assert shown.output.strip()


def test_two_data_sets_side_by_side(tmp_path):
    tree = json.loads(call("ucf101-hmdb51", "--format", "json", "--runs", tmp_path).output)
    labels = [cells[0]["text"] for cells in tree["rows"]]
    assert labels[-1] == "MBD"
    texts = {cells[0]["text"]: [cell["text"] for cell in cells] for cells in tree["rows"]}
    heads = tree["columns"]
    assert texts["MBD"][heads.index("UCF101 top-1 reported")] == "97.4"
    assert texts["MBD"][heads.index("HMDB51 top-1 reported")] == "76.7"
    assert texts["tsn (RGB and flow)"][heads.index("HMDB51 top-1 reported")] == "69.4"


def test_csv_gives_the_numbers_back(tmp_path):
    save(five_seeds(), tmp_path)
    rows = list(csv.DictReader(io.StringIO(call("fusion", "--format", "csv", "--runs", tmp_path).output)))
    adaptive = next(line for line in rows if line["row"] == "adaptive")
    assert float(adaptive["top-1 measured ↑"]) == pytest.approx(72.2)
    assert adaptive["top-1 measured ↑ n"] == "5"
    assert adaptive["top-1 reported"] == "83.53"


def test_markdown_has_as_many_cells_in_each_row(tmp_path):
    save(five_seeds(), tmp_path)
    lines = list(call("fusion", "--format", "md", "--runs", tmp_path).output.splitlines())
    counts = {line.replace("\\|", "").count("|") for line in lines if line.startswith("|")}
    assert len(counts) == 1
    assert any("**72.2" in line for line in lines)


def test_json_and_html_know_their_runs(tmp_path):
    records = five_seeds()
    save(records, tmp_path)
    tree = json.loads(call("fusion", "--format", "json", "--runs", tmp_path).output)
    assert set(tree["rows"][0][2]["runs"]) == {record.id for record in records}
    call("fusion", "--format", "html", "--provenance", "--runs", tmp_path, "--out", tmp_path / "a" / "t.html")
    page = (tmp_path / "a" / "t.html").read_text()
    linked = set(re.findall(r'href="([^"#]+)"', page))
    assert {(tmp_path / "a" / link).resolve() for link in linked} == {
        tmp_path / record.id / "record.json" for record in records
    }
    HTMLParser().feed(page)
    assert page.count('<th scope="row">') == len(tree["rows"])
    assert "<caption>" in page


def test_latex_is_escaped(tmp_path):
    text = call("components", "--format", "latex", "--runs", tmp_path).output
    assert r"\toprule" in text
    assert r"two\_stream" in text
    assert "%" not in text.replace(r"\%", "")


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not on PATH: tables are not compiled")
@pytest.mark.parametrize("provenance", [False, True])
def test_every_table_compiles_in_latex(provenance, tmp_path):
    save(five_seeds(), tmp_path)
    body = call("--all", "--format", "latex", *["--provenance"] * provenance, "--runs", tmp_path).output
    packages = "\\usepackage[utf8]{inputenc}\\usepackage{booktabs,graphicx,longtable,lscape}"
    head = f"\\documentclass{{article}}{packages}\\begin{{document}}"
    pages = body.replace("\\end{table}", "\\end{table}\\clearpage")
    (tmp_path / "t.tex").write_text(f"{head}\n{pages}\\end{{document}}\n")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "t.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, done.stdout[-500:]
    too_wide = [float(points) for points in re.findall(r"Overfull .hbox \(([\d.]+)pt", done.stdout)]
    assert provenance or max(too_wide, default=0.0) < 10  # runs in each cell may be more than a page holds
    assert "too large" not in done.stdout


@pytest.mark.parametrize("name", ALL)
def test_latex_has_only_what_pdflatex_knows(name, tmp_path):
    """Letters beyond Latin-1 are commands; braces and columns are balanced."""
    save(five_seeds()[:2], tmp_path)
    text = call(name, "--format", "latex", "--runs", tmp_path, "--provenance").output
    assert not {letter for letter in text if ord(letter) > 255}
    assert text.replace(r"\{", "").count("{") == text.replace(r"\}", "").count("}")
    lines = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len({line.replace(r"\&", "").count("&") for line in lines}) == 1


def test_a_real_run_fills_the_table_without_torch(whole):
    script = (
        "import sys; sys.argv = ['harness', 'table', 'fusion', '--format', 'json', '--runs', sys.argv[1]]\n"
        "from harness.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert stop.code in (0, None)\n"
        "heavy = {'torch', 'pandas', 'scipy.stats', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    command = [sys.executable, "-P", "-c", script, str(whole.path.parent)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = {cells[0]["text"]: cells for cells in json.loads(done.stdout)["rows"]}
    top1 = whole.record().metrics.fusion["adaptive"].top1
    assert rows["adaptive"][2]["value"] == pytest.approx(100 * top1.correct / top1.of)
    assert rows["adaptive"][2]["runs"] == [whole.id]


def test_bad_records_and_empty_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "nothing measured yet" in call("fusion", "--runs", tmp_path).output
    assert "nothing measured yet" in call("fusion").output
    assert "no such folder of runs" in str(call("fusion", "--runs", tmp_path / "nowhere").exception)
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "record.json").write_text("{")
    assert load_records([tmp_path]).problems
    assert "left out: " in call("fusion", "--runs", tmp_path).output


def test_newer_and_contradicting_records(tmp_path, capsys):
    """What cannot be used is left out in a line; which of two records is right nobody can know."""
    record = made({"average": 60.0, "adaptive": 61.0})
    save([record], tmp_path / "a")
    newer = record.model_dump() | {"schema_version": SCHEMA + 1}
    (tmp_path / "a" / "newer").mkdir()
    (tmp_path / "a" / "newer" / "record.json").write_text(json.dumps(newer))
    shown = call("fusion", "--runs", tmp_path / "a").output
    assert f"has schema {SCHEMA + 1}, this harness reads up to {SCHEMA}" in " ".join(shown.split())
    assert "60.0" in shown
    assert "[59.0, 61.0]" in shown  # under the number, on 80 columns
    other = made({"average": 50.0, "adaptive": 61.0})
    assert other.id == record.id
    save([other], tmp_path / "b")
    with pytest.raises(SystemExit) as stopped:
        main(["table", "fusion", "--runs", str(tmp_path / "a"), "--runs", str(tmp_path / "b")])
    assert stopped.value.code == 1
    assert f"two records of run {record.id} disagree" in capsys.readouterr().err


def test_rules_on_the_same_streams_are_compared_over_videos():
    """One seed: the record's own paired interval; several: the wider of that and of Student's t."""
    gap = Difference(
        points=2.0, low=-1.0, high=5.0, gained=5, lost=3, method="paired bootstrap over 9 groups"
    )
    records = five_seeds()
    for record in records:
        record.metrics.fusion["adaptive"].to_average = gap
    one = row(table("fusion", records[:1]), "adaptive")["Δ top-1"]
    assert (one.low, one.high, one.n) == (-1.0, 5.0, 1)
    assert one.text == "+1.8 [-1.0, +5.0]"
    five = row(table("fusion", records), "adaptive")["Δ top-1"]
    assert (five.high - five.low) / 2 == pytest.approx(3.0)
    other = row(table("components", records), "all: MBD")["Δ top-1"]
    assert other.text == ""  # another method's streams: no baseline was run


def test_methods_show_streams_dominance_and_the_time_of_a_step(monkeypatch):
    monkeypatch.setattr(build_module, "step_times", lambda: {"mbd": StepTime(1.35, 1.3, 1.4)})
    records = [made({"average": 60.0}, method="two_stream")]
    for seed, (local, glob) in enumerate([(50.0, 55.0), (52.0, 58.0)]):
        records.append(made({"adaptive": 61.0}, seed=seed, local=local, glob=glob))
    one = made({"product": 40.0}, method="single", seed=0)
    one.labels["global"] = NOT_USED
    shown = table("methods", (*records, one))
    mbd = row(shown, "mbd")
    assert mbd["local stream ↑"].value == pytest.approx(51.0)
    assert mbd["global stream ↑"].value == pytest.approx(56.5)
    assert mbd["step time ↓"].text == "1.35 [1.30, 1.40]"
    assert row(shown, "two_stream")["step time ↓"].text == ""
    single = row(shown, "single: local stream")
    assert single["global stream ↑"].text == ""  # it was neither trained nor heard
    assert single["dominance right ↑"].text == ""
    assert single["local stream ↑"].n == 1


def test_families_are_what_the_records_say_of_each(whole):
    cells = row(table("families", load_records([whole.path.parent]).records), "mbd")
    metrics = whole.record().metrics
    for heading, found in (
        ("local on shared ↑", metrics.local.per_family["shared"]),
        ("global on conflict ↑", metrics.glob.per_family["conflict"]),
        ("fused on global ↑", metrics.fusion["adaptive"].per_family["global"]),
    ):
        assert cells[heading].value == pytest.approx(100 * found.correct / found.of)
        assert (cells[heading].low, cells[heading].high) == (found.low, found.high)


# As two presets are, and as a campaign on other networks and clips.
OTHERS = (
    "global.backbone=vtn:efficientnet_lite0",
    "global.stride=6",
    "local.backbone=r2plus1d18",
    "local.short_side=[72,80]",
    "local.lr_factor=4",
)


@pytest.mark.parametrize("base", [Base("tiny"), Base("genkd-tiny"), Base("tiny", OTHERS)])
# Costs are no runs'; that made-up records have no families of classes is all that parts "families".
@pytest.mark.parametrize("name", [name for name in ALL if name not in ("cost", "families", *JOINED)])
def test_what_a_plan_makes_fills_the_rows_that_it_was_made_for(name, base, tmp_path):
    made_plan = plan(wanted(spec(name, METHODS.names()), "", 1), base, ())
    carry_out(made_plan, FakeRunner(tmp_path), tmp_path, lambda line: None)
    loaded = load_records([tmp_path])
    shown = build(spec(name, METHODS.names()), loaded, None, None, None)
    planned = {want.row for run in made_plan.runs for want in run.wanted if want.table == name}
    filled = {cells[0].text for cells in shown.rows if any(cell.runs for cell in cells)}
    assert planned <= filled
    assert bool(planned) == any(run.wanted for run in made_plan.runs)


def test_one_methods_runs_on_other_networks_are_not_mixed():
    """The comparators bring theirs; of two widths of one, that with more runs is shown, the other named."""
    common = [made({"average": 60.0}, method="two_stream", seed=seed) for seed in (0, 1)]
    twins = [made({"average": 50.0}, method="two_stream_i3d", seed=seed) for seed in (0, 1)]
    other = made({"average": 10.0}, "global.lr_factor=2", method="two_stream_i3d", seed=2)
    narrow = made({"average": 10.0}, "local.width=0.125", method="two_stream_i3d", seed=3)
    shown = table("methods", [*common, *twins, other, narrow])
    cell = row(shown, "two_stream_i3d")["top-1 measured ↑"]
    assert (cell.value, cell.n) == (50.0, 2)
    assert sum("not mixed in: 1 record of another protocol" in line for line in shown.footer) == 2
    assert any(line.endswith(": two_stream_i3d i3d + i3d") for line in shown.footer)


def test_a_row_that_says_a_default_is_that_of_the_plain_run():
    plain = made({"average": 61.0}, method="unidirectional")
    shown = table("teachers", [plain])
    assert row(shown, "both: global stream teaches")["top-1 measured ↑"].value == 61.0
    assert row(shown, "both: local stream teaches")["top-1 measured ↑"].value is None


def test_the_footer_names_lost_videos_and_thin_rows():
    record = made({"average": 60.0, "adaptive": 61.0})
    record.data.failed["test"] = {f"v{n}.mp4": "cut" for n in range(5)}
    text = " ".join(table("components", [record]).footer)
    assert "5 undecodable, counted as wrong (v0.mp4, v1.mp4, v2.mp4 and 2 more)" in text
    assert "thin, fewer than 5 seeds, so that no order follows: all: MBD" in text
    assert "thin" not in " ".join(table("fusion", five_seeds()).footer)


def test_what_is_not_mixed_in_says_what_differs():
    records = [*five_seeds(), made({"average": 10.0, "adaptive": 10.0}, "train.lr=0.5", seed=7)]
    (line,) = [line for line in table("fusion", records).footer if line.startswith("not mixed in")]
    assert "1 record of another protocol (train.lr 0.5, here 0.01; --protocol " in line


def test_commands_repeat_what_departs_from_the_preset():
    cell = row(table("components", five_seeds_with("train.epochs=3")), "two streams, no distillation")
    assert "--set train.epochs=3" in cell["top-1 measured ↑"].footnote


def five_seeds_with(*pairs):
    return [made({"average": 60.0, "adaptive": 61.0}, *pairs, seed=seed) for seed in range(5)]


def test_every_reading_of_mbds_settings_has_a_row():
    """But those of one-way teaching, and of stages that not every backbone has."""
    labels = {cells[0].text for cells in table("ambiguities", []).rows}
    for entry in ambiguities():
        if entry.paper == "mbd" and entry.setting.startswith("method.") and entry.name not in NOT_HERE:
            assert any(label.startswith(f"{entry.name}: ") for label in labels), entry.name


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fuson",), "no table 'fuson'; did you mean 'fusion'?"),
        (("fusion", "--format", "markdwn"), "no format 'markdwn'"),
        (("fusion", "--seeds", "0"), "--seeds"),
    ],
)
def test_mistakes(arguments, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["table", *arguments])
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err
