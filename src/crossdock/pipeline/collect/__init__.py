"""HTTP in, and what the CDN serves.

- `collector`: the tracking API as an ASGI application.
- `paths`: which paths are its own.
- `credentials`: who is calling; `key_use`: and when last with which write key.
- `body`: takes in a body, decompressed and bounded.
- `pixel`: an event in the address of an image.
- `notices`: what browser plugins report.
- `values`: in which audiences a page's visitor is, for plugins.
- `discards`: records what was refused.
- `answer`: what is answered, and the headers for browsers.
- `limits`: how much is taken.
- `pace`: at most so many a second.
- `report`: logs and counts.
- `cdn`: what browsers load.
"""

from __future__ import annotations

from crossdock.pipeline.collect.collector import Collector
from crossdock.pipeline.collect.limits import CollectLimits
from crossdock.pipeline.collect.values import ValueDoor

__all__ = ["CollectLimits", "Collector", "ValueDoor"]
