"""The figures of a chapter as slides: one HTML file that needs no network, moved by the arrow keys."""

import html

from dynlib.teaching.explore.script import script, style_sheet
from press.chapter import Chapter, Page
from press.myst import parse
from press.plain import without_roles
from press.widgets import is_widget, on_the_site

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}: slides</title>
<style>
body {{ margin: 0; font: 1.2rem/1.45 system-ui, sans-serif; background: #fff; color: #222832; }}
section {{ box-sizing: border-box; min-height: 100vh; padding: 3vh 5vw; display: none; }}
section.now {{ display: flex; flex-direction: column; justify-content: center; }}
h1, h2 {{ margin: 0 0 2vh; }}
img {{ max-width: 100%; max-height: 72vh; object-fit: contain; align-self: center; }}
.live {{ zoom: 1.4; }} .from {{ color: #555; font-size: .8rem; }}
nav {{ position: fixed; right: 1rem; bottom: .6rem; }} nav button {{ font: inherit; padding: .1rem .7rem; }}
@media print {{ section {{ display: flex; page-break-after: always; }} nav {{ display: none; }} }}
</style></head><body><main>
{slides}
</main>
<nav aria-label="Slides"><button id="back" aria-label="back">←</button> <span role="status" id="place"></span>
<button id="on" aria-label="on">→</button></nav>
<script>
const all = [...document.querySelectorAll("section")];
let now = 0;
function show(k) {{
  now = Math.max(0, Math.min(all.length - 1, k));
  all.forEach((slide, j) => slide.classList.toggle("now", j === now));
  document.getElementById("place").textContent = `${{now + 1}} of ${{all.length}}`;
}}
document.getElementById("back").onclick = () => show(now - 1);
document.getElementById("on").onclick = () => show(now + 1);
addEventListener("keydown", (event) => {{
  if (event.target.closest("input, select")) return;
  if (["ArrowRight", "PageDown", " "].includes(event.key)) show(now + 1);
  if (["ArrowLeft", "PageUp"].includes(event.key)) show(now - 1);
}});
show(0);
</script>{engine}</body></html>
"""


def slides(chapter: Chapter) -> str:
    """A slide for each stored figure, with its description as text alternative, and for each live picture, in page order."""
    name, pages = chapter.title, chapter.pages
    made = [
        f"<section><h1>{html.escape(name)}</h1><p>The figures of the chapter. Arrow keys move on and back; "
        "a live picture takes them while one of its sliders has the focus.</p></section>"
    ]
    for stem in ("index", *(stem for stem in pages if stem != "index")):
        made += _of_page(stem, pages[stem], name)
    engine = f"<style>{style_sheet()}</style><script>{script()}</script>"
    return PAGE.format(title=html.escape(name), slides="\n".join(made), engine=engine)


def _of_page(stem: str, page: Page, heading: str) -> list[str]:
    made = []
    for number, cell in enumerate(page.nb.cells, 1):
        if cell.cell_type == "markdown":
            headings = parse(cell.source).of_kind("heading")
            heading = without_roles(headings[-1]) if headings else heading
            continue
        for out in cell.get("outputs", []):
            data = out.get("data", {})
            if "image/png" in data:
                alt = html.escape(out.metadata.get("image/png", {}).get("alt", ""), quote=True)
                body = f'<img alt="{alt}" src="data:image/png;base64,{"".join(data["image/png"].split())}">'
            elif is_widget(data.get("text/html", "")):
                body = f'<div class="live">{on_the_site(data["text/html"])}</div>'
            else:
                continue
            where = f'<p class="from">{stem}, cell {number}</p>'
            made.append(f"<section><h2>{html.escape(heading)}</h2>{body}{where}</section>")
    return made
