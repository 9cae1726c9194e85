"""The tables, as SQLAlchemy sees them. A change here needs a migration; a test compares the two.

JSON is kept as text: it comes back byte for byte, with the order of its keys, on every database.
Uniqueness of slugs and write keys is a rule (`rules`), not a constraint: all changes run one after
the other, and two sources may swap their slugs in one of them.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

workspace = Table(
    "workspace",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("slug", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    # Counts up with every change, in the transaction that makes it.
    Column("version", Integer, nullable=False),
    # Something sealed, by which a wrong key is noticed at start and not at the first secret.
    Column("key_check", Text, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("slug", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("type", String(64), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("write_keys", Text, nullable=False),
    Column("is_strict", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

connections = Table(
    "connections",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("source_id", String(64), ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("slug", String(64), nullable=False),
    Column("destination", String(100), nullable=False),
    Column("name", String(200), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("sealed_settings", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

mappings = Table(
    "mappings",
    metadata,
    Column("id", String(64), primary_key=True),
    Column(
        "connection_id",
        String(64),
        ForeignKey("connections.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("position", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    Column("action", String(100), nullable=False),
    Column("trigger", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

filters = Table(
    "filters",
    metadata,
    Column("id", String(64), primary_key=True),
    Column(
        "connection_id",
        String(64),
        ForeignKey("connections.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("position", Integer, nullable=False),
    Column("title", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("condition", Text, nullable=False),
    Column("actions", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Column("version", Integer, nullable=False),
)

computations = Table(
    "computations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(200), nullable=False),
    Column("key", String(200), nullable=False),
    Column("definition", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("subject", String(16), nullable=False),
    Column("with_anonymous", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("outputs", Text, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Column("version", Integer, nullable=False),
)

retired_keys = Table(
    "retired_keys",
    metadata,
    # The key itself.
    Column("id", String(200), primary_key=True),
    Column("position", Integer, nullable=False),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("version", Integer, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("by", String(100), nullable=False),
    # Of the person or token; empty for the admin token and commands.
    Column("by_id", String(64), nullable=False, server_default=""),
    Column("kind", String(64), nullable=False),
    Column("change", String(100), nullable=False),
    Column("object_id", String(64), nullable=False),
    Column("object_path", Text, nullable=False),
    Column("before", Text, nullable=True),
    Column("after", Text, nullable=True),
    sqlite_autoincrement=True,
)

people = Table(
    "people",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("role", String(16), nullable=False),
    # In the PHC form, which names its own costs. Null until the first password is set.
    Column("password_hash", Text, nullable=True),
    Column("link_hash", String(64), nullable=True),
    Column("link_expires_at", DateTime, nullable=True),
    Column("created_at", DateTime, nullable=False),
    Column("signed_in_at", DateTime, nullable=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    # Null if it was begun with the admin token; then `admin_mark` tells with which.
    Column("person_id", String(64), ForeignKey("people.id", ondelete="CASCADE"), nullable=True),
    Column("admin_mark", String(64), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("used_at", DateTime, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("role", String(16), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    # Its last characters, so that people can tell which one they hold.
    Column("ending", String(8), nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=True),
    Column("used_at", DateTime, nullable=True),
)
