"""First of all, ``dynlib_kernels.engine``: it settles Triton's mode before anything else imports Triton."""

import socket

import dynlib_kernels.engine  # noqa: F401  (and it calls torch's transcendentals once on one thread)

# what was broken on purpose and found is kept, and proven again when it changed
pytest_plugins = ["press.proof_plugin"]

# No test reaches beyond this machine: what a page, a grader or a sweep asked of the network would fail on a reader's train.
LOCAL = ("127.", "::1", "localhost", "0.0.0.0")
_connect, _look_up = socket.socket.connect, socket.getaddrinfo


def _only_local(host):
    if host and not str(host.decode() if isinstance(host, bytes) else host).startswith(LOCAL):
        raise OSError(f"tests reach no network, and this one asked for {host}")


def connect(self, address):
    """As ever, within this machine."""
    if self.family in (socket.AF_INET, socket.AF_INET6):
        _only_local(address[0])
    return _connect(self, address)


def look_up(host, *args, **kwargs):
    """As ever, within this machine."""
    _only_local(host)
    return _look_up(host, *args, **kwargs)


socket.socket.connect, socket.getaddrinfo = connect, look_up
