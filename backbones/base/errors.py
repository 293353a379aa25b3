"""Errors meant for the user: one clear line, never a traceback (unless `--debug`)."""

import difflib


class UserError(Exception):
    """Something failed that the user can do something about. The CLI prints it and exits with 1."""

    exit_code = 1


class UsageError(UserError):
    """What the user typed or wrote in a configuration is wrong. The CLI prints it and exits with 2."""

    exit_code = 2


class PluginWarning(UserWarning):
    """An installed plug-in is left out. The CLI prints it as one line and goes on."""


def is_out_of_memory(error: BaseException) -> bool:
    """Of torch on a GPU, of its allocator and of oneDNN on a CPU, of Python or of the system."""
    words = (
        "out of memory",
        "can't allocate memory",
        "Cannot allocate memory",
        "could not create a primitive",
    )
    return isinstance(error, MemoryError) or any(each in str(error) for each in words)


def suggestion(name: str, known: list[str]) -> str:
    """`; did you mean 'x'?` for a misspelt name, "" where no known name is close."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else ""


def error_line(error: BaseException) -> str:
    """The first line of the error's message, or its type's name where it has none.

    Of the operating system's errors without the path, which the caller names; of a lookup what is missing.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, KeyError) and error.args:
        return f"no '{error.args[0]}' in it"
    return (str(error).strip() or type(error).__name__).splitlines()[0]
