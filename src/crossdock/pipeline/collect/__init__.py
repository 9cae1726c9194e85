"""HTTP in, and what the CDN serves."""

from __future__ import annotations
