"""Concept questions and slides in Chromium: alive without a kernel, by keyboard alone, and read out."""

import importlib
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from press.chapter import read_chapter
from press.concepts import read_questions
from press.release import chosen
from press.slides import slides

REPO = Path(__file__).parents[2]
SITE = REPO / "book/_build/html"
FOLDER = REPO / "dynlib/teaching/questions"
PAGES = {f"{room}/exercises.html": room for room in chosen(REPO, None)} | {"teaching.html": "diagnostic"}


@pytest.fixture(scope="module", params=PAGES)
def asked(request, visit):
    """(questions, the page that shows them), opened once: the first test looks before the second chooses."""
    page = SITE / request.param
    if not page.exists():
        pytest.fail("the book is not built: make book")
    with visit(page.as_uri()) as v:
        yield read_questions(FOLDER / f"{PAGES[request.param]}.toml"), v.page


def test_every_question_stands_on_its_page_with_its_answers(asked):
    questions, page = asked
    assert questions
    assert page.locator("fieldset.concept").count() == len(questions)
    for question in questions:
        group = page.locator(f"#concept-{question.slug}")
        assert group.get_by_role("radio").count() == len(question.choices)
        assert group.locator(".why:visible").count() == 0
        assert group.locator("legend").inner_text().split()[:3] == question.question.replace("$", "").split()[:3] \
            or "$" in " ".join(question.question.split()[:4])


def test_answers_are_explained_by_keyboard_alone(asked):
    questions, page = asked
    for question in questions:
        group = page.locator(f"#concept-{question.slug}")
        radios = group.get_by_role("radio")
        radios.first.focus()
        page.keyboard.press("Space")
        for k, choice in enumerate(question.choices):
            assert radios.nth(k).is_checked()
            assert group.locator(".why:visible").count() == 1
            verdict = "Right." if choice.right else "Not so."
            assert group.locator(".why:visible").inner_text().startswith(verdict)
            assert group.locator("[role=status]").inner_text().startswith(verdict)
            assert group.locator("[role=status]").inner_text().split()[-1] == choice.why.split()[-1] or "$" in choice.why
            page.keyboard.press("ArrowDown")
        assert radios.first.is_checked()        # the arrows go round


def test_a_primer_opens_by_keyboard(visit):
    with visit((SITE / "teaching.html").as_uri()) as v:
        summary = v.page.locator("#concept-turning summary")
        assert not v.page.locator("#concept-turning .primer > div").is_visible()
        summary.focus()
        v.page.keyboard.press("Enter")
        assert v.page.locator("#concept-turning .primer > div").is_visible()


def test_reasons_show_without_scripts(visit):
    with visit((SITE / "diagonal_ssm/exercises.html").as_uri(), javascript=False) as v:
        group = v.page.locator("fieldset.concept").first
        group.get_by_role("radio").nth(1).check()
        assert group.locator(".why:visible").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_answered_questions_have_no_serious_fault(visit, scheme):
    with visit((SITE / "diagonal_ssm/exercises.html").as_uri(), scheme=scheme) as v:
        for group in v.page.locator("fieldset.concept").all():
            group.get_by_role("radio").first.check()
        found = Axe().run(v.page, context="fieldset.concept").response["violations"]
        assert [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")] == []


def test_slides_move_by_keys_and_ask_for_nothing(visit, tmp_path):
    path = tmp_path / "slides.html"
    path.write_text(slides(read_chapter(REPO, "diagonal_ssm")), encoding="utf-8")
    with visit(path.as_uri()) as v:
        assert v.errors == []
        assert [url for url in v.requests if not url.startswith(("file:", "data:"))] == []
        count = v.page.locator("section").count()
        assert count > 4
        for k in range(count):
            assert v.page.locator("#place").inner_text() == f"{k + 1} of {count}"
            assert v.page.locator("section:visible").count() == 1
            v.page.keyboard.press("ArrowRight")
        assert v.page.locator("#place").inner_text() == f"{count} of {count}"
        v.page.keyboard.press("ArrowLeft")
        assert v.page.locator("#place").inner_text() == f"{count - 1} of {count}"
        found = Axe().run(v.page).response["violations"]
        assert [(fault["id"], fault["help"]) for fault in found if fault["impact"] in ("serious", "critical")] == []


def test_the_table_for_instructors_has_every_exercise():
    text = (SITE / "teaching.html").read_text()
    for room in chosen(REPO, None):
        for name in importlib.import_module(f"dynlib.teaching.checks.{room}").__all__:
            assert name in text
