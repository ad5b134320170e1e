"""The gate that generated code passes before it runs: what it would do, against what is allowed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from creator_magic.policy.analysis import findings
from creator_magic.policy.effects import DEFAULT, DOES, TOLD, WOULD, Effect, Finding
from creator_magic.policy.examples import with_examples
from creator_magic.policy.person import CannotAskError
from creator_magic.ports import Failure, Frame, Ruling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from creator_magic.policy.effects import Verdict
    from creator_magic.policy.person import Person
    from creator_magic.ports import CodeCell

_SHOWN = 3


class Agreements(Protocol):
    """What code from elsewhere a person has agreed to run."""

    def agreed(self, source: str) -> bool:
        """Tell whether a person has agreed to this very code before."""
        ...

    def agree(self, source: str) -> None:
        """Remember that a person has."""
        ...


class Gate:
    """What a person has allowed, for one solve.

    Parameters
    ----------
    verdicts : mapping of str to {"allow", "ask", "deny"}
        By effect; those that are missing are as in `DEFAULT`.
    allowed : sequence of str
        Effects that are allowed for this solve, whatever `verdicts` says.
    person : Person
        Who is asked.
    meanings : callable
        Called with names: what those that the notebook has mean, as `findings` takes it.
    agreements : Agreements
        What from elsewhere has been agreed to; that is asked about once.
    ask_always : bool
        Whether the person is asked before any code of a model's runs.
    """

    def __init__(
        self,
        verdicts: Mapping[Effect, Verdict],
        allowed: Sequence[Effect],
        person: Person,
        meanings: Callable[[Iterable[str]], Mapping[str, str]],
        agreements: Agreements,
        *,
        ask_always: bool = False,
    ) -> None:
        self._verdicts = _in_force(verdicts, allowed)
        self._person = person
        self._meanings = meanings
        self._agreements = agreements
        self._flagged = frozenset(allowed)
        self._ask_always = ask_always

    def judge(
        self,
        cells: Sequence[CodeCell],
        show: Callable[[str], None],
        *,
        standing: bool = False,
        edited: frozenset[str] = frozenset(),
    ) -> Ruling:
        """Say whether `cells` may run; see `creator_magic.ports.Policy`."""
        judged = {cell.key: with_examples(cell.source) for cell in cells}
        words = {word for text, _ in judged.values() for word in re.findall(r"[^\W\d]\w*", text)}
        found = tuple(
            replace(one, line=judged[one.key][1].get(one.line, one.line))
            for one in findings([(key, text) for key, (text, _) in judged.items()], self._meanings(words))
        )
        foreign = [cell for cell in cells if cell.foreign and not self._agreements.agreed(cell.source)]
        found = (*map(_from_elsewhere, foreign), *(one for one in found if one.key not in edited))
        denied = [one for one in found if self._verdicts[one.effect] == "deny"]
        if denied:
            return Ruling(
                _refusal(denied, f"To permit it, add to the cell's first line: {_permission(denied)}")
            )
        asked = [one for one in found if self._verdicts[one.effect] == "ask"]
        if asked or (self._ask_always and not standing):
            refusal = self._asked(asked, cells, show)
            if refusal is not None:
                return Ruling(refusal)
        if self._verdicts["foreign"] == "ask" or "foreign" in self._flagged:
            for cell in foreign:
                self._agreements.agree(cell.source)
        effects = dict.fromkeys(one.effect for one in found if DEFAULT[one.effect] != "allow")
        return Ruling(None, tuple(effects))

    def _asked(
        self, found: Sequence[Finding], cells: Sequence[CodeCell], show: Callable[[str], None]
    ) -> Failure | None:
        keys = " and the ".join(cell.key for cell in cells)
        lines = "".join(f"\n  {_place(one)}" for one in _first(found))
        would = f" It would {would_do(found)}:{lines}\n" if found else " "
        show("Waiting for your answer")
        try:
            if self._person.agrees(f"Run the {keys} cell?{would}[y/N] "):
                return None
        except CannotAskError as error:
            permission = f" or add to its first line: {_permission(found)}" if found else ""
            return _refusal(
                found, f"It needs your yes, and {error}. Run this cell by itself{permission}", cells
            )
        return _refusal(found, "You were asked, and did not agree", cells)


def forbidden(verdicts: Mapping[Effect, Verdict], allowed: Sequence[Effect]) -> str:
    """Return what code must not do, in words for a model; empty if there is nothing.

    Parameters
    ----------
    verdicts, allowed
        As for `Gate`. What a person would be asked about is not forbidden.
    """
    in_force = _in_force(verdicts, allowed)
    words = [word for effect, word in TOLD.items() if in_force[effect] == "deny"]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


def _in_force(verdicts: Mapping[Effect, Verdict], allowed: Sequence[Effect]) -> dict[Effect, Verdict]:
    return {**DEFAULT, **verdicts, **dict.fromkeys(allowed, "allow")}


def would_do(found: Iterable[Finding]) -> str:
    """Return what code would do, as the end of a sentence."""
    words = list(dict.fromkeys(WOULD[one.effect] for one in found))
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def _from_elsewhere(cell: CodeCell) -> Finding:
    lines = cell.source.splitlines()
    line = next((n for n, text in enumerate(lines, 1) if text.startswith(("def ", "async def "))), 1)
    text = lines[line - 1].strip() if lines else ""
    return Finding("foreign", cell.key, line, text, f"this tool {DOES['foreign']}")


def _refusal(found: Sequence[Finding], way_out: str, cells: Sequence[CodeCell] = ()) -> Failure:
    said = f"it would {would_do(found)}" if found else "it was not agreed to"
    lines = [f"  {_place(one)}" for one in _first(found)]
    if len(found) > len(lines):
        lines[-1] += f"  (and {len(found) - len(lines)} more)"
    head = f"The code did not run: {said}."
    frames = tuple(Frame(one.key, one.line, "<module>", f"{one.text}  # {one.what}") for one in found)
    key = found[0].key if found else cells[-1].key
    return Failure("denied", "NotPermitted", "\n".join([head, *lines, f"{way_out}."]), key, frames)


def _first(found: Sequence[Finding]) -> list[Finding]:
    places = {(one.key, one.line): one for one in reversed(found)}
    return sorted(places.values(), key=found.index)[:_SHOWN]


def _place(one: Finding) -> str:
    text = one.text if len(one.text) <= 80 else f"{one.text[:79]}…"  # noqa: PLR2004 - a line's worth
    return f"{one.key} cell, line {one.line}: {text}"


def _permission(found: Iterable[Finding]) -> str:
    return f"--allow {','.join(dict.fromkeys(one.effect for one in found))}"
