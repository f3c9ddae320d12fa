"""The built site as a browser meets it: its pages, and for each page the files that it may load."""

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from press.proofs import digest

UNREAD = {"search.html", "genindex.html", "prf-prf.html"}  # Sphinx's own, in which nobody reads


def pages(site: Path) -> list[str]:
    """The pages that are read, as paths below ``site``; none where nothing is built."""
    found = [path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]
    return [page for page in found if page not in UNREAD]


def loads(site: Path, page: str) -> list[str]:
    """The page, the pictures that it names (also those that are missing), and everything that pages share."""
    text = (site / page).read_text(encoding="utf-8")
    pictures = {f"_images/{unquote(name)}" for name in re.findall(r"_images/([^\"'?#)<>\s]+)", text)}
    shared = [path.relative_to(site).as_posix() for path in (site / "_static").rglob("*") if path.is_file()]
    return sorted({page, *pictures, *shared})


def page_digest(site: Path, page: str) -> str:
    """A hash over the bytes of all that the page loads. A book built again, elsewhere too, gives the same bytes."""
    return digest(site, [page], loads(site, page))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine; yields its address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=site)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
