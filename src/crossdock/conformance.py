"""Runs conformance vectors: files of cases that were made by running Segment's own framework.

A line holds the input and what Segment made of it. Values that JSON cannot carry are written as
`{"$undefined": true}` and `{"$number": "NaN"}`. Objects are compared without regard to the order
of their keys, numbers by value.

FQL is the exception: ours follows the documented language, and Segment's runtime does not always.
A line on which the two differ is exempt if the runtime's reading, imitated by
`kit.fql.segment_runtime`, is exactly what the line says, and a documented departure explains it.
"""

from __future__ import annotations

import json  # noqa: TID251 - one vector holds a lone surrogate, which the strict decoder refuses.
import math
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

from crossdock.base.errors import CrossdockError
from crossdock.kit.fql import FqlError, compile_condition, segment_runtime
from crossdock.kit.fql.departures import departures
from crossdock.kit.javascript import UNDEFINED, as_double
from crossdock.kit.mapping import MappingError, compile_mapping, transform
from crossdock.kit.payload import compile_payload
from crossdock.kit.validation import PayloadRejected, PayloadSchema, SchemaError

KINDS: Final = ("mapping", "fql", "validation", "presets")

Case = dict[str, Any]


class UnreadableVectors(CrossdockError):
    """A file is no file of vectors."""

    code: ClassVar[str] = "unreadable_vectors"


Write = Callable[[str], None]


def run(kind: str, path: str | Path, write: Write) -> int:
    """Run a file of vectors and say what came of it.

    Each failure is written with what was expected and what came instead; the last line is
    `N passed, M failed`.

    Args:
        kind: One of `KINDS`.
        path: A file with a case on each line; what belongs to it lies beside it.
        write: Is given each line of the report.

    Returns:
        0 if nothing failed, otherwise 1: an exit code.

    Raises:
        ValueError: There is no such kind.
        UnreadableVectors: The file is something else.
    """
    path = Path(path)
    exempt: Counter[str] = Counter()
    exempt_lines = passed = failed = 0
    check = _checker(kind, path.parent)
    _check_kind(kind, path)
    for case in _cases(path):
        try:
            expected, got, reasons = check(case)
        except Exception as error:  # noqa: BLE001 - a crash is a failure of its line, not of the run.
            expected, got, reasons = "no crash", f"{type(error).__name__}: {error}", ()
        if reasons:
            exempt_lines += 1
            exempt.update(reasons)
            write(f"exempt {case.get('id')}: {', '.join(reasons)}")
        if reasons or _comparable(expected) == _comparable(got):
            passed += 1
            continue
        failed += 1
        write(f"failed {case.get('id')} ({case.get('cat') or case.get('action')})")
        write(f"  expected: {_shown(expected)}")
        write(f"  got:      {_shown(got)}")
    if kind == "fql":
        counts = ", ".join(f"{reason} {count}" for reason, count in exempt.most_common())
        write(f"fql: {exempt_lines} lines exempt: {counts or 'none'}")
    write(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


# What a line of each kind cannot be without.
_KEYS_BY_KIND: Final = {
    "mapping": frozenset({"mapping", "event"}),
    "fql": frozenset({"fql", "event"}),
    "validation": frozenset({"fields", "payload", "mode"}),
    "presets": frozenset({"mapping", "eventKey", "action"}),
}


def _check_kind(kind: str, path: Path) -> None:
    first = next(_cases(path), None)
    if first is None or _KEYS_BY_KIND[kind] <= first.keys():
        return
    other = next((name for name, keys in _KEYS_BY_KIND.items() if keys <= first.keys()), None)
    raise UnreadableVectors(
        f'"{path}" holds no vectors of the kind "{kind}"'
        + (f', but of the kind "{other}".' if other else "."),
        do=f"Run `crossdock conformance {other} {path}`."
        if other
        else f"Name a file whose lines have {', '.join(sorted(_KEYS_BY_KIND[kind]))}.",
    )


Result = tuple[object, object, tuple[str, ...]]


def _checker(kind: str, folder: Path) -> Callable[[Case], Result]:
    if kind == "presets":
        return _preset_checker(folder)
    checkers = {"mapping": _check_mapping, "fql": _check_fql, "validation": _check_validation}
    if kind not in checkers:
        raise ValueError(f"There are no {kind!r} vectors; there are {', '.join(KINDS)}.")
    return checkers[kind]


def _cases(path: Path) -> Iterator[Case]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                case = json.loads(line)
            except ValueError as error:
                raise UnreadableVectors(
                    f'Line {number} of "{path}" is not JSON: {error}.',
                    do="Name a file with a JSON object on each line.",
                ) from error
            if not isinstance(case, dict):
                raise UnreadableVectors(
                    f'Line {number} of "{path}" is not a JSON object.',
                    do="Name a file with a JSON object on each line.",
                )
            yield case


def _check_mapping(case: Case) -> Result:
    try:
        result = transform(_decoded(case["mapping"]), _decoded(case["event"]))
        got: Case = {"result": result}
    except MappingError as error:
        got = {"error": {"name": error.name, "messages": list(error.messages)}}
    return _expected(case, "result", "error"), got, ()


def _check_fql(case: Case) -> Result:
    """Compare with the documented reading first, and only where that differs with the other."""
    text, event = case["fql"], _decoded(case["event"])
    stage = case.get("error", {}).get("stage")
    got: object
    expected: object = f"throws on {stage}" if stage else case["result"]
    node = None
    try:
        condition = compile_condition(text)
        node = condition.tree
        # No event at all matches nothing.
        got = event is not UNDEFINED and condition.matches(event)
    except FqlError:
        got = "throws on parse"
    if got == expected:
        return expected, got, ()
    reasons = departures(text, node)
    if event is None:
        reasons = (*reasons, "event_not_an_object")
    there = _read_by_segment(text, event)
    wanted = _expected(case, "ast", "result", "error")
    # That the event is then not taken follows from the error.
    wanted.get("error", {}).pop("validateResult", None)
    if reasons and _comparable(there) == _comparable(wanted):
        return expected, got, reasons
    return wanted, {"documented reading": got, "imitated reading": there}, ()


def _read_by_segment(text: str, event: object) -> Case:
    found: Case = {}
    stage = "parse"
    try:
        found["ast"] = segment_runtime.parse(text)
        stage = "validate"
        found["result"] = segment_runtime.matches(found["ast"], event)
    except segment_runtime.RuntimeFault as fault:
        found["error"] = {"stage": stage, "name": fault.name, "message": fault.message}
    return found


def _check_validation(case: Case) -> Result:
    wanted = ("error",) if "error" in case else ("schema", "cleaned", "valid", "coerced", "errors")
    try:
        schema = PayloadSchema(_decoded(case["fields"]))
        payload = _decoded(case["payload"])
        cleaned = schema.cleaned(payload, is_batch=case["mode"] == "batch")
        coerced, errors = schema.checked(cleaned)
        got: Case = {
            "schema": schema.schema,
            "cleaned": cleaned,
            "valid": not errors,
            "coerced": coerced,
            "errors": [error._asdict() for error in errors],
        }
    except SchemaError as error:
        got = {"error": {"stage": error.stage, "name": "Error", "message": error.message}}
    if case.get("message") is not None and "errors" in got:
        wanted = (*wanted, "message")
        got["message"] = " ".join(error["message"] for error in got["errors"])
    return _expected(case, *wanted), got, ()


def _preset_checker(folder: Path) -> Callable[[Case], Result]:
    fields_by_action = json.loads((folder / "presets_fields.json").read_text("utf-8"))
    events = json.loads((folder / "presets_events.json").read_text("utf-8"))

    def check(case: Case) -> Result:
        event, mapping = _decoded(events[case["eventKey"]]), _decoded(case["mapping"])
        fields = _decoded(fields_by_action[case["action"]])
        got: Case = {}
        try:
            got = {"mapped": compile_mapping(mapping)(event)}
            payload: object = compile_payload(mapping, fields)(event)
            got |= {"valid": True, "payload": payload, "errors": []}
        except PayloadRejected as error:
            errors = [one._asdict() for one in error.errors]
            got |= {"valid": False, "payload": error.coerced, "errors": errors}
        except MappingError as error:
            got = {"error": {"name": error.name, "messages": list(error.messages)}}
        return _expected(case, "mapped", "valid", "payload", "errors", "error"), got, ()

    return check


def _expected(case: Case, *names: str) -> Case:
    return {name: _decoded(case[name]) for name in names if name in case}


def _decoded(value: Any) -> Any:
    """Return the value with its markers undone."""
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value == {"$undefined": True}:
        return UNDEFINED
    if set(value) == {"$number"}:
        return float(value["$number"].replace("Infinity", "inf"))
    return {key: _decoded(inner) for key, inner in value.items()}


def _comparable(value: object) -> object:
    """Return something that is equal exactly where JavaScript's values are the same."""
    if isinstance(value, dict):
        return {key: _comparable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    number = as_double(value)
    return ("number", "NaN" if math.isnan(number) else number)


def _shown(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=repr)
