# `make demo` and `make test` each do everything, from set-up on, on a fresh machine.
.PHONY: setup demo test check docs clean

setup:
	@bash scripts/setup.sh

demo: setup
	@.venv/bin/harness run --method mbd --backbone r2plus1d50

test: setup
	@.venv/bin/python -m pytest -n 2 --dist loadfile

check: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache --no-logo

# The documentation as a site, build/site/index.html.
docs: setup
	@scripts/site/build.sh

# Removes the environment and what runs left here; generated clips are kept in the cache folder.
clean:
	rm -rf .venv .venv-uv .venv-extras runs .pytest_cache .hypothesis .mypy_cache .ruff_cache build dist
