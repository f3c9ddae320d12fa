# Two commands: `make book` builds the site, `make test` runs everything. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv/bin
BOOK := .venv-book/bin
QUIET := -q --disable-pip-version-check
COLAB_PYTHON ?= python3.13
# What holds the library and the kernels to their word, without the press
LIBRARY_TESTS := $(addprefix tests/,diagonal_ssm generalization head_count kernels locality mixing pointer scan sweep tasks teaching unified_dynamics)
# torch's wheel comes from wherever pip finds it first, and is then held to its hash; from an index that the user names, it is not
TORCH = $$(grep -o '^torch==[0-9.]*' requirements-torch.txt)
TORCH_WITH_ITS_HASH = $(VENV)/python -m pip download $(QUIET) --no-deps -d .venv/wheel $(TORCH) && \
	  $(VENV)/python -m pip install $(QUIET) --no-index --find-links .venv/wheel --no-deps --require-hashes -r requirements-torch.txt && rm -r .venv/wheel
# Whether the torch that came is the one for GPUs: its metadata then names NVIDIA's libraries
NEEDS_CUDA := 'import importlib.metadata as m, sys; sys.exit(not (sys.platform == "linux" and "nvidia" in str(m.requires("torch"))))'
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help doctor book serve test lint unit pages check kernels notebooks edit run seeds bench prove census colab release grade room experiments pins as-colab
.PHONY: machine

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

doctor: machine  ## what this machine has and lacks, and which packages are not the pinned ones
	@test ! -e .venv/packages || $(VENV)/python -m press pins --check

machine:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Python 3.11 or newer is needed: apt install python3, or set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv is missing: apt install python3-venv"; exit 1; }
	@for name in "$$CHROMIUM" chromium chromium-browser google-chrome; do command -v "$$name" >/dev/null 2>&1 && exit 0; done; \
	  echo "Chromium is missing (only the page tests need it): apt install chromium"
	@test -e .git && git config diff.nbmyst.textconv "$(VENV)/python -P press/text.py" || true
	@echo "doctor: $$($(PYTHON) --version), venv present"

.venv-book/ready: requirements-book.txt
	@$(MAKE) -s machine
	@echo "Installing the book's engine into .venv-book"
	@$(PYTHON) -m venv .venv-book
	@$(BOOK)/python -m pip install $(QUIET) --require-hashes -r requirements-book.txt
	@touch $@

# The packages, and then the project itself, which a line in pyproject.toml changes: that takes seconds
.venv/packages: requirements.txt requirements-torch.txt requirements-cuda.txt
	@$(MAKE) -s machine
	@echo "Installing torch, triton and the test tools into .venv"
	@$(PYTHON) -m venv .venv
	@$(if $(TORCH_INDEX),$(VENV)/python -m pip install $(QUIET) --no-deps --index-url $(TORCH_INDEX) $(TORCH),$(TORCH_WITH_ITS_HASH))
	@$(VENV)/python -m pip install $(QUIET) --require-hashes -r requirements.txt
	@! $(VENV)/python -c $(NEEDS_CUDA) || $(VENV)/python -m pip install $(QUIET) --require-hashes -r requirements-cuda.txt
	@touch $@

.venv/ready: .venv/packages pyproject.toml
	@$(VENV)/python -m pip install $(QUIET) --no-deps --no-build-isolation -e .
	@touch $@

# From nothing each time: what an earlier build left beside a page would change its bytes, and so what is known of it
book: .venv-book/ready  ## build the site into book/_build/html
	@rm -rf book/_build/html
	@cd book && ../$(BOOK)/jupyter-book build -q -W -n --keep-going .
	@echo; echo "The book: make serve, then http://localhost:8000 — or open file://$(CURDIR)/book/_build/html/index.html"

serve:  ## serve the built site on port 8000
	@$(PYTHON) -m http.server 8000 --bind 127.0.0.1 --directory book/_build/html

# Colab's Triton makes arrays of one element into numbers, which numpy warns of
OLD_TRITON := -W "ignore:Conversion of an array with ndim:DeprecationWarning"

# Our packages, and over them Colab's Triton and numpy as requirements-colab.txt pins them
.venv-colab-triton/ready: .venv/ready requirements-colab.txt
	@echo "Installing Colab's Triton and numpy, over the pinned packages, into .venv-colab-triton"
	@$(PYTHON) -m venv --clear .venv-colab-triton
	@$(VENV)/python -c 'import pathlib, sysconfig; at = sysconfig.get_path("purelib"); [pathlib.Path(p, "pinned.pth").write_text(f"import site; site.addsitedir({at!r})\n") for p in pathlib.Path(".venv-colab-triton/lib").glob("*/site-packages")]'
	@awk '/^[^ ]/ { take = /^(triton|numpy)==/ } take' requirements-colab.txt > .venv-colab-triton/pins.txt
	@.venv-colab-triton/bin/python -m pip install $(QUIET) --no-deps --ignore-installed --require-hashes -r .venv-colab-triton/pins.txt
	@touch $@

# Colab's Python, and every package in Colab's version
.venv-colab-python/ready: requirements-colab.txt
	@echo "Installing Colab's versions, with $(COLAB_PYTHON), into .venv-colab-python"
	@$(COLAB_PYTHON) -m venv .venv-colab-python
	@$(if $(TORCH_INDEX),.venv-colab-python/bin/python -m pip install $(QUIET) --no-deps --index-url $(TORCH_INDEX) "$$(grep -o '^torch==[0-9.]*' requirements-colab.txt)")
	@.venv-colab-python/bin/python -m pip install $(QUIET) --require-hashes $(if $(TORCH_INDEX),--no-deps) -r requirements-colab.txt
	@touch $@

test: .venv/ready book  ## everything: library, kernels, notebooks, exercises, pages, hygiene; then the twenty slowest
	$(VENV)/python -m pytest -n 2 --dist loadfile tests book --nbval --nbval-current-env \
	  --nbval-sanitize-with tests/notebooks/nbval.cfg --nbval-cell-timeout 600 --durations=20 --durations-min=1

lint: .venv/ready  ## style, types, spelling, the direction of imports, and the book's own lint
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports --no-cache
	$(VENV)/python -m press census

unit: .venv/ready  ## the library, the kernels and the press: no notebooks, no browser
	$(VENV)/python -m pytest -n 2 --dist loadfile tests --ignore tests/browser --ignore tests/notebooks

pages: .venv/ready book  ## the notebooks against their stored outputs, and the site in a browser
	$(VENV)/python -m pytest -n 2 --dist loadfile tests/browser tests/notebooks book --nbval --nbval-current-env \
	  --nbval-sanitize-with tests/notebooks/nbval.cfg --nbval-cell-timeout 600

check: .venv/ready  ## the two-minute version: no browser, no notebooks, nothing slow
	$(VENV)/python -m pytest -n 2 --dist loadfile tests -m "not slow" --ignore tests/browser

notebooks: .venv/ready  ## only the notebooks, against their stored outputs
	$(VENV)/python -m pytest -n 2 --dist loadfile book --nbval --nbval-current-env \
	  --nbval-sanitize-with tests/notebooks/nbval.cfg --nbval-cell-timeout 600

kernels: .venv/ready .venv-colab-triton/ready  ## only the kernels, with the pinned Triton and numpy and with Colab's
	$(VENV)/python -m pytest -n 2 --dist loadfile tests/kernels
	.venv-colab-triton/bin/python -m pytest -n 2 --dist loadfile tests/kernels $(OLD_TRITON)

edit: .venv/ready  ## ROOM=… : the room's notebooks as text, in edit/ROOM
	@$(VENV)/python -m press edit $(or $(ROOM),$(error which room? make edit ROOM=diagonal_ssm))

run: .venv/ready  ## ROOM=… : take edited text back, execute again, write canonically
	@$(VENV)/python -m press save $(or $(ROOM),$(error which room? make run ROOM=diagonal_ssm))
	@$(VENV)/python -m press normalise --force $(ROOM)

as-colab: .venv/ready .venv-colab-python/ready  ## COLAB_PYTHON=python3.13 : the library's tests, and every page of the reader's form, with Colab's versions
	PYTHONPATH=$(CURDIR):$(CURDIR)/kernels .venv-colab-python/bin/python -m pytest -n 2 --dist loadfile $(LIBRARY_TESTS) -W default::DeprecationWarning
	DYNAMICS_PYTHON=$(CURDIR)/.venv-colab-python/bin/python $(VENV)/python -m pytest -n 2 tests/press/test_colab.py -k own_pages

seeds: .venv/ready  ## the notebooks with stochastic claims, on two other seeds
	@$(VENV)/python -m press seeds

prove: .venv/ready book  ## break every claim and kernel, drive every page, and keep what was seen in tests/proofs
	@$(VENV)/python -m press prove $(ROOM)

census: .venv/ready  ## the book's own lint
	@$(VENV)/python -m press census

colab: .venv/ready  ## notebooks that carry the library and run anywhere, in dist/colab
	@$(VENV)/python -m press colab

release: .venv/ready  ## FOR=students|instructors OUT=… : what a course hands out, into a new folder
	@$(VENV)/python -m press release --for "$(or $(FOR),$(error for whom? make release FOR=students OUT=handout))" --out "$(or $(OUT),$(error where to? make release FOR=$(FOR) OUT=handout))" $(ARGS)

grade: .venv/ready  ## SUBMISSIONS=… OUT=marks.csv : mark a folder of handed-in notebooks
	@$(VENV)/python -m press grade "$(or $(SUBMISSIONS),$(error which folder? make grade SUBMISSIONS=submissions OUT=marks.csv))" --out "$(or $(OUT),$(error where to? make grade SUBMISSIONS=$(SUBMISSIONS) OUT=marks.csv))" $(ARGS)

pins: .venv/ready  ## requirements*.txt anew from pyproject.toml, with hashes for every platform; needs uv
	@$(VENV)/python -m press pins

bench: .venv/ready  ## speed, as ratios in one run; never asserted
	OMP_NUM_THREADS=1 $(VENV)/python -m pytest tests/bench --benchmark-enable --benchmark-group-by=group --benchmark-columns=min,median,rounds -q -o python_files=bench_*.py

room: .venv/ready  ## NAME=… : lay down a new chapter
	@$(VENV)/python -m press room $(or $(NAME),$(error which name? make room NAME=unified_dynamics))

experiments: .venv/ready  ## list the stored experiments; NAME=… makes one, CHECK=1 a random cell of each
	@$(VENV)/python -m dynlib.sweep $(if $(NAME),run $(NAME),$(if $(CHECK),check,show)) $(ARGS)
