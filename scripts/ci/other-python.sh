#!/usr/bin/env bash
# Videos, `harness doctor` and a tiny run on the newest Python of this machine that is not .venv's: requirements.lock
# pins other packages for other versions, and all other tests see those of one. Says so where there is no other.
set -euo pipefail
cd "$(dirname "$0")/../.."

version='import sys; print(f"{sys.version_info[0]}.{sys.version_info[1]}")'
own=$(.venv/bin/python -c "$version")

# "3.13 /path/to/python" of the newest. A name on PATH may be one of pyenv's that starts nothing.
newest_other() {
  local minor python
  for minor in 14 13 12 11; do
    [ "3.$minor" != "$own" ] || continue
    for python in "python3.$minor" "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$minor."*/bin/python; do
      if [ "$("$python" -c "$version" 2>/dev/null)" = "3.$minor" ]; then
        echo "3.$minor $("$python" -c 'import sys; print(sys.executable)')"
        return
      fi
    done
  done
}

read -r other python <<< "$(newest_other)"
if [ -z "$other" ]; then
  echo "other-python: skipped, no Python 3.11 to 3.14 is here besides the $own of .venv"
  exit 0
fi
echo "other-python: $other, besides the $own of .venv"

uv=$(command -v uv || echo .venv-uv/bin/uv)
place=.venv-extras/python-$other
if [ -n "${PIP_INDEX_URL:-}" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then
  export UV_DEFAULT_INDEX="$PIP_INDEX_URL"
fi
[ -x "$place/bin/python" ] || "$uv" venv -q --clear --python "$python" "$place"
"$uv" pip sync -q --python "$place/bin/python" requirements.lock
"$uv" pip install -q --python "$place/bin/python" --no-deps --no-build-isolation --offline -e .

# Whoever writes no bytecode compiles all that is imported again in every process.
unset PYTHONDONTWRITEBYTECODE
"$place/bin/python" -m pytest -q -n 2 --dist loadfile -p no:cacheprovider tests/harness/data/video \
  tests/harness/data/clips tests/harness/doctor tests/harness/test_student_t.py \
  tests/results/claims/test_papers_unchanged.py
"$place/bin/harness" doctor
"$place/bin/harness" run --method mbd --backbone r2plus1d18 --from-scratch --epochs 1 \
  --set data.train_per_class=1 --set data.test_per_class=1 --set data.fit_per_class=1 --out "$(mktemp -d)/runs"
