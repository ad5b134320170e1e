"""Code kept off the names of the notebook, and run to see that it means the same."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.hygiene import KeptApart, Surroundings, keep_apart

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

COST = "def cost(a, b=2):\n    return a + b\n"


def never(_module: str, _attribute: str | None, _name: str) -> bool:
    return False


def kept(
    tool: str | None,
    decision: str | None,
    *,
    protected: Collection[str] = (),
    passing: Collection[str] = (),
    unbound: Collection[str] = (),
    same_import: Callable[[str, str | None, str], bool] = never,
) -> KeptApart:
    """Keep apart, and see that a second time changes nothing."""
    around = Surroundings(frozenset(protected), frozenset(passing), same_import, frozenset(unbound))
    result = keep_apart(tool, decision, around)
    if result.refused:
        assert (result.tool, result.decision, result.renamed) == (tool, decision, {})
    else:
        assert keep_apart(result.tool, result.decision, around) == KeptApart(result.tool, result.decision)
    return result


def printed(*cells: str | None, names: dict[str, Any] | None = None) -> str:
    """Return what cells print, run one after the other in one namespace."""
    names = {"__name__": "__main__"} if names is None else names
    with contextlib.redirect_stdout(io.StringIO()) as output:
        for cell in cells:
            exec(compile(cell or "", "<cell>", "exec", dont_inherit=True), names)  # noqa: S102
    return output.getvalue()


def assert_means_the_same(
    tool: str, decision: str, result: KeptApart, names: dict[str, Any] | None = None
) -> None:
    assert not result.refused
    before = printed(tool, decision, names=dict(names or {}))
    kernel = dict(names or {})
    assert printed(result.tool, result.decision, names=kernel) == before
    assert printed(result.decision, names=kernel) == before
    assert {name: kernel[name] for name in names or {}} == (names or {})
