"""Units: the pieces of a run that are worked on by themselves, each by one worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from creator_magic.bench.problem import BenchProblem
    from creator_magic.bench.row import Row
    from creator_magic.bench.setup import Setup
    from creator_magic.bench.trace import Trace
    from creator_magic.ports import Candidate


class Key(NamedTuple):
    """What tells a row from all others of its file."""

    data: str
    id: str
    method: str
    repeat: int


def key_of(result: Row | Trace) -> Key:
    """Return the key of a row, or of its trace."""
    return Key(result.data, result.id, result.method, result.repeat)


@dataclass(frozen=True, slots=True)
class Unit:
    """What one worker does at once.

    Parameters
    ----------
    problems : tuple of BenchProblem
        One; or a group of them that is worked on in this order with one toolbox.
    setup : Setup
        How.
    repeat : int
        Which time, from 1.
    tools : tuple of Candidate
        For the method `tools`, those that are there.
    """

    problems: tuple[BenchProblem, ...]
    setup: Setup
    repeat: int = 1
    tools: tuple[Candidate, ...] = ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of its rows."""
        return tuple(Key(p.data, p.id, self.setup.label, self.repeat) for p in self.problems)


def units(
    problems: Sequence[BenchProblem],
    setups: Sequence[Setup],
    repeats: int,
    done: Container[Key] = (),
    tools: Mapping[str, tuple[Candidate, ...]] | None = None,
) -> Iterator[Unit]:
    """Return what is to be worked on: of each problem all setups, so that a run that is ended compares them.

    Parameters
    ----------
    problems : sequence of BenchProblem
        In order.
    setups : sequence of Setup
        How each is worked on.
    repeats : int
        How often.
    done : container of Key
        Rows that are there. A group that lacks one is worked on again as a whole: its toolbox is gone.
    tools : mapping of str to tuple of Candidate
        The tools of setups that name some, by the setup's label.

    Raises
    ------
    InputError
        If tools are to be transferred, and the problems of some data say of no group.
    """
    groups: dict[tuple[str, str], list[BenchProblem]] = {}
    for problem in problems:
        groups.setdefault((problem.data, problem.group or f"\0{problem.id}"), []).append(problem)
    if any(setup.transfer for setup in setups):
        for data in dict.fromkeys(problem.data for problem in problems):
            if all(len(group) == 1 for (name, _), group in groups.items() if name == data):
                raise InputError(
                    f"The problems of {data} are in no groups, so no tool can be transferred among them. Say "
                    "which column tells the group, --column group=NAME, or leave out transfer."
                )
    first = {id(group[0]): tuple(group) for group in groups.values()}
    together = (
        (group, setup, repeat)
        for repeat in range(1, repeats + 1)
        for problem in problems
        for setup in setups
        if (group := first.get(id(problem)) if setup.transfer else (problem,)) is not None
    )
    all_units = (Unit(*each, (tools or {}).get(each[1].label, ())) for each in together)
    return (unit for unit in all_units if not all(key in done for key in unit.keys))
