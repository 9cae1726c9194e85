"""Who may come in: people with passwords and roles, their sessions, and API tokens.

- `api_tokens`: tokens for programs.
- `errors`: why somebody may not.
- `model`: people, sessions, tokens and roles as values.
- `passwords`: hashed with Argon2id, and what makes one good enough.
- `people`: keeps people in the workspace's database.
- `secrets`: tokens that are kept as hashes only.
- `sessions`: keeps who is signed in.
"""

from __future__ import annotations

from crossdock.people.api_tokens import ApiTokens
from crossdock.people.errors import Forbidden, SignInRefused, TooManyTries
from crossdock.people.model import ApiToken, Link, Person, Role, Session, may
from crossdock.people.passwords import Passwords
from crossdock.people.people import People
from crossdock.people.secrets import csrf_token
from crossdock.people.sessions import SESSION_SECONDS_MAX, Sessions

__all__ = [
    "SESSION_SECONDS_MAX",
    "ApiToken",
    "ApiTokens",
    "Forbidden",
    "Link",
    "Passwords",
    "People",
    "Person",
    "Role",
    "Session",
    "Sessions",
    "SignInRefused",
    "TooManyTries",
    "csrf_token",
    "may",
]
