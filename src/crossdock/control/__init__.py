"""The management API, sign-in, and the web app; the only writer of the workspace."""

from __future__ import annotations
