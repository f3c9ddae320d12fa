"""The page's script and style sheet, put together from their parts. Needs nothing but the standard library.

Each part is a script of its own that hangs what it defines on one object, ``globalThis.dynlibExplore``. Joined in order they are
one classic script, which wakes every widget that it finds and may run any number of times on a page.
"""

import functools
from importlib import resources

from dynlib.teaching.explore.style import variables

# The engine's last part wakes the widgets, so what it stands on comes first.
FIRST, LAST = ("numbers", "axes", "cells"), ("controls", "address", "motion", "widget")


def parts() -> list[str]:
    """The files of the script, in order, as paths below this package; a notebook carries the twins only where it uses one."""
    here = resources.files("dynlib.teaching.explore")
    kinds, twins = (
        sorted(f"{name}/{file.name}" for file in (here / name).iterdir() if file.name.endswith(".js"))
        if (here / name).is_dir()
        else []
        for name in ("kinds", "twins")
    )
    return [*(f"engine/{name}.js" for name in FIRST), *kinds, *twins, *(f"engine/{name}.js" for name in LAST)]


@functools.cache
def script() -> str:
    """The whole script, without its comments and indentation."""
    here = resources.files("dynlib.teaching.explore")
    lines = (line.strip() for part in parts() for line in (here / part).read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


@functools.cache
def style_sheet() -> str:
    """The whole style sheet."""
    rules = resources.files("dynlib.teaching.explore").joinpath("explore.css").read_text(encoding="utf-8")
    return variables() + "\n" + "\n".join(line.strip() for line in rules.splitlines() if line.strip()) + "\n"


def with_script(html: str) -> str:
    """A stored widget with style and script, for where no page brings them: a live kernel, a frame of its own."""
    return f"<style data-dynlib>{style_sheet()}</style>{html}<script data-dynlib>{script()}</script>"
