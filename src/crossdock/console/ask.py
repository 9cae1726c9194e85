"""Asks a running server, for the commands that need one.

A DuckDB file belongs to one process, so commands cannot read the ledger themselves; and a replay
is the server's work.
"""

from __future__ import annotations

import contextlib
import http.client
import ssl
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from crossdock.base import json
from crossdock.base.errors import CrossdockError

# The balance takes some seconds to see that nothing moves; a tail says something every 15 seconds.
_SECONDS_MAX = 60.0
_OK = range(200, 300)


class NoServer(CrossdockError):
    """No server can be asked."""

    code: ClassVar[str] = "no_server"


class ServerRefused(CrossdockError):
    """The server answered, but not with what was asked for."""

    code: ClassVar[str] = "server_refused"


class RunningServer:
    """The management API of a running server.

    Args:
        data_dir: The server's; says where it is and which token opens it.
        url: Where it is, if not on this machine.
        token: The admin token, if the data directory does not hold it.

    Raises:
        NoServer: Nothing says where it is, or which token it wants.
    """

    def __init__(self, data_dir: Path, *, url: str | None, token: str | None) -> None:
        self._url = _address((url or _url_in(data_dir)).rstrip("/"))
        self._token = token or _token_in(data_dir)

    def ask(self, path: str, *, method: str = "GET", body: object = None) -> Any:
        """Return `data` of the answer.

        Args:
            path: Below `/api/v1`.
            method: Of the request.
            body: Sent as JSON, if it is not None.

        Raises:
            NoServer: It does not answer.
            ServerRefused: It answered with an error.
        """
        with self._asked(path, method=method, body=body) as response:
            return json.decode(response.read())["data"]

    def news(self, path: str) -> Iterator[Any]:
        """Yield the data of server-sent events until the server ends the stream.

        Raises:
            NoServer: It does not answer.
            ServerRefused: It answered with an error.
        """
        with self._asked(path) as response:
            for line in response:
                if line.startswith(b"data: "):
                    yield json.decode(line.removeprefix(b"data: "))

    @contextlib.contextmanager
    def _asked(
        self, path: str, *, method: str = "GET", body: object = None
    ) -> Iterator[http.client.HTTPResponse]:
        host, port = self._url.hostname or "", self._url.port
        connection = (
            http.client.HTTPSConnection(
                host, port, timeout=_SECONDS_MAX, context=ssl.create_default_context()
            )
            if self._url.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=_SECONDS_MAX)
        )
        try:
            connection.request(
                method,
                f"{self._url.path}/api/v1{path}",
                body=None if body is None else json.encode(body),
                headers={
                    "authorization": f"Bearer {self._token}",
                    "content-type": "application/json",
                },
            )
            response = connection.getresponse()
            if response.status not in _OK:
                raise _refusal(response)
            yield response
        except OSError as error:
            raise NoServer(
                f"Nothing answers at {self._url.geturl()}: {error.strerror or error}.",
                do="Start the server, or name another with --url.",
            ) from error
        except (http.client.HTTPException, json.NotJson, LookupError) as error:
            raise NoServer(
                f"What answers at {self._url.geturl()} is not a Crossdock server.",
                do="Name the right one with --url.",
            ) from error
        finally:
            connection.close()


def _address(url: str) -> urllib.parse.SplitResult:
    with contextlib.suppress(ValueError):
        parts = urllib.parse.urlsplit(url)
        # Reading the port checks it.
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0:
            return parts
    raise NoServer(
        f'"{url}" is not the address of a server.', do="Give one such as http://127.0.0.1:8080."
    )


def _url_in(data_dir: Path) -> str:
    try:
        return str(json.decode((data_dir / "server.json").read_bytes())["url"])
    except (OSError, json.NotJson, LookupError, TypeError) as error:
        raise NoServer(
            f'No server was started with the data directory "{data_dir}".',
            do="Name the --data-dir that it uses, or its --url and --token.",
        ) from error


def _token_in(data_dir: Path) -> str:
    try:
        return (data_dir / "admin-token").read_text().strip()
    except OSError as error:
        raise NoServer(
            f'There is no admin token in "{data_dir}".',
            do="Give the server's with --token, or in CROSSDOCK_ADMIN_TOKEN.",
        ) from error


def _refusal(response: http.client.HTTPResponse) -> ServerRefused:
    if response.status == http.HTTPStatus.UNAUTHORIZED:
        return ServerRefused(
            "The server does not take this admin token.",
            do="Give its own with --token or in CROSSDOCK_ADMIN_TOKEN; it lies in the file "
            "admin-token of its data directory.",
        )
    try:
        problem = json.decode(response.read())["errors"][0]["data"]
        return ServerRefused(str(problem["what"]), do=str(problem["do"]))
    except (json.NotJson, LookupError, TypeError):
        return ServerRefused(
            f"The server answered with status {response.status}.",
            do="Check that the address is that of a Crossdock server.",
        )
