"""What an operator sets, with units and bounds.

`main` alone reads it from the command line and the environment; everyone else is given what they
need.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from crossdock.base.logs import LogFormat


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Everything that `crossdock serve` can be told.

    Attributes:
        data_dir: Where journal, workspace and keys live. It must survive a restart.
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one.
        public_url: How browsers reach this server, such as `https://events.example.com`; None
            means: believe the request.
        admin_token: Bearer token of the management API; None means: make one and keep it.
        nats_url: An existing NATS server or cluster; None means: run one as a child process.
        database_url: SQLAlchemy URL of the workspace; None means: a SQLite file in `data_dir`.
        allowed_addresses: Networks (`10.0.0.0/8`) or host and port (`127.0.0.1:8080`) that
            outgoing requests may reach although they are private.
        trusted_proxies: Networks whose word is taken for where a request came from and whether by
            https: `X-Forwarded-For` and `X-Forwarded-Proto`.
        has_sandbox: Whether `/sandbox` has the stand-ins for Ripe and Ramen.
        tls_certificate: PEM file; with `tls_key`, serve https.
        tls_key: PEM file.
        cdn_path_prefix: A neutral first path segment, such as `site`, under which browsers find
            every CDN and tracking path too, for pages whose visitors run ad blockers.
        journal_bytes_max: How much disk the stream of events may take.
        journal_age_days_max: How long events stay in the journal.
        duplicate_days_max: How long a repeated messageId is recognised; 0 recognises none.
        retry_hours_max: How long a delivery that fails is tried again.
        ledger_age_days_max: How long the ledger keeps what became of events.
        ledger_bytes_max: How much disk the ledger may take.
        has_profiles: Whether profiles and their history are kept.
        history_age_days_max: How long the history keeps events.
        history_bytes_max: How much disk the history may take.
        drain_seconds_max: How long a graceful stop may take.
        log_format: `text` or `json`.
        log_level: `debug`, `info`, `warning` or `error`.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    admin_token: str | None = None
    nats_url: str | None = None
    database_url: str | None = None
    allowed_addresses: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    has_sandbox: bool = False
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    cdn_path_prefix: str | None = None
    journal_bytes_max: int = 10 * 1024**3
    journal_age_days_max: int = 7
    duplicate_days_max: int = 7
    retry_hours_max: float = 24.0
    ledger_age_days_max: int = 30
    ledger_bytes_max: int = 10 * 1024**3
    has_profiles: bool = True
    history_age_days_max: int = 400
    history_bytes_max: int = 20 * 1024**3
    drain_seconds_max: float = 20.0
    log_format: LogFormat = "text"
    log_level: str = "info"
