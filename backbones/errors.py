"""Errors meant for the user: one clear line, never a traceback (unless `--debug`)."""


class UserError(Exception):
    """Something failed that the user can do something about. The CLI prints it and exits with 1."""

    exit_code = 1


class UsageError(UserError):
    """What the user typed or wrote in a configuration is wrong. The CLI prints it and exits with 2."""

    exit_code = 2
