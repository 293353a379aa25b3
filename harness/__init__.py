"""The machinery: command line, configuration, data, training, evaluation, cost, records.

From Python: `from harness import load, predictions, records, run, study` (`harness.api`), and what they
raise, `UserError` and its kind `UsageError`; each is imported when it is asked for, so that `import harness`
costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
_API = {
    "load": "harness.api.trained",
    "predictions": "harness.api.frames",
    "records": "harness.api.frames",
    "run": "harness.api.calls",
    "study": "harness.api.calls",
    "UsageError": "backbones.base.errors",
    "UserError": "backbones.base.errors",
}


def __getattr__(name: str) -> Any:
    if name not in _API:
        raise AttributeError(f"module 'harness' has no attribute '{name}'")
    return getattr(import_module(_API[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_API])
