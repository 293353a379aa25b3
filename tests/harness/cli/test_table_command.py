"""`harness table` as a user types it: over a real run, over bad records, misspelt."""

import json
import subprocess
import sys

import pytest
from support.made_records import made, save
from support.made_tables import call
from support.places import ROOT, refused

from harness.cli.main import main
from harness.record.schema import SCHEMA
from results.records import load_records


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


@pytest.mark.parametrize(
    ("name", "starts"),
    [("a.md", "**Fusion"), ("a.tex", "% needs "), ("a.csv", "row,"), ("a.html", "<!doctype"),
     ("a.json", "{"), ("a.txt", "Fusion"), ("a", "Fusion")],
)  # fmt: skip
def test_the_format_is_as_the_file_ends(name, starts, tmp_path):
    assert call("fusion", "--out", tmp_path / name, "--runs", tmp_path).exit_code == 0
    assert (tmp_path / name).read_text().startswith(starts)


def test_several_tables_onto_a_file_are_refused_before_anything_is_run(tmp_path, capsys):
    (tmp_path / "notes").write_text("mine")
    options = ("--run", "--runs", tmp_path / "runs", "--out", tmp_path / "notes")
    assert "it is a file, and several tables need a folder" in refused(
        capsys, "table", "fusion", "components", *options
    )
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_a_csv_says_beside_it_what_was_left_out(tmp_path):
    done = call("fusion", "--format", "csv", "--runs", tmp_path)
    assert "left out" not in done.stdout
    assert (
        done.stderr
        == f"left out: '{tmp_path}' contains no records of runs (expected {tmp_path}/RUN/record.json)\n"
    )


def test_a_place_where_nothing_can_be_written_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    for command in ("table", "figure"):
        with pytest.raises(SystemExit) as stopped:
            main([command, "fusion", "--runs", str(tmp_path), "--out", str(tmp_path / "file" / "x.svg")])
        assert stopped.value.code == 1
        assert f"cannot write {tmp_path / 'file' / 'x.svg'}: " in capsys.readouterr().err
    assert "it is a file; expected a folder" in refused(
        capsys, "figure", "--all", "--runs", tmp_path, "--out", tmp_path / "file"
    )


def test_two_data_sets_side_by_side(tmp_path):
    tree = json.loads(call("ucf101-hmdb51", "--format", "json", "--runs", tmp_path).output)
    labels = [cells[0]["text"] for cells in tree["rows"]]
    assert labels[-1] == "MBD"
    texts = {cells[0]["text"]: [cell["text"] for cell in cells] for cells in tree["rows"]}
    heads = tree["columns"]
    assert texts["MBD"][heads.index("UCF101 top-1 reported")] == "97.4"
    assert texts["MBD"][heads.index("HMDB51 top-1 reported")] == "76.7"
    assert texts["tsn (RGB and flow)"][heads.index("HMDB51 top-1 reported")] == "69.4"


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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fuson",), "no table 'fuson'; did you mean 'fusion'?"),
        (("fusion", "--format", "markdwn"), "no format 'markdwn'"),
        (("fusion", "--format", "md", "--out", "x.csv"), "--format md and --out x.csv name two formats"),
        (("fusion", "cost", "--out", "x.tex"), "it looks like a file, and several tables need a folder"),
        (("fusion", "--out", "x.docx"), "--out x.docx: expected a name that ends in .txt, .tex"),
        (("fusion", "--seeds", "0"), "--seeds"),
    ],
)
def test_mistakes(arguments, words, capsys):
    assert words in refused(capsys, "table", *arguments)
