"""What Analytics.js is told about a source: where to send, and which plugins to load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crossdock.base import json
from crossdock.base.json import JsonObject
from crossdock.kit import Destination, Mode
from crossdock.pipeline.collect.cdn.addresses import Address
from crossdock.pipeline.collect.cdn.assets import PluginFile
from crossdock.pipeline.collect.cdn.rules import rule_of
from crossdock.workspace import Connection, Source, Workspace

FindDestination = Callable[[str], Destination | None]


def settings_of(
    source: Source,
    workspace: Workspace,
    *,
    find_destination: FindDestination,
    plugins: Mapping[str, PluginFile],
    routing_rule: Callable[[str], str],
) -> Callable[[str, Address, bool], bytes]:
    """Return a function that gives the source's settings as JSON.

    It takes the write key they were asked for by, the address they were asked for at, and whether
    under its neutral name. A disabled source has no destinations, and still somewhere to send to:
    a page must not break, and what it sends is then counted as discarded.
    """
    device: list[tuple[Connection, Destination, PluginFile]] = []
    cloud: list[str] = []
    for connection in workspace.connections_by_source_id.get(source.id, ()):
        destination = find_destination(connection.destination)
        if not source.enabled or not connection.enabled or destination is None:
            continue
        if destination.mode not in destination.connection_modes.get(source.kind, ()):
            continue
        if destination.mode is Mode.CLOUD:
            cloud.append(destination.name)
        elif destination.plugin is not None and destination.folder in plugins:
            device.append((connection, destination, plugins[destination.folder]))
    rules = [
        rule
        for connection, destination, _ in device
        if (rule := rule_of(connection, name=destination.name, routing_rule=routing_rule))
        is not None
    ]

    def settings(write_key: str, address: Address, is_neutral: bool) -> bytes:  # noqa: FBT001 - the one caller passes what it parsed.
        api = address.under(f"/{write_key}" if is_neutral else f"/v1/k/{write_key}")
        plugin_urls = address.under("/p" if is_neutral else "/next-integrations/actions").url
        return json.encode(
            {
                "integrations": {
                    # Without a key in here the client sends no Authorization header, and so no
                    # preflight before the first event of each type; the path names the source.
                    "Segment.io": {
                        "apiKey": "",
                        "apiHost": f"{api.host}{api.path}",
                        "protocol": api.scheme,
                        "unbundledIntegrations": sorted(set(cloud)),
                        "addBundledMetadata": True,
                        "maybeBundledConfigIds": {
                            destination.name: [connection.id]
                            for connection, destination, _ in device
                        },
                        "versionSettings": {"componentTypes": []},
                    },
                    # Load options and consent reach a plugin by its key here. No component type,
                    # else the client looks for a script of the classic kind. No bundling status:
                    # the plugin says itself that it is there, so that the server delivers for one
                    # that never came.
                    **{
                        destination.name: {"versionSettings": {"componentTypes": []}}
                        for _, destination, _ in device
                    },
                },
                # Left out, each of these makes the client report to another host than ours.
                "metrics": {"sampleRate": 0, "host": f"{api.host}{api.path}"},
                "edgeFunction": {},
                "analyticsNextEnabled": True,
                "enabledMiddleware": {},
                "middlewareSettings": {"routingRules": rules} if rules else {},
                "legacyVideoPluginsEnabled": False,
                "remotePlugins": [
                    {
                        "name": destination.name,
                        "creationName": destination.name,
                        "libraryName": destination.plugin.library_name,
                        "url": f"{plugin_urls}/{file.hash}.js"
                        if is_neutral
                        else f"{plugin_urls}/{destination.folder}/{file.hash}.js",
                        "settings": _plugin_settings(connection, destination)
                        | {
                            "crossdock": {
                                "connectionId": connection.id,
                                "reportUrl": f"{api.url}/notices",
                            }
                            | _values_url(connection, destination, f"{api.url}/values")
                        },
                    }
                    for connection, destination, file in device
                    if destination.plugin is not None
                ],
            }
        )

    return settings


def _values_url(connection: Connection, destination: Destination, url: str) -> JsonObject:
    """Return where the plugin may ask in which audiences a user is; nothing if it may not."""
    values = destination.plugin.values if destination.plugin else None
    is_on = values is not None and connection.settings.get(values.setting) is True
    return {"valuesUrl": url} if is_on else {}


def _plugin_settings(connection: Connection, destination: Destination) -> JsonObject:
    """Return what the plugin may know: settings that may be in a browser, and the mappings."""
    settings: dict[str, Any] = {
        setting.key: value
        for setting in destination.settings
        if setting.in_browser
        and (value := connection.settings.get(setting.key, setting.default)) is not None
    }
    if destination.kind == "classic":
        return settings
    settings["subscriptions"] = [
        {
            "id": mapping.id,
            "name": mapping.name,
            "enabled": True,
            "partnerAction": mapping.action,
            "subscribe": mapping.trigger,
            "mapping": mapping.fields,
        }
        for mapping in connection.mappings
        if mapping.enabled
    ]
    return settings
