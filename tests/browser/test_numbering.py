"""Numbers of the built pages: by chapter, through its pages, each once; a page says where it stands and where its links lead."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from press.chapter import read_page
from press.contents import places

REPO = Path(__file__).resolve().parents[2]
SITE = REPO / "book/_build/html"
PLACES = places(REPO)
CHAPTERS = sorted({place.chapter for place in PLACES.values() if place.chapter})
# What counts, and how its number stands in the page.
COUNTED = {
    "sections": r'<h2><span class="section-number">([\d.]+) </span>',
    "equations": r'<span class="eqno">\(([\d.]+)\)',
    "theorems": r'<span class="caption-number">(?:Theorem|Proposition|Lemma|Corollary|Definition) ([\d.]+) ',
    "exercises": r'<span class="caption-number">Exercise ([\d.]+) ',
}


def html(docname):
    return (SITE / f"{docname}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_counts_through_its_pages(chapter):
    found = defaultdict(list)
    for place in (place for place in PLACES.values() if place.chapter == chapter):
        for kind, form in COUNTED.items():
            found[kind] += re.findall(form, html(place.docname))
    assert len(found["sections"]) > 3
    assert dict(found) == {kind: [f"{chapter}.{k}" for k in range(1, len(numbers) + 1)] for kind, numbers in found.items()}


def test_every_second_heading_of_a_chapter_is_numbered():
    for place in PLACES.values():
        if place.chapter:
            assert html(place.docname).count("<h2><span") == len(re.findall("<h2>(?! )", html(place.docname))), place.docname


def test_a_link_to_an_equation_says_its_number():
    texts = [html(docname) for docname in PLACES]
    numbers = {}
    for text in texts:
        numbers |= dict(re.findall(r'id="(equation-[\w-]+)">\s*<span class="eqno">(\([\d.]+\))', text))
    links = [link for text in texts for link in re.findall(r'href="[\w./]*#(equation-[\w-]+)">(\([\d.]+\))</a>', text)]
    assert len(links) > 20
    assert [(target, numbers[target]) for target, _ in links] == links


@pytest.mark.parametrize("docname", PLACES)
def test_a_page_says_where_it_stands(docname):
    place = PLACES[docname]
    line = re.search(r'<p class="eyebrow">(.*?)</p>\s*<h1>', html(docname))[1]
    assert line == place.line
    if place.chapter:
        assert line.startswith(f"Part {place.part} · Chapter {place.chapter}")


def test_parts_and_chapters_are_counted():
    assert PLACES["diagonal_ssm/derive"].line == "Part I · Chapter 1 · derivation"
    assert PLACES["generalization/index"].line == "Part II · Chapter 4"
    assert PLACES["pointer/exercises"].short == "Chapter 6: exercises"
    assert (PLACES["prologue"].line, PLACES["prologue"].short) == ("Before the chapters", "")


def test_the_way_on_names_chapter_and_page():
    for docname, place in PLACES.items():
        for target, title in re.findall(
            r'class="(?:left-prev|right-next)"\s+href="([^"]+)".*?prev-next-title">(.*?)</p>', html(docname), re.S
        ):
            there = (Path(docname).parent / target).as_posix().removesuffix(".html")
            there = re.sub(r"\w+/\.\./", "", there)
            if there in PLACES and PLACES[there].chapter:
                assert title.startswith(f'<span class="where">{PLACES[there].short}</span>'), (place, title)


@pytest.mark.parametrize("docname", [name for name in PLACES if (REPO / "book" / f"{name}.ipynb").exists()])
def test_the_order_of_a_page(docname):
    """No bar of code stands above a picture, the setup comes last, and every claim of the notebook stands in a list of checks."""
    page, built = read_page(REPO, REPO / "book" / f"{docname}.ipynb"), html(docname)
    article = built[built.index("<article") : built.index("</article>")]
    assert '<details class="admonition hide' not in article
    assert article.index('class="fold setup"') > article.rindex("</section>", 0, article.index('class="fold setup"'))
    assert article.count('class="fold setup"') == 1
    lists = re.findall(
        r"<summary>✓ (\d+) checks? passed</summary>\s*(?:<div[^>]*>)?(<ul class=\"checks\">.*?</ul>)", article, re.S
    )
    assert sum(int(count) for count, _ in lists) == len(page.claimed)
    assert sorted(re.findall(r"#claim-([\w-]+)", "".join(text for _, text in lists))) == sorted(page.claimed)


def test_entries_are_labelled_and_linked():
    entries = re.findall(r'<div class="citation".*?</div>', html("bibliography"), re.S)
    labels = [re.search(r'fn-bracket">\[</span>(.*?)<span', entry)[1] for entry in entries]
    assert len(entries) > 40
    assert [label for label in labels if not re.search(r"^.+, \d{4}[a-z]?$", label)] == []
    assert len(set(labels)) == len(labels)
    bare = [
        entry for entry in entries if re.search(r"arXiv|doi", entry) and "<a class" not in entry.partition("arXiv")[0] + entry
    ]
    assert bare == []
    cited = re.findall(r'class="bibtex-citation"[^>]*>(.*?)</span>', html("diagonal_ssm/more"), re.S)
    assert cited
    assert all(re.search(r"\d{4}[a-z]?", text) and 'href="../bibliography.html#' in text for text in cited)
