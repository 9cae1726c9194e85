"""What a start needs before any part of the server: folder, database, socket, token, words."""

from __future__ import annotations

import errno
import functools
import os
import shutil
import socket
from pathlib import Path
from typing import ClassVar

from crossdock.audiences.engine import read_definition
from crossdock.base import json
from crossdock.base.clock import SystemClock
from crossdock.base.errors import CrossdockError
from crossdock.base.ids import RandomIds, new_secret
from crossdock.base.settings import ServerSettings
from crossdock.catalog import Catalog
from crossdock.kit import compile_condition, compile_mapping, routing_rule
from crossdock.pipeline.collect.cdn import check_filter
from crossdock.workspace import Rules, Source, Store, sqlite_url


class CannotStart(CrossdockError):
    """The server cannot be started as it was told to."""

    code: ClassVar[str] = "cannot_start"


def make_folder(folder: Path) -> None:
    """Make the data directory if it is not there, and see that it can be used.

    Raises:
        CannotStart: It cannot.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Who is in them is nobody else's business here; SQLite makes them for all to read.
        for file in folder.glob("*.sqlite3*"):
            file.chmod(0o600)
    except OSError as error:
        raise CannotStart(
            f'The data directory "{folder}" cannot be made: {error.strerror}.',
            do="Choose another with --data-dir, or make it and let this user write to it.",
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CannotStart(
            f'The data directory "{folder}" cannot be written to.',
            do="Let this user write to it, or choose another with --data-dir.",
        )


def open_store(
    data_dir: Path, database_url: str | None, *, catalog: Catalog, clock: SystemClock
) -> Store:
    """Return the workspace's database, held to the rules of the catalog and the kit.

    Raises:
        CrossdockError: It cannot be used; says why, and what to do.
    """
    make_folder(data_dir)
    return Store.open(
        database_url or sqlite_url(data_dir / "workspace.sqlite3"),
        rules=Rules(
            find_destination=catalog.find,
            validate_condition=compile_condition,
            validate_mapping=compile_mapping,
            read_definition=read_definition,
            validate_browser_filter=functools.partial(check_filter, routing_rule=routing_rule_of),
        ),
        clock=clock,
        ids=RandomIds(),
        key=data_dir / "secrets.key",
    )


def routing_rule_of(text: str) -> str:
    """Return a condition as Analytics.js takes it."""
    return routing_rule(compile_condition(text))


def has_room(folder: Path, reserve_bytes: int) -> bool:
    """Return whether the disk on which the folder is, or will be, has more than that free."""
    there = next((one for one in (folder, *folder.absolute().parents) if one.exists()), folder)
    try:
        return shutil.disk_usage(there).free > reserve_bytes
    except OSError:
        # What is wrong with it, making the folder says.
        return True


def listener(settings: ServerSettings) -> socket.socket:
    """Return a socket bound where the settings say; the server listens on it when it is ready.

    Raises:
        CannotStart: Something else is there, or it is not this machine's address.
    """
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no name of a host"
        raise CannotStart(
            f'"{host}" port {port} cannot be listened on: {reason}.', do=_way_to_listen(error)
        ) from error
    listener.set_inheritable(False)
    return listener


def _way_to_listen(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE and not isinstance(error, socket.gaierror):
        return (
            "Stop what uses it, or choose another with --port; "
            'with make: make run ARGS="--port 8081".'
        )
    if number == errno.EACCES and not isinstance(error, socket.gaierror):
        return "Choose one from 1024 up with --port, or let this user have lower ones."
    return (
        "Give --host an address of this machine: 127.0.0.1 for it alone, 0.0.0.0 for everybody who "
        "can reach it."
    )


def own_url(settings: ServerSettings, listener: socket.socket) -> str:
    """Return the address at which this machine reaches the server."""
    scheme = "https" if settings.tls_certificate else "http"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - translated, not bound to.
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}:{listener.getsockname()[1]}"


def kept_token(file: Path) -> str:
    """Return the admin token that the file holds; make both at the first start.

    A file without a token is what a full disk or a crash leaves of a first start. It is made again:
    an empty token would let everybody in.

    Raises:
        CannotStart: The file cannot be read, or not be written.
    """
    try:
        token = file.read_text().strip() if file.exists() else ""
        if not token:
            token = new_secret()
            # Whole or not at all, and at no moment readable for others.
            unfinished = file.with_name(f"{file.name}.new")
            unfinished.unlink(missing_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as opened:
                opened.write(token + "\n")
                opened.flush()
                os.fsync(descriptor)
            unfinished.replace(file)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(
            f'The admin token in "{file}" cannot be read or written: {error}.',
            do="Let this user read and write it, or delete it to have a new one made.",
        ) from error
    return token


def announce(
    settings: ServerSettings, url: str, source: Source, new_token: str | None, *, is_demo: bool
) -> None:
    """Tell the person who started it where it is, and how to get in."""
    token_file = settings.data_dir / "admin-token"
    given = settings.admin_token is not None
    token = "as you set it" if given else new_token or f"in {token_file}"
    write_key = source.write_keys[0] if source.write_keys else "none"
    public_url = (settings.public_url or url).rstrip("/")
    lines = [
        "",
        f"  Crossdock        {public_url}",
        f"  Admin token      {token}",
        f"  Write key        {write_key}   (source: {source.name})",
        f"  Data             {settings.data_dir.absolute()}",
    ]
    if settings.public_url:
        lines.insert(2, f"  On this machine  {url}")
    if is_demo:
        lines += ["", f"  Open this page   {public_url}/demo/"]
    # A command must find it whole: one that asks while it is written anew, or after a crash.
    unfinished = settings.data_dir / "server.json.new"
    unfinished.write_bytes(json.encode({"url": url, "pid": os.getpid()}))
    unfinished.replace(settings.data_dir / "server.json")
    print("\n".join([*lines, "", f"Ready: {url}"]), flush=True)  # noqa: T201 - for the terminal.
