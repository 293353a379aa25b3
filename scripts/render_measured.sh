#!/usr/bin/env bash
# Renders what is committed under results/measured again, from its records alone: tables, figures, verdicts.
# Figures of videos and curves need a run's outputs, which are not committed: name a run's folder that has them.
# Usage: scripts/render_measured.sh [RUN]
set -euo pipefail
cd "$(dirname "$0")/.."
harness=(.venv/bin/python -P -m harness)
measured=results/measured
runs=(--runs "$measured/studies/mbd")
# Those that the study has rows of; cost is counted.
tables=(components teachers alignment fusion methods families cost)
figures=(teachers fusion orders per-class)
of_a_run=(dominance confusion curves)
grids=(--runs "$measured/studies/mbd-grids")  # Table 2, Figures 4 and 7

for format in md csv; do
    rm -f "$measured"/tables/*."$format"
    "${harness[@]}" table "${tables[@]}" "${runs[@]}" --format "$format" --out "$measured/tables"
    "${harness[@]}" table networks clip-length loss-weights "${grids[@]}" --format "$format" --out "$measured/tables"
done
for format in svg png; do
    for name in "${figures[@]}"; do
        "${harness[@]}" figure "$name" "${runs[@]}" --format "$format" --out "$measured/figures/$name.$format"
    done
    for name in networks loss-weights; do
        "${harness[@]}" figure "$name" "${grids[@]}" --format "$format" --out "$measured/figures/$name.$format"
    done
    for name in "${of_a_run[@]}"; do
        [ $# -eq 0 ] || "${harness[@]}" figure "$name" --runs "$(dirname "$1")" --run "$(basename "$1")" --format "$format" --out "$measured/figures/$name.$format"
    done
done
"${harness[@]}" claims "${runs[@]}" --json > "$measured/claims.json"
