"""A payload is what its action takes, or everything that is wrong with it is said."""

from __future__ import annotations

import copy

import pytest

from crossdock.base.json import JsonObject
from crossdock.kit import (
    PayloadError,
    PayloadRejected,
    SchemaError,
    compile_payload,
    compile_schema,
)

FIELDS: dict[str, JsonObject] = {
    "email": {"label": "E-mail", "type": "string", "format": "email", "required": True},
    "total": {"label": "Total", "type": "number"},
    "tags": {"label": "Tags", "type": "string", "multiple": True},
    "traits": {"label": "Traits", "type": "object"},
    "at": {"label": "At", "type": "datetime"},
}
MAPPING: JsonObject = {key: {"@path": f"$.{key}"} for key in FIELDS}


def test_values_are_coerced_and_unknown_ones_left_out() -> None:
    payload = {"email": "a@b.co", "total": " 5 ", "tags": "x", "more": 1, "at": ""}

    validated = compile_schema(FIELDS).validate(payload)

    assert validated == {"email": "a@b.co", "total": 5, "tags": ["x"]}


def test_everything_that_is_wrong_is_said() -> None:
    with pytest.raises(PayloadRejected) as error:
        compile_schema(FIELDS).validate({"total": "x", "tags": [{}], "at": "soon"})

    assert error.value.errors == (
        PayloadError("$", "", "The root value is missing the required field 'email'."),
        PayloadError("$.total", "/total", "Total must be a number but it was a string."),
        PayloadError(
            "$.tags[0]", "/tags/0", "The value at /tags/0 must be a string but it was an object."
        ),
        PayloadError("$.at", "/at", "At must be a valid date-like string but it was not."),
    )


def test_the_payload_given_stays_as_it_is() -> None:
    payload = {"email": "a@b.co", "total": "5", "traits": {"a": [1]}, "more": 1}
    before = copy.deepcopy(payload)

    compile_schema(FIELDS).validate(payload)["traits"]["a"].append(2)

    assert payload == before


def test_an_empty_text_stays_in_a_batch() -> None:
    fields: dict[str, JsonObject] = {"a": {"label": "A", "type": "string"}}

    assert compile_schema(fields).validate({"a": ""}) == {}
    assert compile_schema(fields).validate({"a": ""}, is_batch=True) == {"a": ""}


def test_a_field_can_be_required_only_when_another_has_a_value() -> None:
    condition = {"fieldKey": "a", "operator": "is", "value": "v"}
    fields: dict[str, JsonObject] = {
        "a": {"label": "A", "type": "string"},
        "b": {"label": "B", "type": "string", "required": {"conditions": [condition]}},
    }
    schema = compile_schema(fields)

    with pytest.raises(PayloadRejected) as error:
        schema.validate({"a": "v"})

    assert schema.validate({"a": "w"}) == {"a": "w"}
    assert [one.message for one in error.value.errors] == [
        "The root value is missing the required field 'b'.",
        'The root value must match "then" schema.',
    ]


def test_fields_that_make_no_schema_are_refused() -> None:
    with pytest.raises(SchemaError, match='unknown format "colour"'):
        compile_schema({"a": {"label": "A", "type": "string", "format": "colour"}})


def test_an_action_without_fields_takes_anything() -> None:
    assert compile_schema({}).validate({"a": ""}) == {"a": ""}


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("uri", "https://a.example/b?c=d#e", "https://a.example/ü"),
        ("uri", "a:b", "/a/b"),
        ("date-time", "2020-02-29T00:00:00Z", "2021-02-29T00:00:00Z"),
        ("date-time", "2020-01-01 23:59:60+05", "2020-01-01T24:00:00Z"),
        ("date", "2000-02-29", "1900-02-29"),
        ("email", "a.b+c@d.example", "a@b"),
        ("hostname", "a-b.example.", "a..b"),
        ("ipv4", "01.2.3.4", "256.1.1.1"),
        ("ipv6", "::ffff:1.2.3.4", "fe80::1%eth0"),
        ("uuid", "urn:uuid:123e4567-e89b-12d3-a456-426614174000", "123"),
        ("duration", "P1DT2H", "P"),
    ],
)
def test_a_format_knows_its_texts(name: str, right: str, wrong: str) -> None:
    schema = compile_schema({"a": {"label": "A", "type": "string", "format": name}})

    assert schema.validate({"a": right}) == {"a": right}
    with pytest.raises(PayloadRejected):
        schema.validate({"a": wrong})


@pytest.mark.parametrize(
    ("text", "is_date"),
    [
        ("1577836800", True),
        ("15778368000000", False),
        ("2020-13-45", True),
        ("2020-13-45Z", False),
        ("Thu, 01 Jan 2020 10:00:00 GMT", True),
        ("abc 1", True),
        ("1 abc", False),
        ("10:00", False),
        ("tomorrow", False),
    ],
)
def test_a_date_is_what_javascript_takes_for_one(text: str, *, is_date: bool) -> None:
    schema = compile_schema({"at": {"label": "At", "type": "datetime"}})

    _, errors = schema.checked({"at": text})

    assert (not errors) is is_date


def test_mapping_and_validation_are_one_function() -> None:
    run = compile_payload(MAPPING, FIELDS)
    event = {"email": "a@b.co", "total": 5, "traits": {"a": {"b": 1}}, "at": "2020-01-01"}

    payload = run(event)
    payload["traits"]["a"]["b"] = 2

    assert payload == {**event, "traits": {"a": {"b": 2}}}
    assert event["traits"] == {"a": {"b": 1}}
    with pytest.raises(PayloadRejected):
        run({"total": 5})


def test_what_is_missing_in_a_list_is_null_in_the_payload() -> None:
    mapping: JsonObject = {"email": "a@b.co", "traits": {"ids": [{"@path": "$.nope"}, 1]}}

    assert compile_payload(mapping, FIELDS)({})["traits"] == {"ids": [None, 1]}


def test_a_choice_that_may_be_null_is_kept_when_it_is() -> None:
    plan = {"type": "string", "label": "Plan", "allowNull": True, "choices": ["pro", "free"]}

    run = compile_payload({"plan": {"@path": "$.plan"}}, {"plan": plan})

    assert run({"plan": None}) == {"plan": None}
