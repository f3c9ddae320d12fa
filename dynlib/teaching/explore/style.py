"""How a widget looks: colours that everyone can tell apart, on a light and on a dark page; the rules are in ``explore.css``."""

# Okabe and Ito's colours (jfly.uni-koeln.de/color), shifted until each has a contrast of 3:1 at least against white
# and against #121212: if the page's theme is not recognised, everything can still be seen.
LIGHT = {"c0": "#0072b2", "c1": "#d55e00", "c2": "#008f68", "c3": "#b8609a", "c4": "#7a7a7a", "neg": "#005b96", "pos": "#c04e00"}
DARK = {"c0": "#56b4e9", "c1": "#f28e2b", "c2": "#1fbf92", "c3": "#dd94bd", "c4": "#a5a5a5", "neg": "#56b4e9", "pos": "#f28e2b"}
PAPER = {"light": "#fffdf9", "dark": "#15171a"}

# Who says "dark": the book's theme, JupyterLab, Colab, VS Code. A page that says nothing is light.
_DARK_PAGES = ('html[data-theme="dark"]', 'body[data-jp-theme-light="false"]', 'html[theme="dark"]', "body.vscode-dark")


def _variables(colours: dict[str, str]) -> str:
    return "{" + "".join(f"--{name}:{colour};" for name, colour in colours.items()) + "}"


def colours() -> str:
    """The colours as variables of the widget's element, light and dark."""
    dark = ",".join(f"{page} .dynlib-explore" for page in _DARK_PAGES)
    light, night = LIGHT | {"paper": PAPER["light"]}, DARK | {"paper": PAPER["dark"]}
    return f".dynlib-explore{_variables(light)}{dark}{_variables(night)}"
