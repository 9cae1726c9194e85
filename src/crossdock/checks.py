"""What an operator set, looked at before anything starts: all that is wrong with it, at once."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Callable, Iterator
from urllib.parse import SplitResult, urlsplit

from crossdock.base.settings import ServerSettings
from crossdock.events import EventType
from crossdock.kit.addresses import AddressNotUnderstood, AllowedAddresses
from crossdock.startup import CannotStart

# 16 characters of letters and digits are more than anybody tries out.
TOKEN_CHARACTERS_MIN = 16
_TOKEN = re.compile(r"[!-~]+")
_PREFIX = re.compile(r"[A-Za-z0-9_-]+")
# What paths begin with that lead elsewhere already.
_TAKEN_PREFIXES = frozenset(
    {
        *("v1", "k", "pixel", "api", "app", "demo", "sandbox", "healthz", "readyz", "metrics"),
        *("analytics-next", "next-integrations", "batch", "import", "b", "m"),
        *(event_type.value for event_type in EventType),
        *(event_type.value[0] for event_type in EventType),
    }
)
_NATS_SCHEMES = frozenset({"nats", "tls", "ws", "wss"})


def check_settings(settings: ServerSettings) -> None:
    """Return if the server can be started with these.

    Raises:
        CannotStart: It cannot; names every problem there is.
    """
    problems = [problem for find in _CHECKS for problem in find(settings)]
    if len(problems) == 1:
        raise problems[0]
    if problems:
        lines = "".join(f"\n- {problem.what} {problem.do}" for problem in problems)
        raise CannotStart(
            f"{len(problems)} settings cannot be used:{lines}", do="Correct them, then start again."
        )


def _public_url(settings: ServerSettings) -> Iterator[CannotStart]:
    url = settings.public_url
    if url is None:
        return
    parts = _split(url)
    is_whole = parts is not None and parts.scheme in {"http", "https"} and parts.hostname
    if not is_whole or parts is None or parts.query or parts.fragment or parts.username:
        yield CannotStart(
            f'--public-url is "{url}", which is not the address of a server.',
            do="Write it as https://events.example.com.",
        )


def _nats_url(settings: ServerSettings) -> Iterator[CannotStart]:
    for url in (settings.nats_url or "").split(",") if settings.nats_url is not None else ():
        parts = _split(url if "://" in url else f"nats://{url}")
        if parts is None or parts.scheme not in _NATS_SCHEMES or not parts.hostname:
            # The address may hold a password.
            yield CannotStart(
                "--nats-url holds something that is not the address of a NATS server.",
                do="Write it as nats://127.0.0.1:4222, several with commas.",
            )


def _allowed_addresses(settings: ServerSettings) -> Iterator[CannotStart]:
    for entry in settings.allowed_addresses:
        try:
            AllowedAddresses.parse([entry])
        except AddressNotUnderstood as error:
            yield CannotStart(f"--allowed-addresses: {error.what}", do=error.do)


def _trusted_proxies(settings: ServerSettings) -> Iterator[CannotStart]:
    for entry in settings.trusted_proxies:
        try:
            ipaddress.ip_network(entry)
        except ValueError as error:
            yield CannotStart(
                f"--trusted-proxies: {error}.",
                do="Write networks or addresses, such as 10.0.0.0/8,127.0.0.1.",
            )


def _admin_token(settings: ServerSettings) -> Iterator[CannotStart]:
    token = settings.admin_token
    if token is None:
        return
    if len(token) < TOKEN_CHARACTERS_MIN or not _TOKEN.fullmatch(token):
        yield CannotStart(
            f"--admin-token has {len(token)} characters; it must have {TOKEN_CHARACTERS_MIN} or "
            "more, without spaces and beyond ASCII none.",
            do="Choose a longer one, or leave it out to have one made.",
        )


def _cdn_path_prefix(settings: ServerSettings) -> Iterator[CannotStart]:
    prefix = settings.cdn_path_prefix
    if prefix is None:
        return
    if not _PREFIX.fullmatch(prefix) or prefix in _TAKEN_PREFIXES:
        yield CannotStart(
            f'--cdn-path-prefix is "{prefix}"; it must be one segment of letters, digits, - and _ '
            "that leads nowhere else.",
            do="Choose a word of your own, such as site.",
        )


def _tls(settings: ServerSettings) -> Iterator[CannotStart]:
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        yield CannotStart("--tls-certificate and --tls-key go together.", do="Give both, or none.")
        return
    try:
        # With an empty password a key that wants one is an error; with none it would be asked for.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        yield CannotStart(
            f'The certificate "{certificate}" with the key "{key}" cannot be used: {error}.',
            do="Name two PEM files that belong together, the key without a password.",
        )


_CHECKS: tuple[Callable[[ServerSettings], Iterator[CannotStart]], ...] = (
    _public_url,
    _nats_url,
    _allowed_addresses,
    _trusted_proxies,
    _admin_token,
    _cdn_path_prefix,
    _tls,
)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        # Raises where the port is no number.
        _ = parts.port
    except ValueError:
        return None
    return parts
