"""Profiles, traits and audiences: who people are, what they did, and what is known of them.

- `identity`: who an event is about.
- `history`: everything that people did and everything known of them.
- `engine`: keeps audiences and computed traits up to date, and tells what changed.
- `privacy`: people who want to be forgotten, or left alone.
- `language`: the query language of audiences and computed traits, from text to SQL.
"""

from __future__ import annotations
