"""Each command, in a process of its own, imports no library that it does not need: that is seconds."""

import pytest
from bench_startup import HEAVY, commands, imported
from support.numbered_videos import write_video
from support.workplace import NARROW, pairs

from harness.cli.main import COMMANDS

# Of the networks that a dry run times; they are of the same backbones, which import the same.
SMALL = (*NARROW, *(f"{name}.{size}" for name in ("local", "global") for size in ("frames=4", "crop=32")))
TERMINAL = {"rich", "pydantic"}
NETWORKS = {"numpy", "torch", *TERMINAL}
RUN = NETWORKS | {"av", "timm", "transformers", "torchvision", "scipy", "torch._dynamo", "jinja2"}
# torch's meta device and transformers import torch._dynamo, that jinja2; scikit-learn imports pandas.
MAY_IMPORT = {
    "--help": set(),
    "list": TERMINAL,
    "completion": set(),
    "doctor": set(),  # what takes long is imported by a process of its own
    "runs": TERMINAL,
    "show": TERMINAL,
    "export": {"numpy", "pydantic", "pandas"},
    "claims": TERMINAL | {"scipy"},
    "paper": TERMINAL | {"numpy", "scipy"},
    "compare": TERMINAL | {"scipy"},
    "config": TERMINAL,
    "diff": TERMINAL,
    "study": TERMINAL | {"scipy"},
    "table": TERMINAL | {"scipy"},
    "figure": {"numpy", "pydantic", "matplotlib"},
    "report": TERMINAL | {"numpy", "jinja2", "matplotlib", "scipy"},
    "data": TERMINAL | {"numpy", "av"},
    "fuse": NETWORKS | {"scipy", "scipy.stats", "sklearn", "pandas"},
    "profile": NETWORKS | {"torch._dynamo", "jinja2"},
    "predict": NETWORKS | {"av", "lightning_fabric", "torch._dynamo", "jinja2"},
    "check-plugin": NETWORKS,
    "run": (
        RUN := NETWORKS | {"av", "timm", "transformers", "torchvision", "scipy", "torch._dynamo", "jinja2"}
    ),
    "sweep": RUN,
    "verify": RUN | {"lightning_fabric", "sklearn", "pandas", "scipy.stats"},
}


@pytest.fixture(scope="module")
def every(tmp_path_factory, clips_root, one_whole_run):
    """{name: arguments}."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(clips_root))
        out = tmp_path_factory.mktemp("startup")
        write_video(out / "clip.mp4")
        found = commands(out, out / "clip.mp4", one_whole_run.path)
        yield found | {name: [*found[name], *pairs(SMALL)] for name in ("run", "sweep")}


def test_the_commands_are_all_there(every):
    assert set(every) == {"--help", *COMMANDS} == set(MAY_IMPORT)
    assert {arguments[0] for arguments in every.values()} == set(every)
    assert set().union(*MAY_IMPORT.values()) <= set(HEAVY)


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_no_more_than_needed_is_imported(name, every):
    found = set(imported(every[name]))
    assert found <= MAY_IMPORT[name]
    assert (name in ("fuse", "profile", "predict", "check-plugin", "run", "sweep", "verify")) == (
        "torch" in found
    )
