"""Profiles, traits and audiences. Empty until audiences exist."""

from __future__ import annotations
