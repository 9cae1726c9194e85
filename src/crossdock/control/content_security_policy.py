"""What a page's Content-Security-Policy has to allow so that a source works on it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from crossdock.catalog import Catalog
from crossdock.kit import Destination, Mode
from crossdock.workspace import Connection, Source, Workspace


def directives(
    source: Source,
    workspace: Workspace,
    catalog: Catalog,
    base_url: str,
    *,
    script_hashes: Sequence[str],
) -> dict[str, list[str]]:
    """Return what to allow by directive; nothing of ours needs `unsafe-…`.

    Our own host serves Analytics.js, settings and plugins, and takes the events. A vendor's host
    is there twice: its script is loaded from it, and reports to it.

    Args:
        source: Whose pages they are.
        workspace: For its connections.
        catalog: Knows what each loads.
        base_url: How browsers reach this server.
        script_hashes: Of the snippets that stand in the page itself.
    """
    hosts = [_host(base_url)]
    for connection in workspace.connections_by_source_id.get(source.id, ()):
        destination = catalog.find(connection.destination)
        if connection.enabled and destination and destination.mode is Mode.DEVICE:
            hosts.extend(_vendor_hosts(connection, destination))
    distinct = list(dict.fromkeys(host for host in hosts if host))
    return {"script-src": [*distinct, *script_hashes], "connect-src": list(distinct)}


def _vendor_hosts(connection: Connection, destination: Destination) -> list[str]:
    defaults = {setting.key: setting.default for setting in destination.settings}
    addresses = destination.plugin.loads_from if destination.plugin else ()
    return [
        _host(str(connection.settings.get(address) or defaults[address] or ""))
        if address in defaults
        else _host(address)
        for address in addresses
    ]


def _host(address: str) -> str:
    """Return the address without its path; `//host/…` goes by the page's own scheme."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme else parts.netloc
