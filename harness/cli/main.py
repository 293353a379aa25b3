"""The command line: commands are imported when they are called, so that help costs nothing."""

from __future__ import annotations

import errno
import importlib
import importlib.util
import os
import sys
import warnings
from pathlib import Path
from typing import Any, NoReturn

import click

from harness import openmp, output, signals
from harness.cli.options import paper_option, plugin_option

# The module and the summary of each command. Its function has the command's name, but for `list_`.
COMMANDS = {
    "run": ("harness.cli.run", "Train two streams with a method, test and fuse them, write a record."),
    "list": (
        "harness.cli.listing",
        "List methods, backbones, fusions, datasets, presets, papers, ambiguities, deviations.",
    ),
    "show": ("harness.cli.show", "Show a run's record."),
    "runs": ("harness.cli.runs", "List runs and their states."),
    "config": ("harness.cli.config", "Show, compare or check configurations: presets, files, runs."),
    "diff": ("harness.cli.diff", "Compare two runs: configuration, environment, outcome."),
    "verify": ("harness.cli.verify", "Make a run again and say what first differs."),
    "table": ("harness.cli.table", "Print the papers' tables, reported and measured."),
    "figure": ("harness.cli.figure", "Draw figures of the papers and of runs, reported and measured."),
    "report": (
        "harness.cli.report",
        "Write a static site of verdicts, tables, figures and test videos.",
    ),
    "study": ("harness.cli.study", "Plan a study, make its runs, report what it decides."),
    "sweep": ("harness.cli.sweep", "Choose settings on validation videos, test the chosen ones once."),
    "compare": ("harness.cli.compare", "Compare two methods with the runs that there are, in a hurry."),
    "paper": (
        "harness.cli.paper",
        "Begin, check or show a paper's folder: claims, tables, figures, presets.",
    ),
    "claims": ("harness.cli.claims", "Show the papers' claims and whether they hold."),
    "export": ("harness.cli.export", "Export records, predictions (CSV, JSON, Parquet), networks (ONNX, …)."),
    "data": ("harness.cli.data", "Check a data set, write generated clips, preview what streams see."),
    "fuse": ("harness.cli.fuse", "Fit and score fusion rules from a run's stored outputs."),
    "profile": ("harness.cli.profile", "Measure parameters, FLOPs, latency and memory of backbones."),
    "predict": ("harness.cli.predict", "Predict the class of your videos with a finished run."),
    "doctor": ("harness.cli.doctor", "Check whether a run would start here, and what to do if not."),
    "check-plugin": (
        "harness.cli.check_plugin",
        "Check a backbone, method, fusion or data set against its contract.",
    ),
    "completion": ("harness.cli.completion", "Print the completion script of bash, zsh or fish."),
}
PACKAGES = ("harness", "backbones", "methods", "results")
MOST_WORD, MOST_LINE = 400, 1200  # letters of a word and of a line of an error
STOPPED = 130  # the exit code of a command that was interrupted


class LazyGroup(click.Group):
    """Writes its help from COMMANDS; imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        from backbones.base.installed import skip_unreadable

        skip_unreadable()  # before libraries are imported that ask for plug-ins
        module, _ = COMMANDS[name]
        attribute = "list_" if name == "list" else name.replace("-", "_")
        command = getattr(importlib.import_module(module), attribute)
        for each in (command, *getattr(command, "commands", {}).values()):
            if not any(option.name == "plugins" for option in each.params):
                each.params += [plugin_option(), paper_option()]
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
    epilog="Start with: harness run --method mbd --backbone r2plus1d50",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="mbd-harness", prog_name="harness")
def cli(debug: bool) -> None:
    """Two-stream video recognition with distillation: reproduce, measure and compare it.

    Each error is printed as one line.
    """


def main(args: list[str] | None = None) -> NoReturn:
    """Runs the command line and exits: 0 done, 1 failed, 2 wrong usage, 130 stopped."""
    arguments = sys.argv[1:] if args is None else args
    openmp.settle()
    output.accept_all_characters()
    output.outlive_readers()
    debug = "--debug" in arguments or bool(os.environ.get("HARNESS_DEBUG"))
    if not debug and not sys.warnoptions:
        # Libraries warn those who call them; --debug and python -W show it.
        warnings.simplefilter("ignore")
    try:
        if any("\0" in argument for argument in arguments):
            raise click.UsageError("an argument has a zero byte, which no name, path or value has")
        check_folder()
        check_packages()
        _print_plugin_warnings()
        # --debug is accepted before and after the command.
        plain = [argument for argument in arguments if argument != "--debug"]
        code = cli.main(args=plain, prog_name="harness", standalone_mode=False) or 0
        output.flush()
        sys.exit(code)
    except Exception as error:
        if debug:
            raise
        sys.exit(report_error(error))
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
        sys.exit(STOPPED)


def _print_plugin_warnings() -> None:
    """A plug-in that is left out is one line on stderr, without the place in the code that Python adds."""
    from backbones.base.errors import PluginWarning
    from backbones.base.plain_text import clean

    usual = warnings.formatwarning

    def one_line(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> str:
        if issubclass(category, PluginWarning):
            return f"warning: {shortened(clean(str(message)))}\n"
        return usual(message, category, *rest, **more)

    warnings.formatwarning = one_line
    warnings.simplefilter("always", PluginWarning)


def report_error(error: Exception) -> int:
    """Prints the error as one line; returns the exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort) or signals.asked():
        click.echo("stopped", err=True)
        return STOPPED
    from backbones.base.plain_text import clean

    message, code = _explained(error)
    click.echo(f"error: {shortened(clean(message))}", err=True)
    return code


def shortened(line: str) -> str:
    """A line that is read: of what somebody typed or wrote, the beginning is enough to know it by."""
    words = [word if len(word) <= MOST_WORD else f"{word[:60]}…" for word in line.split(" ")]
    text = " ".join(words)
    return text if len(text) <= MOST_LINE else f"{text[: MOST_LINE // 2]} … {text[-MOST_LINE // 2 :]}"


def _explained(error: Exception) -> tuple[str, int]:
    """(the line, the exit code)."""
    from backbones.base.errors import UserError, is_out_of_memory

    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "harness"
        said = error.format_message().splitlines()[0]
        return f"{said}{_of_a_pair(said)}  ('{command} --help' shows all options)", 2
    if isinstance(error, UserError):
        return str(error), error.exit_code
    if is_out_of_memory(error):
        less = "--gradient-checkpointing, or a smaller --micro-batch (it changes the numbers)"
        return f"out of memory; a run takes less with {less}", 1
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror}", 1
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"the output cannot be written: {os.strerror(error.errno)}", 1
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}  ({_advice()})", 1


def _of_a_pair(said: str) -> str:
    """Where a value stands beside `--set KEY`."""
    return "; --set takes KEY=VALUE" * (said.startswith("Got unexpected extra arg") and "--set" in sys.argv)


def _advice() -> str:
    """For an error without a message of its own: if plug-ins are in use, one of them may be at fault."""
    from backbones.base.plugins import PLUGINS

    return PLUGINS.hint() or "an unexpected error: 'harness --debug …' shows the traceback"


def check_folder() -> None:
    """A `UserError` where the current folder was deleted: libraries fail there in ways of their own, and some
    end the process."""
    from backbones.base.errors import UserError

    try:
        os.getcwd()  # noqa: PTH109 - Path.cwd is the same
    except FileNotFoundError:
        raise UserError("the current folder was deleted; change to another one") from None


def check_packages() -> None:
    """Raises UserError where another package of one of our four names comes first on the path."""
    from backbones.base.errors import UserError

    homes = {}
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        places = list(spec.submodule_search_locations or []) if spec else []
        homes[name] = Path(places[0]).resolve().parent if places else None
    if len(set(homes.values())) > 1:
        found = ", ".join(f"{name} from {home or 'nowhere'}" for name, home in homes.items())
        raise UserError(
            f"the harness's packages come from different places ({found}): another package of that name "
            "comes first; start it as 'python -P -m harness', or from another folder"
        )
