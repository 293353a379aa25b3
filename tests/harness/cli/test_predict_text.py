"""`harness predict` names the rule whose weights it shows: they need not be those of the dominance."""

from harness.cli.predict import _show
from harness.evaluation.predict import Prediction


def said(capsys, **given):
    guess = [{"class": "wave", "score": 0.75}, {"class": "jump", "score": 0.25}]
    _show(Prediction("a.mp4", guesses={"local": guess, "global": guess, "fused": guess}, **given))
    return " ".join(capsys.readouterr().out.split())


def test_the_weights_are_those_of_the_fusion_rule_that_is_named(capsys):
    both = {"local": 0.3605, "global": 0.3404}
    halves = {"local": 0.5, "global": 0.5}
    text = said(capsys, dominance=both, weights=halves, fusion="average")
    assert text.endswith(
        "dominance local 0.3605, global 0.3404; weights of fusion average: local 0.500, global 0.500"
    )


def test_a_rule_without_weights_shows_none(capsys):
    text = said(capsys, dominance={"local": 0.3605, "global": 0.3404}, weights=None, fusion="conv3d")
    assert text.endswith("dominance local 0.3605, global 0.3404")


def test_the_path_is_a_line_of_its_own_whatever_its_length(capsys):
    path = "/data/" + "long name of a set 1/" * 8 + "[red] 40.avi"
    guess = [{"class": "wave", "score": 0.75}]
    _show(Prediction(path, guesses={"local": guess}))
    assert path in capsys.readouterr().out.split("\n")
