"""A place in a source is named by its syntax; what is not exactly so is refused, and the rest stays byte for byte."""

import pytest

from press.syntax import replace_once

SOURCE = '''"""Ünïcode before it."""
scale = 2 * rate

class Mode:
    @property
    def speed(self):  # kept
        return (self.a
                + self.b) * 2   # the sum, twice

    def turn(self, x):
        y = x.cumsum(0)
        z = y - x
        return f(x) + f(x) * g(z)


def f(x, scale=1): return x * scale
'''


@pytest.mark.parametrize(
    ("old", "new", "where", "occurrence", "text", "becomes"),
    [
        ("self.a + self.b", "self.a", None, None, "(self.a\n                + self.b) * 2 ", "(self.a) * 2 "),
        (
            "  return (self.a+self.b)*2",
            "return 1",
            "Mode.speed",
            None,
            "return (self.a\n                + self.b) * 2   # the",
            "return 1   # the",
        ),
        ("f(x)", "x + 1", "Mode.turn", 2, "f(x) * g", "(x + 1) * g"),
        ("f(x)", "x + 1", "Mode.turn", 1, "return f(x) +", "return x + 1 +"),
        ("y = x.cumsum(0)\nz = y - x", "z = x", "Mode", None, "y = x.cumsum(0)\n        z = y - x\n", "z = x\n"),
        (
            "z = y - x",
            "z = y\nif True:\n    z = z + x",
            None,
            None,
            "        z = y - x\n",
            "        z = y\n        if True:\n            z = z + x\n",
        ),
        ("rate", "tempo", "", None, "2 * rate", "2 * tempo"),
        ("return x * scale", "return x", "f", None, "return x * scale", "return x"),
        ("1", "3", "f", None, "scale=1", "scale=3"),
        ("2", "3", "", None, "scale = 2", "scale = 3"),
        ("scale = 2 * rate", "scale = 1", "", None, "scale = 2 * rate", "scale = 1"),
        (
            "@property\ndef speed(self): return (self.a + self.b) * 2",
            "speed = 1",
            None,
            None,
            "@property\n    def speed(self):  # kept\n        return (self.a\n                + self.b) * 2",
            "speed = 1",
        ),
    ],
)
def test_one_place_changes_and_nothing_else(old, new, where, occurrence, text, becomes):
    assert SOURCE.count(text) == 1
    assert replace_once(SOURCE, old, new, where, occurrence) == SOURCE.replace(text, becomes)


@pytest.mark.parametrize(
    ("old", "new", "where", "occurrence", "says"),
    [
        ("f(x)", "x", "Mode.turn", None, "occurs 2 times in Mode.turn"),
        ("f(x)", "x", "Mode.turn", 3, "occurs 2 times in Mode.turn.., and occurrence = 3"),
        ("f(x)", "x", "Mode.turn", 0, "occurs 2 times"),
        ("f(x)", "x", "f", None, "occurs 0 times"),
        ("x * scale", "x", "", None, "occurs 0 times in the module's own level"),
        ("2", "3", None, None, "occurs 2 times in the source"),
        ("g(z)", "g( z )", None, None, "the same syntax"),
        ("z = y - x", "(z) = (y  -  x)", None, None, "the same syntax"),
        ("g(z)", "z", "Mode.nothing", None, "defined 0 times"),
        ("g(z", "z", None, None, "neither an expression nor whole statements"),
        ("g(z)", " ", None, None, "empty"),
        ("g(z)", "z = 1", None, None, "occurs 0 times"),
        ("return x * scale", "if x:\n    return 1\nreturn 2", None, None, "cannot stand in the place"),
    ],
)
def test_what_is_not_exactly_so_is_refused(old, new, where, occurrence, says):
    with pytest.raises(ValueError, match=says):
        replace_once(SOURCE, old, new, where, occurrence)


def test_a_name_that_is_defined_twice_is_refused():
    with pytest.raises(ValueError, match="defined 2 times"):
        replace_once("if a:\n    def f(): return 1\nelse:\n    def f(): return 2\n", "1", "3", "f")
