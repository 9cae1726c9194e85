"""People, sessions, API tokens; audit events know who by id."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the column of audit events."""
    # SQLite copies the table, and would forget that its ids are never used again.
    with op.batch_alter_table("audit_events", table_kwargs={"sqlite_autoincrement": True}) as log:
        log.add_column(sa.Column("by_id", sa.String(64), nullable=False, server_default=""))
        log.alter_column("kind", existing_type=sa.String(16), type_=sa.String(64))
        log.alter_column("change", existing_type=sa.String(16), type_=sa.String(100))
    op.create_table(
        "people",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("email", sa.String(254), nullable=False, unique=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.Text, nullable=True),
        sa.Column("link_hash", sa.String(64), nullable=True),
        sa.Column("link_expires_at", sa.DateTime, nullable=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("signed_in_at", sa.DateTime, nullable=True),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column(
            "person_id",
            sa.String(64),
            sa.ForeignKey("people.id", ondelete="CASCADE"),
            nullable=True,
        ),
        sa.Column("admin_mark", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("used_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("ending", sa.String(8), nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=True),
        sa.Column("used_at", sa.DateTime, nullable=True),
    )


def downgrade() -> None:
    """Remove the tables, and everything in them."""
    for table in ("api_tokens", "sessions", "people"):
        op.drop_table(table)
    with op.batch_alter_table("audit_events", table_kwargs={"sqlite_autoincrement": True}) as log:
        log.drop_column("by_id")
        log.alter_column("kind", existing_type=sa.String(64), type_=sa.String(16))
        log.alter_column("change", existing_type=sa.String(100), type_=sa.String(16))
