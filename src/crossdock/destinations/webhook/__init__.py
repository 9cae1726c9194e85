"""Webhook: any event to a URL, signed."""

from __future__ import annotations
