"""Concept questions and slides in Chromium: alive without a kernel, by keyboard alone, and read out."""

from pathlib import Path

import pytest

from press.chapter import read_chapter
from press.concepts import MATERIAL, read_questions
from press.mistakes import mistakes_of
from press.release import chosen
from press.slides import slides

REPO = Path(__file__).parents[2]
SITE = REPO / "book/_build/html"
FOLDER = REPO / MATERIAL
PAGES = {f"{room}/exercises.html": room for room in chosen(REPO, None)} | {"teaching.html": "diagnostic"}


@pytest.fixture(scope="module")
def asked(driven, visit):
    """(questions, the page that shows them)."""
    with visit((SITE / driven).as_uri()) as v:
        yield read_questions(FOLDER / f"{PAGES[driven]}.toml"), v.page


def test_the_book_is_built():
    assert [page for page in PAGES if not (SITE / page).exists()] == [], "make book"


def test_questions_stand_on_their_page_and_are_explained_by_keyboard_alone(asked, driven, faults, drove):
    questions, page = asked
    look(questions, page)
    answer(questions, page)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert faults(page, "fieldset.concept") == []
    drove(FOLDER / f"{PAGES[driven]}.toml")


def look(questions, page):
    """Before anything is chosen every question stands there with its answers, and no reason."""
    assert questions
    assert page.locator("fieldset.concept").count() == len(questions)
    for question in questions:
        group = page.locator(f"#concept-{question.slug}")
        assert group.get_by_role("radio").count() == len(question.choices)
        assert group.locator(".why:visible").count() == 0
        assert group.locator("legend").inner_text().split()[:3] == question.question.replace("$", "").split()[
            :3
        ] or "$" in " ".join(question.question.split()[:4])


def answer(questions, page):
    """Each answer shows its own reason, and says it aloud."""
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
        assert radios.first.is_checked()  # the arrows go round


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


def test_slides_move_by_keys_and_ask_for_nothing(visit, faults, tmp_path):
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
        assert faults(v.page, None) == []


def test_the_table_for_instructors_has_every_exercise():
    text = (SITE / "teaching.html").read_text()
    for room in chosen(REPO, None):
        for name in mistakes_of(REPO, room):
            assert f"check_{name}" in text
