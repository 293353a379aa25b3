#!/usr/bin/env bash
# Renders what is committed under results/measured again, from its records alone: tables, figures, verdicts.
# Figures of videos and curves need a run's outputs, which are not committed: name folders of runs that have them.
# Usage: scripts/render_measured.sh [RUNS…]
set -euo pipefail
cd "$(dirname "$0")/.."
runs=(--runs results/measured/localglobal)
for folder in "$@"; do runs+=(--runs "$folder"); done
harness=(.venv/bin/python -P -m harness)
measured=results/measured

for format in md csv; do
    "${harness[@]}" table --all "${runs[@]}" --format "$format" --out "$measured/tables"
done
"${harness[@]}" table methods --runs "$measured/ut-interaction" --format md --out "$measured/tables/methods-ut-interaction.md"
for format in svg png; do
    "${harness[@]}" figure --all "${runs[@]}" --format "$format" --out "$measured/figures"
done
"${harness[@]}" claims "${runs[@]}" --json > "$measured/claims.json"
