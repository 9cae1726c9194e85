"""What the server found in SQL, in lines: for people, for spreadsheets, for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crossdock.base import json

# A JSON object in a column would push the others out of sight.
_CELL_CHARACTERS_MAX = 60


def table_lines(answer: Mapping[str, Any], style: str) -> Iterator[str]:
    """Yield the answer's lines; the style is `table`, `csv` or `json`."""
    columns, rows = answer["columns"], answer["rows"]
    if style == "json":
        for row in rows:
            yield json.encode(dict(zip(columns, row, strict=True))).decode()
    elif style == "csv":
        yield _csv(columns)
        yield from (_csv([_text(value) for value in row]) for row in rows)
    else:
        yield from _table(columns, [[_shown(value) for value in row] for row in rows])


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(cell) for cell in column) for column in zip(columns, *rows, strict=True)]
    for cells in (columns, ["-" * width for width in widths], *rows):
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _csv(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.encode(value).decode()


def _shown(value: object) -> str:
    # What moves a terminal's cursor was sent by anybody who has a write key.
    text = "".join(character if character.isprintable() else " " for character in _text(value))
    is_long = len(text) > _CELL_CHARACTERS_MAX
    return text[: _CELL_CHARACTERS_MAX - 1] + "…" if is_long else text
