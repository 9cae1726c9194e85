"""Says, for each kind of value in a mapping, which code resolves it.

What Segment's runtime would refuse at every event, because it is written wrongly inside a list
where nothing is checked beforehand, becomes code that raises: the branch it stands in may never be
taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, cast

from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED
from crossdock.kit.mapping import check, directives, liquid, path
from crossdock.kit.mapping.errors import MappingError
from crossdock.kit.mapping.generate import ANYTHING, NOTHING, Scope, Trait, Value

ROOT_DIRECTIVE_KEY: Final = "__segment_internal_directive"
_REQUIRED_OBJECT: Final = {
    "@if": '@if requires an object with an "exists" key',
    "@case": '@case requires an object with a "operator" key',
    "@replace": '@replace requires an object with a "pattern" key',
    "@json": '@json requires an object with a "value" key',
    "@flatten": '@flatten requires an object with a "separator" key',
    "@merge": '@merge requires an object with an "objects" key and a "direction" key',
    "@transform": '@transform requires an object with an "apply" key and a "mapping" key',
}


def resolve(scope: Scope, node: object, *, keep: bool) -> Value:
    """Add the code that resolves a part of a mapping, and return where its result is.

    Args:
        scope: The function it is added to.
        node: The part.
        keep: Leave undefined members in objects.
    """
    if isinstance(node, list):
        items = [scope.at_rest(resolve(scope, item, keep=keep), keep=keep) for item in node]
        if any(Trait.MAYBE_UNDEFINED in item.traits for item in items):
            scope.program.has_undefined_items = True
        return Value(scope.variable(f"[{', '.join(item.code for item in items)}]"), _kept(keep))
    if not isinstance(node, dict):
        return NOTHING if node is UNDEFINED else Value(scope.program.constant(node))
    names = check.directive_keys(node)
    if names and all(key[:1] == "@" or key == check.METADATA_KEY for key in node):
        return _resolve_directive(scope, names[0], node[names[0]], keep=keep)
    result = scope.variable("{}")
    for key in js.keys(node):
        value = scope.at_rest(resolve(scope, node[key], keep=keep), keep=keep)
        if value is not NOTHING or keep:
            store(scope, result, key, value, keep=keep)
    return Value(result, _kept(keep))


def store(scope: Scope, into: str, key: str, value: Value, *, keep: bool) -> None:
    """Add the code that makes the value a member, unless it is undefined."""
    statement = f"{into}[{key!r}] = {value.code}"
    if Trait.MAYBE_UNDEFINED in value.traits and not keep:
        statement = f"if {value.code} is not U: {statement}"
    scope.line(statement)


def transformed(scope: Scope, mapping: object, *, is_checked: bool = False) -> Value:
    """Add the code of a whole mapping, checks included, and return where its result is."""
    try:
        prepared = prepare(mapping)
        if not is_checked:
            check.check(prepared)
    except MappingError as error:
        scope.line(f"{scope.program.call(directives.fail_all)}({scope.program.constant(error)})")
        return NOTHING
    return scope.at_rest(resolve(scope, prepared, keep=False), keep=False)


def prepare(mapping: object) -> object:
    """Return the object that is resolved for a mapping: its spread, or its root directive's.

    Raises:
        MappingError: There is nothing to resolve.
    """
    if mapping is None or mapping is UNDEFINED:
        raise MappingError("Cannot convert undefined or null to object", name="TypeError")
    members = directives.spread(mapping)
    if ROOT_DIRECTIVE_KEY not in members:
        return members
    root = members[ROOT_DIRECTIVE_KEY]
    if root is None or root is UNDEFINED:
        raise MappingError("Cannot convert undefined or null to object", name="TypeError")
    options = directives.spread(root)
    if len(options) > 1:
        raise MappingError("The root mapping must only have a single directive object")
    value = next(iter(options.values()), None)
    if not isinstance(value, (dict, list)):
        raise MappingError("The root directive must be an object")
    rest = {key: member for key, member in members.items() if key != ROOT_DIRECTIVE_KEY}
    # A list keeps being one; the member it would get beside its items is never looked at.
    changed = {**value, "mapping": rest} if isinstance(value, dict) else value
    return [changed] if isinstance(root, list) else {next(iter(options)): changed}


def _kept(keep: bool) -> Trait:  # noqa: FBT001 - one argument, and it is the question.
    return Trait.RAW | Trait.SHARED if keep else Trait.PLAIN


def _fail(scope: Scope, message: str) -> Value:
    scope.line(f"{scope.program.call(directives.fail)}({message!r})")
    return NOTHING


def _call(
    scope: Scope, function: Callable[..., object], *arguments: str, traits: Trait = Trait.PLAIN
) -> Value:
    call = f"{scope.program.call(function)}({', '.join(arguments)})"
    return Value(scope.variable(call), traits)


def _resolve_directive(scope: Scope, name: str, value: object, *, keep: bool) -> Value:
    if name in _REQUIRED_OBJECT and not isinstance(value, dict):
        return _fail(scope, _REQUIRED_OBJECT[name])
    resolve_named = _DIRECTIVES.get(name)
    if resolve_named is None:
        return _fail(scope, f"{name} is not a valid directive, got undefined")
    return resolve_named(scope, value, keep)


def _path(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001 - one signature for all directives.
    if isinstance(value, str):
        return scope.at(path.event_pieces(value))
    computed = resolve(scope, value, keep=keep)
    return _call(scope, directives.at_path, "e", computed.code, traits=ANYTHING)


def _template(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001
    if not isinstance(value, str) or "{{{" in value:
        computed = resolve(scope, value, keep=keep)
        return _call(scope, directives.template, "e", computed.code)
    # Every other part of the split is what stood between the braces.
    parts = []
    for index, part in enumerate(directives.DOUBLE.split(value)):
        if index % 2:
            found = scope.at(path.pieces(part.strip(js.WHITESPACE))).code
            parts.append(f"({found} if {found}.__class__ is str else text({found}))")
        elif part:
            parts.append(repr(part))
    return Value(scope.variable(" + ".join(parts) or "''"))


def _if(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001
    options = cast("dict[str, object]", value)
    exists, blank = options.get("exists", UNDEFINED), options.get("blank", UNDEFINED)
    if not js.truthy(exists) and not js.truthy(blank):
        return _fail(scope, '@if requires an "exists" key or a "blank" key')
    then, otherwise = options.get("then", UNDEFINED), options.get("else", UNDEFINED)
    if not js.truthy(otherwise):
        otherwise = UNDEFINED
    if exists is not UNDEFINED:
        found = resolve(scope, exists, keep=keep)
        if found.code[0] not in "ev":
            found = Value(scope.variable(found.code), found.traits)
        condition = f"{found.code} is not None and {found.code} is not U"
        if then == exists and check.directive_keys(exists) == ["@path"]:
            # By far the most frequent form: take this path, else that one.
            result = scope.variable("e") if found.code == "e" else found.code
            with scope.block(f"if {result} is None or {result} is U:"):
                other = resolve(scope, otherwise, keep=keep)
                scope.line(f"{result} = {other.code}")
            return Value(result, found.traits | other.traits)
    else:
        found = resolve(scope, blank, keep=keep)
        condition = f"{scope.program.call(directives.is_there)}({found.code})"
    result = scope.program.name("v")
    with scope.block(f"if {condition}:"):
        first = resolve(scope, then, keep=keep)
        scope.line(f"{result} = {first.code}")
    with scope.block("else:"):
        second = resolve(scope, otherwise, keep=keep)
        scope.line(f"{result} = {second.code}")
    return Value(result, first.traits | second.traits)


def _case(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001
    options = cast("dict[str, object]", value)
    operator, inner = options.get("operator"), options.get("value")
    if not js.truthy(operator):
        return _fail(scope, '@case requires a "operator" key')
    if not js.truthy(inner):
        return NOTHING
    found = resolve(scope, inner, keep=keep)
    constant = scope.program.constant(operator)
    return _call(scope, directives.cased, found.code, constant, traits=found.traits)


def _replace(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001
    options = cast("dict[str, object]", value)
    if not js.truthy(options.get("pattern")):
        return _fail(scope, '@replace requires a "pattern" key')
    if not js.truthy(options.get("value")):
        return NOTHING
    found = resolve(scope, options["value"], keep=keep)
    return _call(scope, directives.replaced, found.code, scope.program.constant(options))


def _array_path(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001
    if not isinstance(value, list):
        return _fail(scope, f"@arrayPath expected array, got {js.type_name(value)}")
    first = value[0] if value else UNDEFINED
    root = _path(scope, first, keep) if isinstance(first, str) else resolve(scope, first, keep=keep)
    shape = value[1] if len(value) > 1 else None
    if not isinstance(shape, dict) or not shape:
        return root
    scope.program.has_undefined_items = True
    # What is not a list afterwards is no object either, and can be shared.
    traits = root.traits & Trait.MAYBE_UNDEFINED | _kept(keep)
    name = scope.program.function(
        scope.program.name("item"),
        lambda inner: inner.at_rest(resolve(inner, shape, keep=keep), keep=keep),
    )
    return _call(scope, directives.mapped_items, root.code, name, traits=traits)


def _json(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001, ARG001
    options = cast("dict[str, object]", value)
    if not js.truthy(options.get("mode")):
        return _fail(scope, '@json requires a "mode" key')
    if not js.truthy(options.get("value")):
        return _fail(scope, '@json requires a "value" key')
    found = resolve(scope, options["value"], keep=True)
    if options["mode"] == "encode":
        return _call(scope, directives.encoded, found.code, traits=Trait.MAYBE_UNDEFINED)
    if options["mode"] == "decode":
        return _call(scope, directives.decoded, found.code, traits=found.traits)
    return NOTHING


def _flatten(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001, ARG001
    options = cast("dict[str, object]", value)
    if not js.truthy(options.get("separator")):
        return _fail(scope, '@flatten requires a "separator" key')
    separator = resolve(scope, options["separator"], keep=True)
    found = resolve(scope, options.get("value", UNDEFINED), keep=True)
    keeps_lists = f"keeps_lists={js.truthy(options.get('omitArrays'))}"
    arguments = (found.code, separator.code, keeps_lists)
    return _call(scope, directives.flattened, *arguments, traits=Trait.RAW | Trait.SHARED)


def _merge(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001, ARG001
    options = cast("dict[str, object]", value)
    if not js.truthy(options.get("direction")):
        return _fail(scope, '@merge requires a "direction" key')
    objects = options.get("objects")
    if not js.truthy(objects):
        return _fail(scope, '@merge requires a "objects" key')
    direction = resolve(scope, options["direction"], keep=True)
    if not isinstance(objects, list):
        kind = "object" if isinstance(objects, dict) else js.type_name(objects)
        return _fail(scope, f"@merge: expected opts.array, got {kind}")
    codes = [resolve(scope, merged, keep=True).code for merged in objects]
    arguments = (f"[{', '.join(codes)}]", direction.code)
    return _call(scope, directives.merged, *arguments, traits=Trait.RAW | Trait.SHARED)


def _transform(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001
    options = cast("dict[str, object]", value)
    apply, mapping = options.get("apply"), options.get("mapping")
    for name, option in (("mapping", mapping), ("apply", apply)):
        if not js.truthy(option):
            return _fail(scope, f'@transform requires a "{name}" key')
    if not isinstance(apply, dict):
        return _fail(scope, '@transform "apply" key should be an object')
    program = scope.program

    def apply_body(inner: Scope) -> Value:
        inner.guard("if e is U: e = {}")
        inner.guard(f"{program.call(directives.require_object)}(e)")
        return transformed(inner, apply)

    applied = program.function(program.name("apply"), apply_body, root_is_object=True)
    mapped = program.function(
        program.name("mapped"),
        lambda inner: inner.at_rest(resolve(inner, mapping, keep=keep), keep=keep),
    )
    return Value(scope.variable(f"{mapped}({applied}(e))"), Trait.MAYBE_UNDEFINED | _kept(keep))


def _exclude_when_null(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001, ARG001
    found = resolve(scope, value, keep=True)
    traits = Trait.RAW | Trait.SHARED | Trait.MAYBE_UNDEFINED
    return _call(scope, directives.without_null, found.code, traits=traits)


def _literal(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001
    return resolve(scope, value, keep=keep)


def _liquid(scope: Scope, value: object, keep: bool) -> Value:  # noqa: FBT001, ARG001
    try:
        template = liquid.load(value)
    except MappingError as error:
        scope.line(f"{scope.program.call(directives.fail_all)}({scope.program.constant(error)})")
        return NOTHING
    if template is None:
        return Value("''")
    return _call(scope, liquid.rendered, scope.program.constant(template), "e")


_Directive = Callable[[Scope, object, bool], Value]
_DIRECTIVES: Final[Mapping[str, _Directive]] = {
    "@path": _path,
    "@template": _template,
    "@if": _if,
    "@case": _case,
    "@replace": _replace,
    "@arrayPath": _array_path,
    "@json": _json,
    "@flatten": _flatten,
    "@merge": _merge,
    "@transform": _transform,
    "@excludeWhenNull": _exclude_when_null,
    "@literal": _literal,
    "@liquid": _liquid,
}
