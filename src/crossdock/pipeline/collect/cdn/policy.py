"""The lines of a Content-Security-Policy that a page needs for a source."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from crossdock.kit import Mode
from crossdock.pipeline.collect.cdn.addresses import Address
from crossdock.pipeline.collect.cdn.settings import FindDestination
from crossdock.workspace import Source, Workspace


class ContentSecurityPolicy(msgspec.Struct, frozen=True):
    """What to add to a page's policy.

    Attributes:
        script_src: A whole line, such as `script-src 'self' https://events.example.com`.
        connect_src: Likewise. A vendor's script may call hosts of its own besides.
    """

    script_src: str
    connect_src: str


def policy_of(
    source: Source, workspace: Workspace, *, find_destination: FindDestination, address: Address
) -> ContentSecurityPolicy:
    """Return the lines for a page that uses the source, reaching us at the address."""
    ours = f"{address.scheme}://{address.host}"
    vendors = [host for host in _vendors(source, workspace, find_destination) if host != ours]
    hosts = " ".join(dict.fromkeys(["'self'", ours, *vendors]))
    return ContentSecurityPolicy(f"script-src {hosts}", f"connect-src {hosts}")


def _vendors(
    source: Source, workspace: Workspace, find_destination: FindDestination
) -> Iterator[str]:
    for connection in workspace.connections_by_source_id.get(source.id, ()):
        destination = find_destination(connection.destination)
        if not connection.enabled or destination is None or destination.mode is not Mode.DEVICE:
            continue
        defaults = {setting.key: setting.default for setting in destination.settings}
        for origin in destination.plugin.loads_from if destination.plugin else ():
            value = connection.settings.get(origin) or defaults.get(origin, origin)
            parts = urlsplit(str(value))
            if parts.netloc:
                # A URL without a scheme takes the page's; a policy can say that by the host alone.
                yield f"{parts.scheme}://{parts.netloc}" if parts.scheme else parts.netloc
