"""The sandbox vendors and the demo shop: small, honest stand-ins for people without an account."""

from __future__ import annotations
