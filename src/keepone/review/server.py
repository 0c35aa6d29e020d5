"""Starts the app: a socket, who is let in, and an address to open."""

from __future__ import annotations

import logging
import socket
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from keepone.decisions.workspace import open_log
from keepone.errors import SettingsError, WorkspaceError
from keepone.event_log import EventLog, LibraryLog
from keepone.review.access import TokenDoor
from keepone.review.app import create_app
from keepone.review.users import Users

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Pages that listen for events keep their connection; they are not waited for.
_GOODBYE_SECONDS = 1


def serve(
    workspace: Path,
    *,
    person: str,
    host: str,
    port: int,
    names: Sequence[str],
    decisions: str,
    first_run: str | None,
    upload_megabytes: int,
    ready: Callable[[str], None],
    log: EventLog | None = None,
) -> None:
    """Serve the workspace until interrupted; `ready` is told the address to open.

    On a loopback address the user of the machine is let in by a token. Anywhere else users have
    names and passwords, and `names` are those by which browsers address the app, with a port unless
    it is that of the scheme. Port 0 takes any free one. Raises `WorkspaceError` where the port is
    taken, `SettingsError` where nobody could sign in. What libraries have to say goes to `log` or,
    without one, to stderr as text, and never with a value of a record.
    """
    local = host in _LOOPBACK
    door: TokenDoor | Users = TokenDoor(person) if local else _users(workspace, host)
    with ExitStack() as closing:
        listening = closing.enter_context(_bound(host, port))
        port = listening.getsockname()[1]
        here = (*_LOOPBACK, host) if local else (host,)
        hosts = [*(_with_port(name, port) for name in here), *names]
        closing.enter_context(_library_log(log))
        decided = closing.enter_context(open_log(workspace, decisions))
        app = create_app(
            workspace,
            door,
            hosts,
            decided,
            first_run=first_run,
            decisions=decisions,
            upload_megabytes=upload_megabytes,
        )
        app.state.office.live.log = log
        if first_run is not None:
            app.state.office.desk.begin(first_run)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=_GOODBYE_SECONDS,
        )
        way_in = f"/enter?token={door.token}" if isinstance(door, TokenDoor) else "/"
        ready(f"http://{names[0] if names else _with_port(host, port)}{way_in}")
        # Ctrl-C may come before the server has begun: there is nothing to say of that.
        warnings.filterwarnings("ignore", "coroutine 'Server.serve' was never awaited")
        uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def _library_log(log: EventLog | None) -> Iterator[None]:
    """Hear all that libraries log from warnings up, within the block."""
    handler = LibraryLog(log, sys.stderr)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def _users(workspace: Path, host: str) -> Users:
    users = Users(workspace)
    if not any(user.role == "admin" for user in users.all()):
        message = f"others can reach {host}, so the app needs users, an admin among them"
        raise SettingsError(message, hint="Add one first: keepone users add NAME --role admin.")
    return users


def _with_port(name: str, port: int) -> str:
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that what it accepts sends at once instead of waiting for more.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        message = f"cannot listen on {host}, port {port}: {(error.strerror or str(error)).lower()}"
        hint = "Name another port with --port; 0 takes any free one."
        raise WorkspaceError(message, hint=hint) from error
    listening.listen(256)
    listening.set_inheritable(True)
    return listening
