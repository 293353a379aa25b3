#!/usr/bin/env bash
# The tests of ONNX files and of trackers, in an environment of its own, as a user's `pip install` with extras makes it:
# none of these packages is in .venv, and Trackio takes an older Pillow than that has. Torch is that of .venv.
set -euo pipefail
cd "$(dirname "$0")/../.."

uv=$(command -v uv || echo .venv-uv/bin/uv)
place=.venv-extras/export-and-trackers
if [ -n "${PIP_INDEX_URL:-}" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then
  export UV_DEFAULT_INDEX="$PIP_INDEX_URL"
fi
"$uv" venv -q --clear --python .venv/bin/python "$place"
"$uv" pip install -q --python "$place/bin/python" -e '.[onnx,tensorboard,trackio,wandb,mlflow]' \
  pytest pytest-timeout hypothesis -c <(grep -oE '^(torch|torchvision)==[0-9.]+' requirements.lock)
"$place/bin/python" -m pytest -q -p no:cacheprovider tests/harness/export tests/harness/training/trackers
