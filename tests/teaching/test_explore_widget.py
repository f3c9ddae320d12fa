"""The widget as a whole: its page, its budgets, its poster, and its life with a kernel."""

import hashlib
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from dynlib.teaching.explore import Choice, Explore, Frame, Lines, Slider, Table
from dynlib.teaching.explore.levels import unpack, unpack_cells
from dynlib.teaching.explore.script import script, style_sheet
from press.canonical import canonical

TIME = np.arange(24)


def decay(half_life, kind):
    """A state that leaks, and the table of a moving window over it."""
    y = 0.5 ** (TIME / half_life) * (1 if kind == "fade" else np.cos(TIME))
    table = np.array([[y[i - j] if i >= j else 0.0 for j in range(4)] for i in range(4)])
    return Frame([{"start": np.ones(24), "state": y}, table], words=f"Half is gone after {half_life} steps, kind {kind}.")


def widget(**changes):
    arguments = {
        "title": "A mode leaks",
        "controls": [Slider("half life", [2, 4, 8], unit="steps", start=4), Choice("kind", ["fade", "turn"])],
        "panels": [
            Lines(series=["start", "state"], fill=["start"], x=TIME, xlim=(0, 23), ylim=(-1, 1.2), xlabel="time (steps)"),
            Table(rows=4, cols=4, impulse=1),
        ],
        "frame": decay,
    }
    return Explore(**(arguments | changes))


def data_of(made):
    return json.loads(made.data)


# -- what is stored ----------------------------------------------------------------------------------------------------


def test_the_data_hold_every_frame_in_the_order_of_the_controls():
    data = data_of(widget())
    assert [control["says"] for control in data["controls"]] == [["2 steps", "4 steps", "8 steps"], ["fade", "turn"]]
    assert [control["start"] for control in data["controls"]] == [1, 0]
    assert len(data["frames"]) == 6
    panel = widget().panels[0]
    for k, (half_life, kind) in enumerate((h, kind) for h in (2, 4, 8) for kind in ("fade", "turn")):
        said, *slots = (data["pool"][place] for place in data["frames"][k])
        wanted = decay(half_life, kind)
        assert said == wanted.words
        y = panel.yaxis.values(unpack(slots[3]))
        np.testing.assert_allclose(y, wanted.panels[0]["state"], atol=3 * 2.2 / 4092 / 2 * 1.001)
        roots = unpack_cells(slots[5], 4)
        np.testing.assert_allclose(roots, np.sign(wanted.panels[1]) * np.sqrt(abs(wanted.panels[1])), atol=0.5 / 31 * 1.001)


def test_equal_texts_are_stored_once():
    data = data_of(widget())
    assert len(data["pool"]) == len(set(data["pool"]))
    xs = {row[1] for row in data["frames"]} | {row[3] for row in data["frames"]}
    assert len(xs) == 1  # one x for both series in all frames
    assert len({row[2] for row in data["frames"]}) == 1  # "start" never changes


def test_the_page_asks_the_network_for_nothing():
    for text in (widget().html, script(), style_sheet()):
        assert not re.search(r"""https?:(?!//www\.w3\.org/2000/svg)|src="(?!data:)|@import|url\((?!#)""", text)


def test_words_cannot_end_the_script():
    made = widget(frame=lambda half_life, kind: Frame(decay(half_life, kind).panels, words="</script><!-- <b>"))
    assert data_of(made)["pool"][0] == "</script><!-- <b>"
    assert made.html.count("</script>") == 1
    assert made.html.count("<!--") == 0
    assert "&lt;/script&gt;&lt;!-- &lt;b&gt;" in made.html


def test_a_named_widget_has_its_name_as_id_and_others_one_of_their_data():
    ids = [re.search(r'id="(explore-[0-9a-f]{10})"', made.html).group(1) for made in (widget(), widget(), widget(title="Other"))]
    assert ids[0] == ids[1] != ids[2]
    assert '<div class="dynlib-explore" id="explore-one-mode">' in widget(name="one-mode").html
    assert data_of(widget(name="one-mode"))["name"] == "one-mode"


def test_the_line_of_python_calls_the_frame_function():
    assert data_of(widget())["call"] == "decay"
    assert data_of(only())["call"] == "frame"  # a lambda has no name


PROGRAM = """
import numpy as np
from dynlib.teaching.explore import *
e = Explore(
    title="Two axes", controls=[Slider("rate", [0.1, 0.5], live=(0.0, 1.0, 0.01))],
    panels=[Lines(series=["a"], xlim=(0.1, 10), ylim=(1e-9, 1), xscale="log", yscale="log"),
            Plane(series=["z"], xlim=(-1, 1), ylim=(-2, 2), circle=True)],
    frame=lambda rate: Frame(
        [{"a": (np.arange(1, 9.0), np.exp(-rate * np.arange(8)))}, {"z": np.exp(1j * rate * np.arange(9))}], words="w"))
import hashlib
print(hashlib.sha256(e.data.encode()).hexdigest())
"""


def test_the_page_is_the_same_in_every_process():
    def run(seed):
        env = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", PROGRAM]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, env=env).stdout

    first, second = run("1"), run("2")
    assert re.fullmatch(r"[0-9a-f]{64}\n", first)
    assert first == second


def test_noise_in_the_last_bits_does_not_change_the_page():
    def noisy(half_life, kind):
        frame = decay(half_life, kind)
        moved = [{name: np.nextafter(y, 2) for name, y in frame.panels[0].items()}, np.nextafter(frame.panels[1], 0)]
        return Frame(moved, words=frame.words)

    noisy.__name__ = "decay"
    same = hashlib.sha256(widget().data.encode()).digest()
    assert hashlib.sha256(widget(frame=noisy).data.encode()).digest() == same


# -- the poster in words -----------------------------------------------------------------------------------------------


def test_plain_text_says_title_controls_and_start():
    bundle = widget()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert bundle["text/plain"] == repr(widget())
    assert bundle["text/plain"].splitlines() == [
        "A mode leaks",
        "  half life: 2 steps to 8 steps, 3 values (here 4 steps)",
        "  kind: fade | turn (here fade)",
        "Half is gone after 4 steps, kind fade. The largest weight on input 1 is 1, at output 1.",
    ]


# -- refusals ----------------------------------------------------------------------------------------------------------


def only(**changes):
    """A widget of one slider and one panel, changed."""
    arguments = {
        "title": "t",
        "controls": [Slider("k", [1, 2])],
        "panels": [Lines(series=["a"], xlim=(0, 1), ylim=(0, 1), x=[0, 1])],
        "frame": lambda k: Frame([{"a": [0, 1]}], words="w"),
    }
    return Explore(**(arguments | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": " "}, "title must be a line of text"),
        ({"name": "Two Words"}, "name must be small letters"),
        ({"controls": []}, "controls must be one to three sliders or choices, got 0"),
        ({"controls": [Slider(name, [1, 2]) for name in "abcd"]}, "one to three"),
        ({"controls": [Slider("k", [1, 2]), Choice("k", ["a", "b"])]}, r"different labels, got \['k', 'k'\]"),
        ({"controls": [Slider("k", range(151))]}, "151 frames, more than 150"),
        ({"panels": []}, "panels must be one or two, got 0"),
        ({"panels": [Table(rows=1, cols=1)] * 3}, "one or two, got 3"),
        ({"frame": lambda k: [[0, 1]]}, r"frame\(k=1\) must return a Frame, got list"),
        ({"frame": lambda k: Frame([{"a": [0, 1]}], words="")}, r"frame\(k=1\) must say what it shows in words"),
        ({"frame": lambda k: Frame([{"a": [0, 1]}], words=None)}, "in words, got None"),
        ({"frame": lambda k: Frame([], words="w")}, "data for 0 panels, wanted 1"),
        ({"frame": lambda k: Frame({"a": [0, 1]}, words="w")}, "must be a list"),
        ({"frame": lambda k: Frame([{"a": np.zeros(2, np.float32)}], words="w")}, r"\(k=1\), panel 0: series 'a' is float32"),
        ({"frame": lambda k: Frame([{"a": [0] * k}], words="w")}, r"frame\(k=1\), panel 0: series 'a' has 1 numbers over 2"),
    ],
)
def test_explore_refuses(changes, message):
    with pytest.raises(ValueError, match=message):
        only(**changes)


def test_a_widget_over_sixty_kilobytes_is_refused_with_its_size():
    rough = np.random.default_rng(0).uniform(size=(50, 500))
    panels = [Lines(series=["a"], xlim=(0, 499), ylim=(0, 1), x=np.arange(500))]
    controls = [Slider("k", range(50))]
    with pytest.raises(ValueError, match=r"the widget is \d{5} bytes of data \(50 frames\), more than 61440"):
        only(controls=controls, panels=panels, frame=lambda k: Frame([{"a": rough[k]}], words="w"))
    assert len(only(controls=controls, panels=panels, frame=lambda k: Frame([{"a": rough[0]}], words="w")).data.encode()) < 61440


def test_a_wide_realistic_widget_fits():
    made = widget(
        controls=[Slider("half life", np.linspace(5, 200, 25).tolist()), Choice("kind", ["fade", "turn"])],
        panels=[Lines(series=["start", "state"], x=np.arange(256), xlim=(0, 255), ylim=(-1, 1)), Table(rows=16, cols=16)],
        frame=lambda half_life, kind: Frame(
            [
                {"start": np.ones(256), "state": 0.5 ** (np.arange(256) / half_life) * np.cos(np.arange(256) / 30)},
                np.tril(0.5 ** (np.abs(np.subtract.outer(np.arange(16.0), np.arange(16))) / half_life)),
            ],
            words=f"Half is gone after {half_life:.0f} steps.",
        ),
    )
    assert len(data_of(made)["frames"]) == 50


# -- with a kernel -----------------------------------------------------------------------------------------------------


@pytest.fixture
def kernel(monkeypatch):
    """IPython as it looks inside a kernel."""
    import IPython
    import ipywidgets  # noqa: F401  (version 7 registers with a kernel that it meets while it is imported)

    class Shell:
        kernel = object()

    monkeypatch.setattr(IPython, "get_ipython", lambda: Shell())


def live(made):
    """The live widget that a display of ``made`` refers to: its inputs by label, and the picture's text."""
    import ipywidgets

    view = made._repr_mimebundle_()["application/vnd.jupyter.widget-view+json"]
    box = ipywidgets.Widget.get_manager_state()["state"][view["model_id"]]
    assert box["model_name"] == "VBoxModel"
    instances = getattr(ipywidgets.widgets.widget, "_instances", None) or ipywidgets.Widget.widgets
    children = instances[view["model_id"]].children
    return {child.description: child for child in children if child.description}, children[-1]


@pytest.mark.usefixtures("kernel")
def test_a_kernel_brings_the_script_and_what_is_stored_leaves_it_out_again():
    bundle = widget()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert (
        bundle["text/html"] == f"<style data-dynlib>{style_sheet()}</style>{widget().html}<script data-dynlib>{script()}</script>"
    )
    cell = new_code_cell("w", execution_count=1, outputs=[new_output("execute_result", bundle, execution_count=1)])
    stored = canonical(new_notebook(cells=[cell]))
    assert stored.cells[0].outputs[0].data["text/html"] == widget().html


@pytest.mark.usefixtures("kernel")
def test_a_live_slider_is_finer_than_the_page_and_computes_its_frames():
    fine = widget(
        controls=[Slider("half life", [2, 8], start=8, live=(1.0, 20.0, 0.5)), Choice("kind", ["fade", "turn"], start="turn")],
    )
    inputs, picture = live(fine)
    assert (inputs["half life"].value, inputs["kind"].value) == (8, "turn")
    before = picture.value
    inputs["half life"].value = 2.5
    assert "Half is gone after 2.5 steps" in picture.value
    assert re.search('src="([^"]+)"', picture.value)[1] != re.search('src="([^"]+)"', before)[1]
    inputs["kind"].value = "fade"
    assert "kind fade" in picture.value
    whole = widget(controls=[Slider("half life", [2, 8], live=(1, 20, 1)), Choice("kind", ["fade", "turn"])])
    assert isinstance(live(whole)[0]["half life"].value, int)
