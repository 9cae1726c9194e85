"""Questions: what is asked, of whom, when; and what counts as an answer."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal

import msgspec

from crossdock.sandbox import web
from crossdock.sandbox.ramen.people import User
from crossdock.sandbox.ramen.traits import TraitValue, cast_value, type_of
from crossdock.sandbox.store import Shelf

ANSWER_LENGTH_MAX = 2_000
SCORE_MAX = 10

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "exists", "missing"]


class TraitCondition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A condition on one of the user's traits; `value` is not looked at by `exists`, `missing`."""

    name: Text
    operator: Operator = "="
    value: TraitValue | None = None


class EventCondition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The user has done something at least so often."""

    name: Text
    count_min: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1


class Targeting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is asked, and where. All conditions must hold.

    Attributes:
        audience: Logged-in people, anonymous visitors, or everyone.
        url_pattern: The page's URL, or its path; `*` stands for anything. Empty means every page.
        company_ids: The user is in one of these companies. Empty means it does not matter.
    """

    audience: Literal["everyone", "identified", "anonymous"] = "everyone"
    traits: Annotated[list[TraitCondition], msgspec.Meta(max_length=20)] = []
    events: Annotated[list[EventCondition], msgspec.Meta(max_length=20)] = []
    url_pattern: Annotated[str, msgspec.Meta(max_length=500)] = ""
    company_ids: Annotated[list[Text], msgspec.Meta(max_length=100)] = []


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question as its author writes it.

    Attributes:
        type: A line of text, one of `choices`, or a score from 0 to 10.
        low_label: What 0 means; for a score only.
        high_label: What 10 means; for a score only.
        is_active: Whether it is asked by itself. `ask` asks it in any case.
    """

    text: Text
    type: Literal["text", "choice", "score"] = "text"
    choices: Annotated[list[Text], msgspec.Meta(max_length=20)] = []
    low_label: Annotated[str, msgspec.Meta(max_length=60)] = ""
    high_label: Annotated[str, msgspec.Meta(max_length=60)] = ""
    is_active: bool = True
    targeting: Targeting = Targeting()


class Question(msgspec.Struct, frozen=True):
    """A question that exists."""

    id: str
    created_at: str
    draft: Draft


class Answer(msgspec.Struct, frozen=True):
    """What became of a question: answered with a value, or dismissed without one."""

    id: str
    question_id: str
    question_text: str
    user_key: str
    user_name: str
    state: Literal["answered", "dismissed"]
    value: str | int | None
    answered_at: str


QUESTIONS = Shelf("ramen_question", Question, 100)
ANSWERS = Shelf("ramen_answer", Answer, 2_000)


def read_draft(body: bytes) -> Draft:
    """Return the question that the JSON describes.

    Raises:
        Refused: 422, with what is wrong and where.
    """
    try:
        draft = msgspec.json.decode(body, type=Draft)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unusable(f"The question cannot be used: {error}.") from error
    if not draft.text.strip():
        raise _unusable("The question has no text.")
    choices = {choice.strip() for choice in draft.choices}
    if draft.type == "choice" and ("" in choices or len(choices) < 2):  # noqa: PLR2004 - one is no choice.
        raise _unusable("A choice needs at least two different answers.")
    return draft


def due_question(questions: Iterable[Question], user: User, url: str) -> Question | None:
    """Return the oldest question that the user is to be asked now, or None."""
    for question in sorted(questions, key=lambda question: question.created_at):
        if (
            question.draft.is_active
            and question.id not in user.asked_question_ids
            and is_meant(question.draft.targeting, user, url)
        ):
            return question
    return None


def is_meant(targeting: Targeting, user: User, url: str) -> bool:
    """Return whether the user, on that page, is among those who are asked."""
    if targeting.audience != "everyone" and (targeting.audience == "identified") != bool(user.id):
        return False
    if targeting.company_ids and not set(targeting.company_ids) & set(user.company_ids):
        return False
    if targeting.url_pattern and not is_on_page(targeting.url_pattern, url):
        return False
    if any(user.events.get(event.name, 0) < event.count_min for event in targeting.events):
        return False
    return all(_holds(condition, user) for condition in targeting.traits)


def is_on_page(pattern: str, url: str) -> bool:
    """Return whether the URL, or its path alone, fits the pattern, in which `*` is anything."""
    address = url.partition("#")[0]
    path = re.sub(r"^[a-z]+://[^/?]*", "", address.partition("?")[0]) or "/"
    return any(_fits(pattern.split("*"), text) for text in (url, address, path))


def _fits(parts: list[str], text: str) -> bool:
    """Look for each part after the one before; a regular expression could take for ever."""
    if len(parts) == 1:
        return text == parts[0]
    first, *middle, last = parts
    if len(text) < len(first) + len(last) or not text.startswith(first):
        return False
    if not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def checked_value(draft: Draft, value: object) -> str | int:
    """Return the answer, if it is one to this question.

    Raises:
        Refused: 422.
    """
    if draft.type == "score":
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= SCORE_MAX:
            return value
        raise _unusable(f"The answer is not a whole number from 0 to {SCORE_MAX}.")
    if draft.type == "choice":
        if isinstance(value, str) and value in draft.choices:
            return value
        raise _unusable("The answer is none of the choices.")
    if isinstance(value, str) and value.strip():
        return value.strip()[:ANSWER_LENGTH_MAX]
    raise _unusable("The answer is empty.")


def _holds(condition: TraitCondition, user: User) -> bool:
    known = {"id": user.id, "email": user.email, "name": user.name}
    value = user.traits.get(condition.name, known.get(condition.name))
    if condition.operator == "exists":
        return value is not None
    if condition.operator == "missing":
        return value is None
    # A form sends every value as text: it is read as what the trait is.
    trait_type = None if value is None else type_of("", value)
    bound = None if trait_type is None else cast_value(condition.value, trait_type)
    if condition.operator == "!=":
        # Of whom nothing is known, it is not this.
        return value is None or value != bound
    if value is None or bound is None:
        return False
    return _COMPARISONS[condition.operator](value, bound)


# Both sides have the same type by now; times are texts that sort as they pass.
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def unknown_question() -> web.Refused:
    """Return the refusal of a question id that the organization does not have."""
    return web.Refused(
        404,
        "unknown_question",
        "The organization has no question with this id.",
        do="Copy the question's id from the questions page.",
    )


def _unusable(what: str) -> web.Refused:
    return web.Refused(422, "unusable", what, do="Change it and send it again.")
