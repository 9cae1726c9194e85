"""What the workspace defines, compiled, in the order of what reads what."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Mapping

import msgspec

from crossdock.audiences.language import (
    Compiled,
    LanguageError,
    Relations,
    compile_audience,
    compile_trait,
)
from crossdock.base import json
from crossdock.workspace import Computation, ComputationKind, Output, Workspace

# What the SQL of a definition means may change with a version of ours; then all are computed anew.
_MEANING = 2


@dataclasses.dataclass(frozen=True, slots=True)
class Program:
    """An audience or computed trait, compiled.

    Attributes:
        computation: What it was compiled from.
        compiled: What it depends on.
        reads: The keys of the audiences and computed traits that it refers to.
        revision: Another whenever what it means is another; says so of what it refers to as well.
    """

    computation: Computation
    compiled: Compiled
    reads: frozenset[str]
    revision: str

    @property
    def id(self) -> str:
        """Of the computation."""
        return self.computation.id

    def sql(self, relations: Relations) -> str:
        """Return a SELECT of `(subject_id, value, next_at)`; `value` is JSON as text, or null."""
        of = self.computation
        compiled = compile_definition(
            of.kind, of.definition, of.subject, of.with_anonymous, relations
        )
        id_name = "profile_id" if of.subject == "users" else "account_id"
        value = (
            "CASE WHEN member THEN 'true' END"
            if of.kind == "audience"
            else "CAST(value AS VARCHAR)"
        )
        return f"SELECT {id_name} AS subject_id, {value} AS value, next_at FROM ({compiled.sql})"  # noqa: S608 - of our own making.


@dataclasses.dataclass(frozen=True)
class Programs:
    """All that are enabled and mean something.

    Attributes:
        ordered: Each behind those that it reads; users' before accounts'.
        computations: All there are, the disabled ones too.
    """

    ordered: tuple[Program, ...] = ()
    computations: Mapping[str, Computation] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def by_id(self) -> Mapping[str, Program]:
        """Each."""
        return {one.id: one for one in self.ordered}

    def output(self, pair: tuple[str, str]) -> Output | None:
        """Return how a connection is told about a definition, if it is: both by their ids."""
        program = self.by_id.get(pair[0])
        if program is None:
            return None
        return next((o for o in program.computation.outputs if o.connection_id == pair[1]), None)


@functools.lru_cache(maxsize=4096)
def compile_definition(
    kind: ComputationKind,
    text: str,
    subject: str,
    with_anonymous: bool,  # noqa: FBT001 - a key of the cache.
    relations: Relations,
) -> Compiled:
    """Return a definition's SQL.

    Raises:
        LanguageError: The text is none.
    """
    compile_it = compile_audience if kind == "audience" else compile_trait
    return compile_it(
        text,
        subject="users" if subject == "users" else "accounts",
        with_anonymous=with_anonymous,
        relations=relations,
    )


def read_definition(one: Computation) -> frozenset[str]:
    """Return the traits that a definition reads.

    Raises:
        LanguageError: It is none.
    """
    compiled = compile_definition(
        one.kind, one.definition, one.subject, one.with_anonymous, Relations()
    )
    return compiled.trait_keys | compiled.account_trait_keys


def programs_of(workspace: Workspace) -> Programs:
    """Return what the workspace defines.

    What cannot be compiled is left out: the rules let nothing of that kind in, but a later version
    of the language may be stricter.
    """
    computations = [_followed(one, workspace) for one in workspace.computations]
    by_key = {one.key: one for one in computations}
    programs: dict[str, Program | None] = {}

    def visit(one: Computation) -> Program | None:
        if one.key in programs:
            return programs[one.key]
        programs[one.key] = None
        try:
            compiled = compile_definition(
                one.kind, one.definition, one.subject, one.with_anonymous, Relations()
            )
        except LanguageError:
            return None
        reads = compiled.reads_audiences(frozenset(by_key) - {one.key})
        below = [found for key in sorted(reads) if (found := visit(by_key[key]))]
        meaning = (
            *(_MEANING, one.kind, one.definition, one.subject, one.with_anonymous),
            *(found.revision for found in below),
        )
        revision = hashlib.blake2b(json.encode(meaning), digest_size=16).hexdigest()
        # Taken out and put back, so that it stands behind what it reads.
        del programs[one.key]
        programs[one.key] = found = Program(one, compiled, reads, revision)
        return found

    for one in computations:
        visit(one)
    enabled = [one for one in programs.values() if one is not None and one.computation.enabled]
    return Programs(
        tuple(sorted(enabled, key=lambda one: one.computation.subject == "accounts")),
        {one.id: one for one in computations},
    )


def _followed(one: Computation, workspace: Workspace) -> Computation:
    """Return it without those that are told in browsers: they ask, and are sent nothing."""
    outputs = tuple(o for o in one.outputs if not workspace.is_in_browser(o))
    return one if outputs == one.outputs else msgspec.structs.replace(one, outputs=outputs)
