"""Structured log lines: a constant English sentence plus fields.

Ids may be logged; properties, traits, addresses and secrets never are.
"""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog
from typing_extensions import override

LogFormat = Literal["text", "json"]


def configure(*, log_format: LogFormat, level: str) -> None:
    """Send log lines to standard error, as text for people or as one JSON object a line.

    Args:
        log_format: `text` or `json`.
        level: The least level that is written: `debug`, `info`, `warning` or `error`.
    """
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # What libraries have to say comes out in the same form; below a warning it is about themselves.
    logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)


class _Forward(logging.Handler):
    """Hands the log lines of libraries on."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        logger(record.name).log(record.levelno, record.getMessage(), exc_info=record.exc_info)


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of a part of the system."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(part=name)
    return bound
