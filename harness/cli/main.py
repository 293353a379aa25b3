"""The command line: commands are imported when they are called, so that help costs nothing."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import click

from harness import openmp

COMMANDS = {
    "run": ("harness.cli.run", "Train two streams with a method, test and fuse them, leave a record."),
    "list": (
        "harness.cli.listing",
        "List methods, backbones, fusions, datasets, presets, ambiguities, departures.",
    ),
    "show": ("harness.cli.show", "Show a run's record."),
    "runs": ("harness.cli.show", "List the runs that are there."),
    "table": ("harness.cli.table", "A paper's table, reported beside measured."),
    "figure": ("harness.cli.figure", "A figure of the papers or of runs, reported beside measured."),
    "report": ("harness.cli.report", "A static site of verdicts, tables, figures, runs and test videos."),
    "claims": ("harness.cli.claims", "What the papers claim, and whether it holds."),
    "export": ("harness.cli.export", "The records of runs as one table: CSV, JSON or Parquet."),
    "data": ("harness.cli.data", "Check a data set, make generated clips, preview what streams see."),
    "fuse": ("harness.cli.fuse", "Fit and score fusion rules again, from a run's stored outputs."),
    "profile": ("harness.cli.profile", "Parameters, FLOPs, latency and memory of backbones."),
    "predict": ("harness.cli.predict", "What a finished run says of your videos."),
    "check-plugin": (
        "harness.cli.check_plugin",
        "Does a backbone, method, fusion or data set keep its contract?",
    ),
    "completion": ("harness.cli.completion", "The script that makes bash, zsh or fish complete."),
}
PACKAGES = ("harness", "backbones", "methods", "results")


def _load_plugins(ctx: click.Context, option: click.Parameter, paths: tuple[Path, ...]) -> None:
    if paths:
        from backbones.base.plugins import PLUGINS

        for path in paths:
            PLUGINS.load_file(path)


def _plugin_option() -> click.Option:
    """`--plugin`, which every command takes; it is read first, so that all names are known after it."""
    return click.Option(
        ["--plugin", "plugins"],
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE.py",
        is_eager=True,
        expose_value=False,
        callback=_load_plugins,
        help="Your own backbone, method, fusion or data set: this file is executed. May be repeated.",
    )


class LazyGroup(click.Group):
    """Help is written from COMMANDS; a command's module is imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _ = COMMANDS[name]
        attribute = "list_" if name == "list" else name.replace("-", "_")
        command = getattr(importlib.import_module(module), attribute)
        for each in (command, *getattr(command, "commands", {}).values()):
            if not any(option.name == "plugins" for option in each.params):
                each.params.append(_plugin_option())
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from backbones.base.errors import suggestion

            ctx.fail(f"unknown command '{args[0]}'{suggestion(args[0], list(COMMANDS))}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start here: harness run --method mbd --backbone r2plus1d50",
)
@click.option("--debug", is_flag=True, help="Show a traceback where something fails.")
@click.version_option(package_name="mbd-harness", prog_name="harness")
def cli(debug: bool) -> None:
    """Two-stream video recognition with distillation: reproduce it, measure it, compare it."""


def main(args: list[str] | None = None) -> None:
    """Runs the command line. Exit code 0: done; 1: something failed; 2: wrong usage; 130: stopped."""
    arguments = sys.argv[1:] if args is None else args
    openmp.settle()
    debug = "--debug" in arguments or bool(os.environ.get("HARNESS_DEBUG"))
    if not debug and not sys.warnoptions:
        # Libraries' advice to their own callers; --debug and python -W show it.
        warnings.simplefilter("ignore")
    try:
        check_packages()
        _print_plugin_warnings()
        # --debug is welcome before and after the command.
        plain = [argument for argument in arguments if argument != "--debug"]
        sys.exit(cli.main(args=plain, prog_name="harness", standalone_mode=False) or 0)
    except Exception as error:
        if debug:
            raise
        sys.exit(_explain(error))
    except KeyboardInterrupt:
        _say("stopped")
        sys.exit(130)


def _print_plugin_warnings() -> None:
    """A plug-in that is left out is one line on stderr, without the place in the code that Python adds."""
    from backbones.base.errors import PluginWarning

    usual = warnings.formatwarning

    def one_line(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> str:
        plugin = issubclass(category, PluginWarning)
        return f"warning: {message}\n" if plugin else usual(message, category, *rest, **more)

    warnings.formatwarning = one_line
    warnings.simplefilter("always", PluginWarning)


def _explain(error: Exception) -> int:
    """One clear line; the exit code."""
    from backbones.base.errors import UserError

    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort):
        _say("stopped")
        return 130
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "harness"
        _say(f"{error.format_message().splitlines()[0]}  ('{command} --help' shows what can be given)")
        return 2
    if isinstance(error, UserError):
        _say(str(error))
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        return 1
    if "out of memory" in str(error) or isinstance(error, MemoryError):
        _say(
            "out of memory: give --micro-batch a smaller value (BatchNorm and the dominance groups see less)"
        )
        return 1
    first = (str(error).splitlines() or [""])[0]
    _say(f"{type(error).__name__}: {first}  ({_advice()})")
    return 1


def _advice() -> str:
    """Of an error that was not foreseen: where plug-ins are in use, one of them may be at fault."""
    from backbones.base.plugins import PLUGINS

    return PLUGINS.hint() or "this was not foreseen: 'harness --debug …' shows where"


def _say(text: str) -> None:
    click.echo(f"error: {text}" if text != "stopped" else text, err=True)


def check_packages() -> None:
    """The four packages have common names: another one called `results` may come first on the path."""
    from backbones.base.errors import UserError

    homes = {}
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        places = list(spec.submodule_search_locations or []) if spec else []
        homes[name] = Path(places[0]).resolve().parent if places else None
    if len(set(homes.values())) > 1:
        said = ", ".join(f"{name} from {home or 'nowhere'}" for name, home in homes.items())
        raise UserError(
            f"the harness's packages come from different places ({said}): another package of that name "
            "comes first; start it as 'python -P -m harness', or from another folder"
        )
