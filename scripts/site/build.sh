#!/usr/bin/env bash
# Builds the site of the documentation into build/site, in an environment of its own that sees what is in .venv.
set -euo pipefail
cd "$(dirname "$0")/../.."

uv=$(command -v uv || echo .venv-uv/bin/uv)
place=.venv-extras/docs
if [ -n "${PIP_INDEX_URL:-}" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then
  export UV_DEFAULT_INDEX="$PIP_INDEX_URL"
fi
"$uv" venv -q --clear --python .venv/bin/python "$place"
"$uv" pip install -q --python "$place/bin/python" --group docs
purelib='import sysconfig; print(sysconfig.get_path("purelib"))'
# The commands are read from the code, which needs the packages of .venv.
printf 'import site; site.addsitedir("%s")\n' "$(.venv/bin/python -c "$purelib")" \
  > "$("$place/bin/python" -c "$purelib")/built.pth"
NO_MKDOCS_2_WARNING=1 "$place/bin/python" -m mkdocs build --strict --quiet
echo "docs: build/site/index.html"
