"""The last cell of a handout: it packs the notebook as it stands into one file for the course.

A kernel does not know its notebook. Colab hands it over, unsaved changes included; other front ends say where the file lies, or
it lies in the working folder. There it is as it was saved last, so what the kernel ran is compared with it.
"""

import inspect
import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

SETUP = "# @title Setup"  # how the cell that carries the library begins; it is not handed in


def hand_in(room: str, student: str = "") -> None:
    """Write ``hand_in/ROOM/STUDENT.ipynb`` below the working folder, and say where it lies and what is still open.

    The file is the notebook that calls ``hand_in`` for this chapter, without its outputs and without
    the library that it carries. Nothing is sent anywhere. Where something is missing, a line says
    what to do, and no file is written.

    Parameters
    ----------
    room : str
        The chapter, as the handout's last cell has it.
    student : str
        The name or number under which the work is handed in.
    """
    name = unicodedata.normalize("NFC", student.strip())
    if not name or name.startswith(".") or re.search(r'[/\\:*?"<>|\x00-\x1f]', name):
        print('Nothing is packed yet: write your name or number between the quotes of student="", and run this cell again.')
        return
    page = next((page for page in _notebooks() if f'hand_in("{room}"' in _code(page)), None)
    if page is None:
        print(f"Nothing is packed: the notebook was not found. Save it in the folder {Path.cwd()} and run this cell again.")
        return
    page["cells"] = [cell for cell in page["cells"] if not _source(cell).startswith(SETUP)]
    for cell in page["cells"]:
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
    page.setdefault("metadata", {}).setdefault("dynamics", {}).update(room=room, student=name)
    target = Path("hand_in", room, f"{name}.ipynb").resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(page, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"Hand in this file: {target}")
    if empty := re.findall(r"^def (\w+)\((?:(?!^def )[\s\S])*?^ +raise NotImplementedError\(\)", _code(page), re.M):
        print(f"Not answered yet: {', '.join(empty)}.")
    if changed := _unsaved(_code(page)):
        print(f"The saved notebook has another {', '.join(changed)} than you ran: save it, and run this cell again.")


def _notebooks() -> Iterator[dict]:
    """The notebooks that may be this one, the likeliest first."""
    if "google.colab" in sys.modules:
        from google.colab import _message

        if answer := _message.blocking_request("get_ipynb", timeout_sec=60):
            yield answer["ipynb"]
    said = (_user_names().get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME"))  # VS Code; Jupyter
    found = [path for path in Path.cwd().glob("*.ipynb") if path.is_file()]
    for path in [*map(Path, filter(None, said)), *sorted(found, key=lambda path: -path.stat().st_mtime)]:
        try:
            page = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(page, dict) and isinstance(page.get("cells"), list):
            yield page


def _source(cell: dict) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _code(page: dict) -> str:
    return "\n\n".join(_source(cell) for cell in page["cells"] if cell.get("cell_type") == "code")


def _user_names() -> dict:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell.user_ns if shell else {}


def _unsaved(code: str) -> list[str]:
    """The functions of the page that the kernel knows in another form."""
    changed = []
    for name in dict.fromkeys(re.findall(r"^def (\w+)\(", code, re.M)):
        try:
            ran = inspect.getsource(_user_names()[name]).rstrip()
        except (KeyError, TypeError, OSError):  # never run, or no function
            continue
        if ran not in code:
            changed.append(name)
    return changed
