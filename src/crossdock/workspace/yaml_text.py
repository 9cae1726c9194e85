"""YAML as people write it: no surprises, and every complaint with its line.

What PyYAML lets through and a workspace's file must not have: a key twice (the last would win
silently), anchors and aliases (a few lines can stand for gigabytes), dates (a version "2030-01-01"
is text here), tags, numbers to the base of 60 (a time "12:30" is text too), and what JSON does not
have, in which it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

from crossdock.base import json
from crossdock.workspace.errors import Refused

CHARACTERS_MAX = 2_000_000


_TAG = "tag:yaml.org,2002:"
_USED = frozenset(f"{_TAG}{name}" for name in ("bool", "float", "int", "map", "null", "seq", "str"))
_NO_NUMBER = re.compile(r"\.(inf|nan)$|:", re.IGNORECASE)
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:  # type: ignore[explicit-override]
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML's.
            raise yaml.constructor.ConstructorError(
                None, None, "anchors and aliases (& and *) are not used here", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_object(  # type: ignore[explicit-override]  # typing.override is of 3.12.
        self,
        node: yaml.Node,
        deep: bool = False,  # noqa: FBT001, FBT002 - PyYAML calls it so.
    ) -> Any:
        if problem := _unusable(node):
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_object(node, deep)

    def construct_mapping(  # type: ignore[explicit-override]  # typing.override is of 3.12.
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002 - PyYAML calls it so.
    ) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != "tag:yaml.org,2002:str":
                raise yaml.constructor.ConstructorError(
                    None, None, "a key that is not text; put it in quotes", key_node.start_mark
                )
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f'the key "{key_node.value}" a second time', key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def _unusable(node: yaml.Node) -> str:
    """Return why the node is nothing that can be stored; empty if it can."""
    if node.tag not in _USED:
        return f'"{node.tag.replace(_TAG, "!!")}" is not used here'
    if not isinstance(node, yaml.ScalarNode):
        return ""
    if node.tag in {f"{_TAG}int", f"{_TAG}float"} and _NO_NUMBER.search(node.value):
        return "a number that JSON does not have; put it in quotes if it is text"
    return "half of a surrogate pair" if _HALF_CHARACTER.search(node.value) else ""


_NOT_USED = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge", "tag:yaml.org,2002:value"}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_USED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _data: object) -> bool:  # type: ignore[explicit-override]  # As above.
        return True


# Line breaks to YAML 1.1, which PyYAML writes as they are and then reads as a space.
_LINE_BREAKS = frozenset("\x85\u2028\u2029")


def _represent_text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = '"' if _LINE_BREAKS.intersection(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _represent_text)


def load_yaml(text: str) -> Any:
    """Return the value that the YAML text stands for.

    Raises:
        Refused: It is not YAML, or uses what is not used here. The message names the line.
    """
    if len(text) > CHARACTERS_MAX:
        raise Refused(
            f"The file has {len(text)} characters; {CHARACTERS_MAX} are the most.",
            do="Check that it is a workspace's file.",
            reason="file_too_long",
        )
    try:
        value = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader, made stricter.
    except RecursionError as error:
        raise _too_deep() from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the file"
        raise Refused(
            f"The file is not YAML as it is used here: {error.problem or error.context} ({where}).",
            do="Correct that line; `crossdock export` shows how such a file looks.",
            reason="not_yaml",
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise Refused(
            "The file has a character or a number that YAML does not allow.",
            do="Save it as UTF-8 text without control characters.",
            reason="not_yaml",
        ) from error
    if json.depth_exceeds(value, json.DEPTH_MAX):
        raise _too_deep()
    return value


def dump_yaml(value: object) -> str:
    """Return the value as YAML, keys in the order they have."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def _too_deep() -> Refused:
    return Refused(
        f"The file is nested deeper than {json.DEPTH_MAX} levels.",
        do="Check that it is a workspace's file.",
        reason="file_too_deep",
    )
