"""A printed page shows its code, its checks and its solutions, whatever is folded on the screen."""

from pathlib import Path

import pytest

from press.notebooks import rooms

REPO = Path(__file__).parents[2]
PAGES = [f"{room}/{page}.html" for room in rooms(REPO) for page in ("derive", "exercises")]

# What is folded on the screen: lines of code, and paragraphs of proofs, solutions and notes.
HIDDEN = """() => [...document.querySelectorAll("article pre, article .admonition p, article details p")]
    .filter((e) => !e.closest("summary") && e.textContent.trim() && !e.matches(".predict-after"))  // buttons are not for paper
    .filter((e) => !e.offsetHeight || !e.checkVisibility({visibilityProperty: true})).map((e) => e.textContent.slice(0, 80))"""
ASK = f"() => window.addEventListener('beforeprint', () => {{ window.hidden = ({HIDDEN})(); }})"


def print_out(page):
    """Print, and look at what is hidden then: on the page as on paper, where a prediction's answer stands below its question."""
    page.evaluate(ASK)
    page.emulate_media(media="print")
    page.pdf()
    page.emulate_media(media="screen")


@pytest.mark.parametrize("page", PAGES)
def test_what_is_folded_is_printed_and_folded_again(visit, site, page):
    with visit(f"{site}/{page}") as v:
        folded = v.page.evaluate(HIDDEN)
        assert len(folded) > 5
        print_out(v.page)
        assert v.page.evaluate("window.hidden") == []
        assert v.page.evaluate(HIDDEN) == folded


def test_a_fold_that_stays_shut_in_print_is_found(visit, site):
    with visit(f"{site}/{PAGES[0]}") as v:
        v.page.evaluate("() => document.querySelector('article').insertAdjacentHTML('beforeend', '<pre hidden>x = 1</pre>')")
        print_out(v.page)
        assert v.page.evaluate("window.hidden") == ["x = 1"]
