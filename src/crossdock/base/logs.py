"""Structured log lines: a constant English sentence plus fields.

Ids may be logged; properties, traits, addresses and secrets never are.

A sentence is written at most 30 times a minute: whoever is down for an hour would fill the disk
with it. The next minute's first says how many were left out; metrics and ledger count each.
"""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog
from typing_extensions import override

from crossdock.base.clock import Clock, SystemClock

LogFormat = Literal["text", "json"]

SAME_LINES_MAX = 30
_WINDOW_SECONDS = 60.0
_SENTENCES_MAX = 5_000


def configure(*, log_format: LogFormat, level: str) -> None:
    """Send log lines to standard error, as text for people or as one JSON object a line.

    Args:
        log_format: `text` or `json`.
        level: The least level that is written: `debug`, `info`, `warning` or `error`.
    """
    renderers: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [_written_out, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            # Who asks for every detail gets it.
            *(() if level == "debug" else (Bound(SystemClock()),)),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # What libraries have to say comes out in the same form; below a warning it is about themselves.
    logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)


def written_out(text: str) -> str:
    r"""Return the text for a terminal: what would move its cursor or hide text is spelled `\x1b`.

    Ids and names of events are sent by anybody who has a write key. Line breaks stay.
    """
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text
    )


def _written_out(
    _logger: object, _method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    # A line break in a value is left to the renderer: it quotes that.
    return {
        key: written_out(value) if isinstance(value, str) else value for key, value in line.items()
    }


class Bound:
    """Leaves out what was said too often; a processor of structlog.

    Args:
        clock: Measures the minute.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: dict[tuple[object, object], tuple[float, int]] = {}

    def __call__(
        self, _logger: object, _method: str, line: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        """Return the line, or drop it."""
        # Sentences are constants, so there are not many; a library's can hold anything.
        if len(self._said) > _SENTENCES_MAX:
            self._said.clear()
        key = (line.get("part"), line.get("event"))
        now_seconds = self._clock.monotonic_seconds()
        began_seconds, count = self._said.get(key, (now_seconds, 0))
        if now_seconds - began_seconds >= _WINDOW_SECONDS:
            if count > SAME_LINES_MAX:
                line["left_out"] = count - SAME_LINES_MAX
            began_seconds, count = now_seconds, 0
        self._said[key] = (began_seconds, count + 1)
        if count >= SAME_LINES_MAX:
            raise structlog.DropEvent
        return line


class _Forward(logging.Handler):
    """Hands the log lines of libraries on."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        logger(record.name).log(record.levelno, record.getMessage(), exc_info=record.exc_info)


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of a part of the system."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(part=name)
    return bound
