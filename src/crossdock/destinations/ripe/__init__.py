"""Ripe, in the browser and from the server."""

from __future__ import annotations
