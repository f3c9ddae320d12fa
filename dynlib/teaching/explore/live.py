"""The same widget with a kernel behind it: ipywidgets whose movements compute the frame anew.

The picture is Python's drawing, set as the value of one HTML widget. ``interact`` and ``Output`` are avoided: they append
to a notebook's outputs instead of replacing them on some front ends. Works with ipywidgets 7.7 and 8.
"""

import sys
from html import escape
from importlib.util import find_spec

from dynlib.teaching.explore.controls import Choice
from dynlib.teaching.explore.page import impulse_label, pictures, words
from dynlib.teaching.explore.panels import Table
from dynlib.teaching.explore.style import CSS


def has_kernel() -> bool:
    """Whether ipywidgets can be imported and this process is a Jupyter kernel that it could talk through."""
    ipython = sys.modules.get("IPython")  # not imported: then this is no kernel
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None and find_spec("ipywidgets") is not None


def _look(widgets, label: str) -> dict:
    return {"description": label, "style": {"description_width": "initial"}, "layout": widgets.Layout(width="26em")}


def _input(widgets, control):
    """The ipywidget of one control; its ``value`` is what ``frame`` receives."""
    start = control.values[control.first]
    look = _look(widgets, control.label)
    if isinstance(control, Choice):
        return widgets.Dropdown(options=list(control.values), value=start, **look)
    if control.live is None:
        options = [(control.text(value), value) for value in control.values]
        return widgets.SelectionSlider(options=options, value=start, **look)
    low, high, step = control.live
    whole = all(isinstance(number, int) for number in control.live)
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    return kind(value=start, min=low, max=high, step=step, **look)


def live_widget(explore):
    """A VBox of controls and picture, standing at its start.

    Parameters
    ----------
    explore : Explore
        Whose frames are computed.

    Returns
    -------
    ipywidgets.VBox
        The title, an input for each control and each table's impulse, and the drawing with its
        words.
    """
    import ipywidgets as widgets

    inputs = [_input(widgets, control) for control in explore.controls]
    impulses = {
        p: widgets.IntSlider(value=panel.impulse, min=0, max=panel.cols - 1, **_look(widgets, impulse_label(panel)))
        for p, panel in enumerate(explore.panels)
        if isinstance(panel, Table)
    }
    picture = widgets.HTML(layout=widgets.Layout(width="100%"))

    def draw(change=None):
        sentence, slots = explore.compute(*(control.value for control in inputs))
        impulse = [impulses[p].value if p in impulses else None for p in range(len(explore.panels))]
        drawn = pictures(explore.panels, slots, impulse, f"live-{picture.model_id}")
        said = escape(words(explore.panels, slots, impulse, sentence))
        picture.value = (
            f'<div class="dynlib-explore" role="group" aria-label="{escape(explore.title)}"><style>{CSS}</style>'
            f'{drawn}<p class="words" role="status">{said}</p></div>'
        )

    for control in (*inputs, *impulses.values()):
        control.observe(draw, names="value")
    draw()
    return widgets.VBox([widgets.HTML(f"<b>{escape(explore.title)}</b>"), *inputs, *impulses.values(), picture])
