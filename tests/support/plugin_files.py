"""Loading plug-ins in this process, and taking them out again."""

from contextlib import contextmanager
from pathlib import Path

from backbones.base.plugins import PLUGINS

EXAMPLES = Path(__file__).parents[2] / "scripts" / "examples"


@contextmanager
def loaded(path: Path):
    """The plug-in of the file; the registries and modules are as before afterwards."""
    plugin = PLUGINS.load_file(path)
    try:
        yield plugin
    finally:
        PLUGINS.unload_file(plugin)


@contextmanager
def taken_out():
    """What a command loads meanwhile is taken out again."""
    before = PLUGINS.files
    try:
        yield
    finally:
        for path in PLUGINS.files:
            if path not in before:
                PLUGINS.unload_file(PLUGINS.load_file(path))


def write_package(folder: Path, name: str, kind: str, source: str) -> Path:
    """A package as pip would install it, with an entry point `mbd_harness.<kind>`; gives its folder."""
    info = folder / f"{name}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[mbd_harness.{kind}]\n{name} = {name}\n")
    (folder / f"{name}.py").write_text(source)
    return folder
