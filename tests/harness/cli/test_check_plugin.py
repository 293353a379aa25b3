"""`harness check-plugin` as its user reads it: rows that fail with their reason, one cause said once."""

from support.plugin_files import EXAMPLES


def test_what_does_not_hold_is_a_row_with_its_reason_and_exit_code_1(tmp_path, harness_cli):
    path = tmp_path / "mine.py"
    path.write_text((EXAMPLES / "one_way.py").read_text().replace('"local/kl"', '"kl"'))
    code, out, _ = harness_cli("check-plugin", path)
    assert code == 1
    assert "FAIL losses are named after a stream" in " ".join(out.split())
    assert "kl: expected local/… or global/…" in out
    assert "1 of 13 rules do not hold" in out


def test_one_cause_under_many_rules_is_said_once(tmp_path, harness_cli):
    path = tmp_path / "alone.py"
    source = (EXAMPLES / "one_way.py").read_text()
    assert "}, {}\n" in source
    path.write_text(source.replace("}, {}\n", "}\n"))
    code, out, _ = harness_cli("check-plugin", path)
    assert code == 1
    shown = " ".join(out.split())
    assert shown.count("OneWay.losses gave dict") == 1
    assert shown.count(": the same") >= 3


def test_an_entry_that_names_what_is_not_there(tmp_path, harness_cli):
    """A run would refuse it only at its start."""
    path = tmp_path / "mine.py"
    source = (EXAMPLES / "one_way.py").read_text()
    assert 'fusion="average"' in source
    path.write_text(source.replace('fusion="average"', 'fusion="avrage", teacher="locl", taught_by="mdb"'))
    code, out, _ = harness_cli("check-plugin", path)
    assert code == 1
    shown = " ".join(out.split())
    assert "no fusion 'avrage'; did you mean 'average'?; no method 'mdb'; did you mean 'mbd'?" in shown
    assert "teacher 'locl' is no stream: expected local or global" in shown
    assert "1 of 13 rules do not hold" in out
