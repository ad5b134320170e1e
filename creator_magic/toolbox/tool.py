"""The tool: a documented function with all it needs to run elsewhere, as pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

CaseOrigin = Literal["doctest", "decision", "model", "person", "trial"]
"""Where a case comes from: the tool's docstring, the calls its decision made, a model, a person, or a
trial that showed a fault of the tool."""

ToolOrigin = Literal["generated", "notebook", "imported", "kept"]
"""Where a tool comes from: a model's reply, a function of the notebook, a file from outside, or
another toolbox of the same person."""


@dataclass(frozen=True, slots=True)
class Case:
    """A call of a tool and what it must show, as in a doctest.

    Parameters
    ----------
    call : str
        Source of the call.
    expected : str
        What an interactive session shows for it: the value's `repr`, what is printed, or a
        traceback's first and last line.
    setup : tuple of str
        Statements that run before and show nothing, such as imports.
    origin : {"doctest", "decision", "model", "person", "trial"}
        Where it comes from.
    note : str
        Which trial it comes from, and who says what is expected; empty for other origins.
    """

    call: str
    expected: str
    setup: tuple[str, ...] = ()
    origin: CaseOrigin = "doctest"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a tool was admitted on.

    Parameters
    ----------
    decision : str
        The code that called it to answer its problem.
    answer : str
        The answer that gave; empty where it has solved no problem yet.
    passed : int
        How many cases it passed.
    versions : tuple of str
        What it ran on, such as "python 3.11.7" and "numpy 2.4.6".
    """

    decision: str = ""
    answer: str = ""
    passed: int = 0
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a tool comes from.

    Parameters
    ----------
    origin : {"generated", "notebook", "imported", "kept"}
        How it came into the toolbox.
    model : str
        The model that wrote it.
    place : str
        The notebook it was made in, or the file it was imported from.
    foreign : bool
        Whether it came from outside and has not been admitted here.
    evidence : Evidence or None
        What it was admitted on; None if it never ran.
    borrowed : tuple of str
        Names that its source takes from the decision, because the tool cell lacked them.
    """

    origin: ToolOrigin = "generated"
    model: str = ""
    place: str = ""
    foreign: bool = False
    evidence: Evidence | None = None
    borrowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A documented function that solves a kind of problem, with what it needs to run elsewhere.

    Parameters
    ----------
    name : str
        The function's name, unique in its toolbox.
    source : str
        Whole: imports, constants and helper functions, then the function.
    signature : str
        As in `area(width: float, height: float) -> float`.
    summary : str
        The first sentence of the docstring.
    docstring : str
        The whole docstring.
    requirements : tuple of str
        Distributions it imports from, beyond the standard library.
    calls : tuple of str
        Other tools of the toolbox that its source calls.
    cases : tuple of Case
        What must hold whenever it changes.
    problem : str
        The problem it was made for.
    provenance : Provenance
        Where it comes from, and what it was admitted on.
    revision : int
        Counted from 1.
    uses, successes : int
        How often it was used for a later problem, and how often that problem was solved.
    proposed : tuple of Case
        Cases that a model proposed and the tool does not pass, until a person decides.
    """

    name: str
    source: str
    signature: str
    summary: str = ""
    docstring: str = ""
    requirements: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()
    problem: str = ""
    provenance: Provenance = field(default_factory=Provenance)
    revision: int = 1
    uses: int = 0
    successes: int = 0
    proposed: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True)
class Revision:
    """A tool as it stood at one time.

    Parameters
    ----------
    tool : Tool
        All of it.
    at : str
        When it was written, in UTC.
    reason : str
        Why, in a few words.
    """

    tool: Tool
    at: str
    reason: str
