"""Whose names are whose: the person's, a solve's tool, a solve's decision.

A name belongs to a solve as long as it still means the very object that the solve bound, and no
cell of the person's has assigned it since. Everything else in the namespace is the person's.
"""

from __future__ import annotations

import ast
import builtins
import sys
from dataclasses import dataclass, replace
from itertools import chain, compress, islice
from operator import is_, is_not
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.hygiene import Surroundings
from creator_magic.kernel.names_where import NamesWhere
from creator_magic.kernel.shell_names import SHELL_NAMES
from creator_magic.python_source import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from creator_magic.ports import Role


@dataclass(frozen=True, slots=True)
class Claim:
    """A name that a solve has bound, to which object, and by which code."""

    owner: str
    role: Role
    identity: int
    source: str = ""


class Ownership:
    """Who bound which name of a namespace.

    Parameters
    ----------
    namespace : dict
        The namespace, live.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._claims: dict[str, Claim] = {}
        # Everybody who has ever claimed a name.
        self._owners: set[str] = set()

    def claim(self, names: Iterable[str], owner: str, role: Role, source: str = "") -> None:
        """Record that `owner` has just bound `names` in a cell with `role` and that source."""
        self._owners.add(owner)
        for name in names:
            if name in self._namespace:
                self._claims[name] = Claim(owner, role, id(self._namespace[name]), source)

    def adopt(self, owner: str, other: str) -> None:
        """Give `owner` what `other` has claimed: the same solve, known by another name."""
        if other in self._owners:
            for name, claim in self._claims.items():
                if claim.owner == other:
                    self._claims[name] = replace(claim, owner=owner)
            self._owners.add(owner)

    def release(self, names: Iterable[str]) -> None:
        """Give `names` back to the person, who assigns them."""
        for name in names:
            self._claims.pop(name, None)

    def claims(self) -> dict[str, Claim]:
        """Return every claim that there is now."""
        return dict(self._claims)

    def restore(self, claims: dict[str, Claim]) -> None:
        """Let every name be whose it was when `claims` were all there were."""
        self._claims.clear()
        self._claims.update(claims)

    def claim_of(self, name: str) -> Claim | None:
        """Return who has claimed `name`, if somebody has."""
        return self._claims.get(name)

    def owns(self, owner: str, name: str) -> bool:
        """Tell whether `name` means what `owner` bound it to."""
        claim = self._held(name)
        return claim is not None and claim.owner == owner

    def tools_of(self, owner: str) -> list[str]:
        """Return the names that tool cells of `owner` have bound, and that still mean the same."""
        return [
            name for name, claim in self._claims.items() if claim.role == "tool" and self.owns(owner, name)
        ]

    def tool_of_another(self, owner: str, name: str) -> str:
        """Return the source of the tool cell of another solve that `name` still comes from, or nothing."""
        claim = self._held(name)
        return claim.source if claim is not None and claim.owner != owner and claim.role == "tool" else ""

    def reclaim(self, name: str, claim: Claim | None) -> None:
        """Let `name`, which has its former meaning again, be its former owner's."""
        self._claims.pop(name, None)
        if claim is not None:
            self._claims[name] = claim

    def surroundings(self, owner: str, keep: frozenset[str]) -> Surroundings:
        """Return what code of `owner` must keep apart from.

        Parameters
        ----------
        owner : str
            The solve that is about to bind names.
        keep : frozenset of str
            Further names that it must not bind.
        """
        fixed = keep | SHELL_NAMES

        def is_passing(name: str) -> bool:
            claim = self._held(name)
            return claim is not None and claim.owner != owner and claim.role == "decision"

        def is_protected(name: str) -> bool:
            claim = self._held(name)
            return claim is None or (claim.owner != owner and claim.role != "decision")

        return Surroundings(
            protected=NamesWhere(
                *(self._namespace, fixed),
                wanted=lambda name: not name.startswith("__") and (name in fixed or is_protected(name)),
            ),
            passing=NamesWhere(self._namespace, wanted=lambda name: name not in fixed and is_passing(name)),
            same_import=self._same_import,
            unbound=keep - self._namespace.keys(),
        )

    def users_own(self) -> NamesWhere:
        """Return the names that no solve bound, as they are whenever they are asked for."""
        return unclaimed(self._namespace, self._claims)

    def _held(self, name: str) -> Claim | None:
        return _held(name, self._namespace, self._claims)

    def _same_import(self, module: str, attribute: str | None, name: str) -> bool:
        missing = object()
        meant = sys.modules.get(module, missing)
        if attribute is not None and meant is not missing:
            meant = getattr(meant, attribute, missing)
        # `display` and a few others are builtins in IPython.
        means = self._namespace.get(name, getattr(builtins, name, missing))
        return meant is not missing and means is meant


def unclaimed(names: Mapping[str, Any], claims: Mapping[str, Claim]) -> NamesWhere:
    """Return those of `names`, with what they mean, that `claims` do not give to a solve."""
    return NamesWhere(names, wanted=lambda name: _held(name, names, claims) is None)


def _held(name: str, names: Mapping[str, Any], claims: Mapping[str, Claim]) -> Claim | None:
    """Return the claim on a name, if the name still means what was claimed."""
    claim = claims.get(name)
    return claim if claim is not None and claim.identity == id(names.get(name)) else None


def assigned_names(source: str) -> frozenset[str]:
    """Return the names that `source` binds at its top level; none if it is not Python."""
    tree = parsed(source)
    return frozenset(_bound(tree.body)) if tree else frozenset()


def _bound(body: Iterable[ast.AST]) -> Iterable[str]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
                yield from _globals_of(node)
                continue
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((alias.asname or alias.name).split(".")[0] for alias in names)
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.Call(
                func=ast.Attribute(attr="run_cell_magic"), args=[*_, ast.Constant(value=str(text))]
            ):
                # A cell such as `%%time`: what its body binds, it binds.
                yield from assigned_names(text)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                yield from (n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
                continue
        yield from _bound(ast.iter_child_nodes(node))


def _globals_of(function: ast.AST) -> Iterable[str]:
    return (name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names)


def changed_names(before: Mapping[str, Any], now: Mapping[str, Any]) -> frozenset[str]:
    """Return the names that were created or bound anew since `before`."""
    if not all(map(is_, before, now)):
        missing = object()
        return frozenset(name for name, value in now.items() if before.get(name, missing) is not value)
    # Nothing was deleted, so that what is new stands at the end: a comparison in C, of thousands of names.
    bound_anew = compress(now, map(is_not, now.values(), before.values()))
    return frozenset(chain(bound_anew, islice(now, len(before), None)))
