#!/usr/bin/env bash
# Makes .venv with the exact pins of requirements.lock. Needs Python >= 3.11; no root, no system package.
# An up-to-date .venv is reused without network: its stamp is the hash of what it was made from.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

stamp=$(cat requirements.lock pyproject.toml | sha256sum | cut -d' ' -f1)
if [ "$(cat .venv/stamp 2>/dev/null)" = "$stamp" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

find_python() {
    local name
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "no Python 3.11 or newer found: install one, or name it with PYTHON=/path/to/python make setup"
}

# uv as it is on PATH, else inside an environment of its own.
find_uv() {
    if command -v uv >/dev/null; then command -v uv; return; fi
    if [ ! -x .venv-uv/bin/uv ]; then
        say "uv is not on PATH: putting it into .venv-uv"
        rm -rf .venv-uv
        "$python" -m venv .venv-uv >/dev/null 2>&1 \
            || { rm -rf .venv-uv; "$python" -m virtualenv -q .venv-uv >/dev/null 2>&1; } \
            || { rm -rf .venv-uv; virtualenv -q -p "$python" .venv-uv >/dev/null 2>&1; } \
            || fail "cannot make a virtual environment: install the package python3-venv, or uv"
        .venv-uv/bin/python -m pip install -q --disable-pip-version-check uv >&2 \
            || fail "cannot install uv: is the package index reachable?"
    fi
    echo .venv-uv/bin/uv
}

python=$(find_python)
uv=$(find_uv)
# uv does not read pip's settings; whoever set a mirror for pip means it for uv too.
if [ -n "${PIP_INDEX_URL:-}" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then
    export UV_DEFAULT_INDEX="$PIP_INDEX_URL"
fi
say "making .venv with $("$python" --version), $(grep -c == requirements.lock) pinned packages (about 6 GB, once)"
rm -f .venv/stamp
[ -x .venv/bin/python ] || "$uv" venv -q --clear --python "$python" .venv
"$uv" pip sync --python .venv/bin/python requirements.lock \
    || fail "the packages could not be installed: is the package index reachable, and 7 GB of disk free?"
"$uv" pip install -q --python .venv/bin/python --no-deps --no-build-isolation --offline -e . \
    || fail "the project itself could not be installed"
# Many machines write no bytecode (PYTHONDONTWRITEBYTECODE), and then every start compiles thousands of modules
# again: seconds. A file of a package that this Python cannot compile, such as a template, is none that it imports.
say "compiling bytecode"
env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -W ignore -m compileall -qq -j 0 -x 'site-packages/.*/tests/' \
    .venv/lib/python*/site-packages harness backbones methods results >/dev/null || true
echo "$stamp" > .venv/stamp
say "done: .venv/bin/harness --help"
