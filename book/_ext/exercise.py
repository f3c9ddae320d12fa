"""``{exercise}`` with the options ``:difficulty:``, ``:minutes:`` and ``:open:``, which the page spells out."""

from docutils.parsers.rst.directives import flag, nonnegative_int
from docutils.statemachine import StringList
from sphinx_exercise.directive import ExerciseDirective, ExerciseStartDirective

import repository  # noqa: F401  (the press can be imported)
from press.statements import spelled

LEVELS = (1, 2, 3)


def level(argument: str) -> int:
    """1, 2 or 3."""
    value = nonnegative_int(argument)
    if value not in LEVELS:
        raise ValueError(f"{value} is none of {LEVELS}")
    return value


OPTIONS = {"difficulty": level, "minutes": nonnegative_int, "open": flag}


def _spell_out(directive) -> None:
    """Put into the directive's text what its options say."""
    text = spelled("\n".join(directive.content), {name: str(value) for name, value in directive.options.items()})
    directive.content = StringList(text.split("\n"), source=directive.content.source(0) if directive.content else "")


class Exercise(ExerciseDirective):
    option_spec = ExerciseDirective.option_spec | OPTIONS

    def run(self):
        _spell_out(self)
        return super().run()


class ExerciseStart(ExerciseStartDirective):
    """Its text follows in other cells, so what its options say stands at its top."""

    option_spec = ExerciseStartDirective.option_spec | OPTIONS

    def run(self):
        _spell_out(self)
        return super().run()


def setup(app):
    app.setup_extension("sphinx_exercise")
    app.add_directive("exercise", Exercise, override=True)
    app.add_directive("exercise-start", ExerciseStart, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
