"""The book's colours, in one place: the style sheet, the widgets and the figures take them from here.

A colour is named by what it is for. Each name stands in ``LIGHT`` and in ``DARK``, so that whatever is drawn in named colours can
be drawn for both. Series differ in lightness as well as in hue, so that colour-blind readers tell two apart: a test holds them
15 apart at least in CIELAB, for full protanopia, deuteranopia and tritanopia. Each has a contrast of 3:1 at least with its paper.
"""

LIGHT = {
    "paper": "#fffdf9",  # the page
    "ink": "#23211d",  # text, and lines that matter
    "soft": "#6b665c",  # what is said beside the point: notes, ticks, rules
    "hair": "#e6e0d4",  # grids and frames
    "tint": "#f6f1e7",  # a ground that sets something apart
    "blue": "#0b5cad",
    "orange": "#c04e00",
    "green": "#119670",
    "pink": "#c868a8",
    "slate": "#3f3c37",
    "gold": "#a58f4e",
}
DARK = {
    "paper": "#15171a",
    "ink": "#e6e3dc",
    "soft": "#a09b90",
    "hair": "#2d3138",
    "tint": "#1d2025",
    "blue": "#6cb6ff",
    "orange": "#f2994a",
    "green": "#1f9e78",
    "pink": "#b06bb8",
    "slate": "#c4beb2",
    "gold": "#fbe36a",
}

# The order in which curves take their colours. Below zero is the first, above zero the second.
SERIES = ("blue", "orange", "green", "pink", "slate", "gold")
NEGATIVE, POSITIVE = "blue", "orange"
