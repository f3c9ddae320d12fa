"""A Chromium, and pages opened in it. Waits are limits for hangs: a quiet machine opens the longest page in four seconds."""

import functools
import os
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from press.site import page_digest, served

REPO = Path(__file__).parents[2]
SITE = REPO / "book/_build/html"
HANG = 300_000  # milliseconds
expect.set_options(timeout=60_000)
# Of what axe would fetch beforehand only media: it looks for style sheets that others import in the wrong folder, and no rule
# that is on needs them.
AXE = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}}


def chromium() -> str | None:
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser():
    """Stopped after each file: while Playwright runs, its event loop is in the way of tests that execute notebooks."""
    path = chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: apt install chromium, or set CHROMIUM")
        pytest.skip("no Chromium: apt install chromium, or set CHROMIUM")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


class Visit:
    """An open page, with what it asked for and what went wrong while it loaded."""

    def __init__(self, browser, address: str, *, scheme: str = "light", width: int = 1280, javascript: bool = True):
        self.context = browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 900}, java_script_enabled=javascript
        )
        self.context.set_default_timeout(HANG)
        self.page = self.context.new_page()
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))
        self.page.goto(address)
        self.page.wait_for_load_state("networkidle")
        if javascript and "MathJax" in self.page.content():
            self.page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.context.close()


@pytest.fixture(scope="module")
def visit(browser):
    """``with visit(address, scheme=…, width=…) as v: v.page …``"""
    return functools.partial(Visit, browser)


@pytest.fixture(scope="session")
def site():
    """The address of the built book. A missing build is a failure: a skip would hide every page test."""
    if not (SITE / "index.html").exists():
        pytest.fail("the book is not built: make book")
    with served(SITE) as address:
        yield address


@pytest.fixture(scope="session")
def faults():
    """``faults(page, context=…)``: the serious and critical faults that axe finds, as (id, what would be right, where)."""

    def faults(page, context="main"):
        found = Axe().run(page, context=context, options=AXE).response["violations"]
        serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
        return [(fault["id"], fault["help"], [node["target"] for node in fault["nodes"]][:3]) for fault in serious]

    return faults


def pytest_generate_tests(metafunc):
    """``driven`` runs through the module's PAGES. Each is a proof: done again when what it loads has changed, or as a sample."""
    if "driven" in metafunc.fixturenames:
        built = [page for page in metafunc.module.PAGES if (SITE / page).is_file()]
        marked = [pytest.param(page, marks=pytest.mark.proof(own=[page_digest(SITE, page)])) for page in built]
        metafunc.parametrize("driven", marked, scope="module")


@pytest.fixture
def kept(proof, browser, request):
    """For widgets that a test makes: it is done again when their script, their style or a file of their Python has changed."""
    explore = REPO / "dynlib/teaching/explore"
    pointer = [REPO / "dynlib/pointer" / name for name in ("page_weights.py", "plain.py")]
    files = [request.path, Path(__file__), REPO / "press/widgets.py", REPO / "dynlib/teaching/colours.py", *pointer]
    names = [path.relative_to(REPO).as_posix() for path in (*files, *explore.rglob("*.py"))]
    proof.saw(f"nothing wrong in Chromium {browser.version}", names)  # counts only where the test passes


@pytest.fixture
def drove(proof, browser, request):
    """``drove()`` at the end of a test: what the proof keeps, and the files that it hangs on beside the page."""

    def drove(*files: Path):
        mine = [request.path, Path(__file__), *files]
        proof.saw(f"nothing wrong in Chromium {browser.version}", [path.relative_to(REPO).as_posix() for path in mine])

    return drove
