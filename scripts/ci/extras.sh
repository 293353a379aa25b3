#!/usr/bin/env bash
# Runs the tests of optional packages, which .venv lacks, in an environment of their own that sees .venv's.
# Each file of scripts/ci/extras/ lists packages and the tests that need them, one a line.
set -euo pipefail
cd "$(dirname "$0")/../.."

uv=$(command -v uv || echo .venv-uv/bin/uv)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$uv" venv -q --seed --python .venv/bin/python "$place/venv"
python="$place/venv/bin/python"
purelib='import sysconfig; print(sysconfig.get_path("purelib"))'
# What is in .venv counts as installed: only what it lacks is added.
printf 'import site; site.addsitedir("%s")\n' "$(.venv/bin/python -c "$purelib")" \
    > "$("$python" -c "$purelib")/built.pth"

packages=() tests=()
for list in scripts/ci/extras/*.txt; do
  while read -r line; do
    case "$line" in
      '' | '#'*) ;;
      tests/*) tests+=("$line") ;;
      *) packages+=("$line") ;;
    esac
  done < "$list"
done
"$python" -m pip install -q --disable-pip-version-check "${packages[@]}"
"$python" -m pytest "${tests[@]}"
