"""With a kernel, a slider that is finer than the page: ipywidgets whose movements compute the frame anew.

``interact`` and ``Output`` are avoided: they append to a notebook's outputs instead of replacing them on some front ends. Works
with ipywidgets 7.7 and 8.
"""

import base64
import sys
from html import escape
from importlib.util import find_spec

from dynlib.teaching.explore.controls import Choice


def has_kernel() -> bool:
    """Whether this process is a Jupyter kernel."""
    ipython = sys.modules.get("IPython")  # not imported: then this is no kernel
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


def is_finer(explore) -> bool:
    """Whether a kernel can show more frames than the page holds, and there is ipywidgets to show them."""
    return any(getattr(control, "live", None) for control in explore.controls) and find_spec("ipywidgets") is not None


def _input(widgets, control):
    """The ipywidget of one control; its ``value`` is what ``frame`` receives."""
    start = control.values[control.first]
    look = {"description": control.label, "style": {"description_width": "initial"}, "layout": widgets.Layout(width="26em")}
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
        The title, an input for each control, and the poster of the frame with its words.
    """
    import ipywidgets as widgets

    inputs = [_input(widgets, control) for control in explore.controls]
    picture = widgets.HTML(layout=widgets.Layout(width="100%"))

    def draw(change=None):
        sentence, slots = explore.compute(*(control.value for control in inputs))
        png = base64.b64encode(explore.picture(slots)).decode()
        said = escape(explore.words(sentence, slots))
        picture.value = f'<img src="data:image/png;base64,{png}" alt="{escape(explore.title)}"><p role="status">{said}</p>'

    for control in inputs:
        control.observe(draw, names="value")
    draw()
    return widgets.VBox([widgets.HTML(f"<b>{escape(explore.title)}</b>"), *inputs, picture])
