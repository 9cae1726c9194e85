"""What anybody with a write key can send does nothing to the terminal of whoever looks at it."""

from __future__ import annotations

import subprocess
import sys

from crossdock.console import tail_line, trace_lines

EVIL = "a\x1b[2Jb\rc\nd\u202ee\x9bf"
SPELLED = r"a\x1b[2Jb\rc\nd\u202ee\x9bf"
ENTRY = {
    "at": "2030-01-01T12:00:00.000Z",
    "step": "received",
    "eventType": "track",
    "eventName": EVIL,
    "messageId": EVIL,
    "answer": "first\n\x1b[31msecond",
}


def test_an_event_in_the_tail_is_one_line_that_moves_no_cursor() -> None:
    assert tail_line(ENTRY) == f"2030-01-01 12:00:00.000  received     {SPELLED}  {SPELLED}"


def test_a_trace_moves_no_cursor() -> None:
    event = {"sourceId": "src_1", "timeline": [ENTRY], "states": []}
    lines = list(trace_lines({"names": {}, "messageId": EVIL, "events": [event]}))

    assert lines[0] == f'track "{SPELLED}"  {SPELLED}'
    assert lines[-2:] == ["      answer   first", r"               \x1b[31msecond"]
    assert all(line.isprintable() for line in lines)


def test_the_log_as_text_moves_no_cursor() -> None:
    code = (
        "from crossdock.base import logs\n"
        "logs.configure(log_format='text', level='info')\n"
        "logs.logger('send').error('It failed.', message_id='a\\x1b[2Jb', attempt=2)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert r"message_id=a\x1b[2Jb" in ended.stderr
    assert "attempt=2" in ended.stderr
