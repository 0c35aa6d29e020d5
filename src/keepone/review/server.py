"""Starts the app on one machine: a socket, a token in a printed address, a browser."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from keepone.errors import WorkspaceError
from keepone.review.access import TokenDoor
from keepone.review.app import create_app

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    workspace: Path,
    *,
    person: str,
    host: str,
    port: int,
    first_run: str | None,
    ready: Callable[[str], None],
) -> None:
    """Serve the workspace until interrupted; `ready` is told the address that lets its user in.

    Port 0 takes any free one. Raises `WorkspaceError` where the port is taken.
    """
    door = TokenDoor(person)
    with _bound(host, port) as listening:
        port = listening.getsockname()[1]
        hosts = [f"[{name}]:{port}" if ":" in name else f"{name}:{port}" for name in LOOPBACK]
        app = create_app(workspace, door, hosts, first_run=first_run)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, lifespan="off"
        )
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{port}/enter?token={door.token}")
        uvicorn.Server(config).run(sockets=[listening])


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        message = f"cannot listen on {host}, port {port}: {(error.strerror or str(error)).lower()}"
        raise WorkspaceError(
            message, hint="Name another port with --port; 0 takes any free one."
        ) from error
    listening.listen(256)
    listening.set_inheritable(True)
    return listening
