"""Libraries that cannot be imported, and devices that do not compute, whatever they do to the process."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.doctor import probe, probing
from harness.doctor.finding import Finding, would_start


def probed_all() -> dict[str, Finding]:
    return {each.name: each for each in probing.examine("auto", "auto")}


def test_a_broken_torchvision(probed: Path) -> None:
    """A build of torch for CPUs beside the usual torchvision."""
    error = "raise RuntimeError('operator torchvision::nms does not exist\\nand more')"
    (probed / "torchvision.py").write_text(error)
    found = probed_all()
    assert found["import torchvision"] == Finding(
        "import torchvision",
        "error",
        "torchvision cannot be imported: operator torchvision::nms does not exist",
        "from one index, in one command: pip install --force-reinstall torch torchvision",
    )
    assert not would_start(found.values())
    assert (found["import numpy"].state, found["decoder"].state) == ("ok", "ok")


def test_a_library_that_the_system_lacks(probed: Path) -> None:
    (probed / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    found = probed_all()["import cv2"]
    assert (found.state, found.said) == (
        "error",
        "cv2 cannot be imported: libGL.so.1: cannot open shared object file",
    )
    assert found.remedy == "pip install --force-reinstall opencv-python-headless"


@pytest.mark.parametrize(
    ("ends", "said", "remedy"),
    [
        ("os.kill(os.getpid(), signal.SIGILL)", "ended the process by SIGILL", "lacks instructions"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "ended the process by SIGKILL", "is memory short?"),
        ("sys.stderr.write('no licence\\n'); os._exit(3)", "with exit code 3: no licence", "reinstall"),
    ],
)
def test_an_import_that_ends_the_process(probed: Path, ends: str, said: str, remedy: str) -> None:
    (probed / "torch.py").write_text(f"import os, signal, sys\n{ends}\n")
    *before, last = probing.examine("auto", "auto")
    assert [each.name for each in before] == ["import numpy", "import av", "import cv2"]
    assert (last.name, last.state) == ("import torch", "error")
    assert last.said.startswith("import torch ")
    assert last.said.endswith(said)
    assert remedy in last.remedy


def test_an_import_that_hangs(probed: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(probing, "SLOW_S", 9.0)
    monkeypatch.setattr(probing, "LONGEST_S", 10.0)
    (probed / "cv2.py").write_text("import signal\nsignal.pause()\n")
    *_, last = probing.examine("auto", "auto")
    assert (last.name, last.said) == ("import cv2", "import cv2 did not end in 10 s")
    assert "still at it: import cv2; 10 s are waited for\n" in capsys.readouterr().err


def test_a_decoder_without_codecs(monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    monkeypatch.setattr(av, "codecs_available", {"mpeg4", *probe.COMMON})
    assert probe.decoder().said == f"PyAV {av.__version__} has no h264"
    assert probe.decoder().state == "error"
    monkeypatch.setattr(av, "codecs_available", {*probe.NEEDED, *probe.COMMON} - {"av1"})
    assert (probe.decoder().state, probe.decoder().said) == (
        "warning",
        f"PyAV {av.__version__} cannot read av1",
    )


def test_a_decoder_that_reads_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    assert probe.decoder().state == "ok"
    monkeypatch.setattr(probe, "_read", lambda path: (8, 90.0))
    assert probe.decoder().said == "8 frames of grey 128 were written; 8 of grey 90 were read"
    assert probe.decoder().state == "error"


def test_a_gpu_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from harness.training import device

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(device, "_driver_present", lambda: True)
    found = probe.chosen("auto", "auto")
    assert (found.state, found.said.startswith("a GPU is there, but ")) == ("error", True)
    assert probe.chosen("cpu", "fp32").state == "ok"


def test_a_device_that_computes_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    assert probe.self_test("cpu", "float32").state == probe.self_test("cpu", "bfloat16").state == "ok"
    usual = torch.nn.functional.conv3d
    monkeypatch.setattr(torch.nn.functional, "conv3d", lambda x, w: 1.5 * usual(x, w))
    found = probe.self_test("cpu", "float32")
    assert (found.state, found.said) == ("error", "cpu computes [40.5] and [6.0]; expected 27 and 4")


def test_a_device_without_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def refuse(*_):
        raise RuntimeError("not implemented for 'BFloat16'\nat line 1")

    monkeypatch.setattr(torch.nn.functional, "conv3d", refuse)
    assert probe.self_test("cpu", "bfloat16") == Finding(
        "cpu bfloat16", "warning", "cpu: not implemented for 'BFloat16'", "give --precision fp32"
    )
    assert probe.self_test("cpu", "float32").state == "error"
