"""Packages whose exports are imported when somebody asks for them: PEP 562 over a static list.

A package's ``__init__.py`` lists what it exports as ordinary imports, for type checkers only, and hands itself over:

    from typing import TYPE_CHECKING

    from dynlib_kernels.lazy_exports import lazy

    if TYPE_CHECKING:
        from dynlib.locality.bayes import bayes_error_known_signal
    else:
        __getattr__, __dir__ = lazy(__name__)

    __all__ = ["bayes_error_known_signal"]

Linters and type checkers see the names and their types, and a linter holds imports and ``__all__`` together. At run time the
same imports are read from the package's source, which takes a millisecond, and each is made when its name is first asked for.
"""

import ast
import importlib
import sys
from collections.abc import Callable
from typing import Any


def lazy(package: str) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make ``__getattr__`` and ``__dir__`` of a package.

    Parameters
    ----------
    package : str
        The name of a package whose exports stand under ``if TYPE_CHECKING:`` in its source.

    Returns
    -------
    __getattr__ : callable
        Imports the module of a name, and returns what has that name; raises ``AttributeError`` for
        one that is not exported.
    __dir__ : callable
        Lists the names, exports included.
    """
    module = sys.modules[package]
    spec: Any = module.__spec__  # its loader reads source, which the type of a loader does not say
    exports = _exports(spec.loader.get_source(package))

    def __getattr__(name: str) -> object:  # noqa: N807
        if name not in exports:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home, original = exports[name]
        if home == package:  # a module of the package itself
            return importlib.import_module(f"{package}.{original}")
        value = getattr(importlib.import_module(home), original)
        setattr(module, name, value)
        return value

    def __dir__() -> list[str]:  # noqa: N807
        return sorted({*vars(module), *exports})

    return __getattr__, __dir__


def _exports(source: str) -> dict[str, tuple[str, str]]:
    """{name: (module, name there)} of the imports under ``if TYPE_CHECKING:``."""
    blocks = [node for node in ast.parse(source).body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for block in blocks
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
