"""What browsers are served: Analytics.js, the settings of a source, and the destinations' plugins.

- `addresses`: how a browser reaches this server.
- `app`: `Cdn`, the ASGI app.
- `assets`: the built files, and those of earlier releases that a cached page still asks for.
- `paths`: what a request's path asks for, under its known and its neutral names.
- `pickups`: which versions browsers have got.
- `report`: everything that is counted here.
- `rules`: filters, in the shape in which Analytics.js applies them.
- `script`: Analytics.js for one source and one address.
- `settings`: what Analytics.js is told about a source.
"""

from __future__ import annotations

from crossdock.pipeline.collect.cdn.addresses import Address
from crossdock.pipeline.collect.cdn.app import Cdn
from crossdock.pipeline.collect.cdn.assets import AssetsMissing
from crossdock.pipeline.collect.cdn.pickups import Pickups
from crossdock.pipeline.collect.cdn.rules import check_filter

__all__ = ["Address", "AssetsMissing", "Cdn", "Pickups", "check_filter"]
