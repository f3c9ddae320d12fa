"""Cut the face of the figures out of Inter: what a figure may print, without hints and features, under a name of its own.

Run once, on the folder ``web`` of the npm package inter-ui 4.1.1, which holds woff2, so that brotli must be installed:
``python -m press.figure_font package/web dynlib/teaching/figures/fonts``. The name keeps a reader's own Inter from taking its
place, so that a figure comes out the same everywhere.
"""

import sys
from pathlib import Path

FAMILY = "Inter of the book"
LETTERS = {*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0x391, 0x3A2), *range(0x3A3, 0x3CA)}  # Latin and Greek
SIGNS = set(map(ord, "–—‘’“”…−←↑→↓∞√∂∑∏∫•′″≤≥≈≠⁰⁴⁵⁶⁷⁸⁹⁻⁺₀₁₂₃₄₅₆₇₈₉ℓłŁśšŠžŽœŒğőűčć"))
TEXT = {*range(0x20, 0x7F), *range(0xA0, 0xAD), *range(0xAE, 0x100), *LETTERS, *SIGNS}
STYLES = {"Regular": TEXT, "Italic": LETTERS, "SemiBold": {*range(0x20, 0x7F), *LETTERS, *map(ord, "–−×·Δα")}}


def cut(source: Path, target: Path, style: str) -> None:
    """Write one style as TrueType.

    Parameters
    ----------
    source, target : Path
        A woff2 file, and the file to write.
    style : str
        A name out of ``STYLES``.
    """
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(source)
    options = Options(
        hinting=False, layout_features=[], name_IDs=[0, 1, 2, 3, 4, 6, 13, 14], glyph_names=False, notdef_outline=True,
        drop_tables=[*Options._drop_tables_default, "GPOS", "GSUB", "GDEF", "STAT", "kern", "meta"],
    )  # fmt: skip
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=STYLES[style])
    subsetter.subset(font)
    names = {1: FAMILY, 2: style, 3: f"{FAMILY} {style}", 4: f"{FAMILY} {style}", 6: f"{FAMILY.replace(' ', '')}-{style}"}
    for number, name in names.items():
        font["name"].setName(name, number, 3, 1, 0x409)
    font.flavor = None
    font.save(target, reorderTables=True)


if __name__ == "__main__":
    for style in STYLES:
        cut(Path(sys.argv[1]) / f"Inter-{style}.woff2", Path(sys.argv[2]) / f"Inter-{style}.ttf", style)
