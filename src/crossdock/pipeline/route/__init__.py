"""Who wants an event, and what payloads it becomes."""

from __future__ import annotations
