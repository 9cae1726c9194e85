"""What became of every event. Empty until outcomes are kept beyond the journal."""

from __future__ import annotations
