"""A Chromium, and pages opened in it."""

import functools
import os
import shutil

import pytest
from playwright.sync_api import sync_playwright


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
        self.page = self.context.new_page()
        self.requests, self.errors, self.bytes = [], [], {}
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
