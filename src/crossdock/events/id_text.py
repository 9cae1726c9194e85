"""What an id is as text: the one answer of the door, which promises it, and of the stamping."""

from __future__ import annotations

# From here on JavaScript writes a whole number with an exponent.
_PLAIN_MAX = 1e21


def id_text(value: object) -> str:
    """Return the id as text, or an empty string if the value is none.

    Some senders give numbers. A whole one becomes its digits, however many there are: a double
    would be another id. A fraction or an exponent is written as JavaScript writes it.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return ""
    if isinstance(value, float):
        is_plain = value.is_integer() and abs(value) < _PLAIN_MAX
        return str(int(value)) if is_plain else repr(value)
    return str(value) if isinstance(value, int) else ""
