"""Profiles, traits and audiences.

- `language`: the query language of audiences and computed traits, from text to SQL.
"""

from __future__ import annotations
