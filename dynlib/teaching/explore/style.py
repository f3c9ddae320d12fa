"""How a widget looks: colours that everyone can tell apart, on a light and on a dark page; the rules are in ``explore.css``."""

from dynlib.teaching import colours

# A widget's own names: c0, c1, … are the series in their order, neg and pos the two sides of zero.
_NAMES = {f"c{k}": name for k, name in enumerate(colours.SERIES[:5])} | {"neg": colours.NEGATIVE, "pos": colours.POSITIVE}
LIGHT = {own: colours.LIGHT[name] for own, name in _NAMES.items()}
DARK = {own: colours.DARK[name] for own, name in _NAMES.items()}

# Who says "dark": the book's theme, JupyterLab, Colab, VS Code. A page that says nothing is light.
_DARK_PAGES = ('html[data-theme="dark"]', 'body[data-jp-theme-light="false"]', 'html[theme="dark"]', "body.vscode-dark")


def _variables(named: dict[str, str]) -> str:
    return "{" + "".join(f"--{name}:{colour};" for name, colour in named.items()) + "}"


def variables() -> str:
    """The colours as variables of the widget's element, light and dark."""
    dark = ",".join(f"{page} .dynlib-explore" for page in _DARK_PAGES)
    light, night = LIGHT | {"paper": colours.LIGHT["paper"]}, DARK | {"paper": colours.DARK["paper"]}
    return f".dynlib-explore{_variables(light)}{dark}{_variables(night)}"
