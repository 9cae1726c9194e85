"""Deliver payloads, and record how each attempt ended."""

from __future__ import annotations
