#!/usr/bin/env bash
# The tests of ONNX files and of trackers, in an environment of its own: none of these packages is in .venv.
# Links to the packages of .venv come from uv's cache; without network it says so and ends with 0.
set -euo pipefail
cd "$(dirname "$0")/../../.."

uv=$(command -v uv || echo .venv-uv/bin/uv)
list=scripts/ci/extras/packages-of-export-and-trackers.txt
place=.venv-extras/export-and-trackers
if [ -n "${PIP_INDEX_URL:-}" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then
  export UV_DEFAULT_INDEX="$PIP_INDEX_URL"
fi
"$uv" venv -q --clear --python .venv/bin/python "$place"
"$uv" pip install -q --python "$place/bin/python" -r requirements.lock -r "$list" ||
  { echo "extras: not installed, so exports to ONNX and trackers are not tested"; exit 0; }
"$place/bin/python" -m pytest -q -p no:cacheprovider tests/harness/export tests/harness/training/trackers
