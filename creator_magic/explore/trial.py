"""Episodes, trials, turns and verdicts, as pure data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Part = Literal["execution", "short-term", "long-term", "reflection"]
"""What the paper leaves out in turn to see what it is worth (STE, section 4.3)."""

PARTS: tuple[Part, ...] = ("execution", "short-term", "long-term", "reflection")

FAULTS = ("tool", "caller", "none")
"""Whom a reflection may blame for what went wrong."""

ASPECTS = ("informative", "faithful", "appropriate")
"""What a judge looks at: whether the answer informs, whether it is what the calls returned, and whether
the calls were the right ones."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How an exploration goes.

    Parameters
    ----------
    episodes, trials, turns : int
        Episodes of a tool, trials of an episode, calls of a trial at the most. The defaults are the
        paper's (STE, section 4.1).
    without : frozenset of str
        Parts that are left out, to see what each is worth.
    """

    episodes: int = 15
    trials: int = 4
    turns: int = 4
    without: frozenset[Part] = frozenset()

    @property
    def known_as(self) -> str:
        """What tells trials of this extent from those of another in the memory: the parts left out."""
        return ",".join(sorted(self.without))

    def calls(self, trials: int) -> tuple[int, int]:
        """Return how many calls of a model a number of trials take, at the least and at the most.

        At the least a query, a call and an answer; at the most a query that is imagined again, every
        turn and the answer. Each trial is reflected upon, and judged if it was solved.
        """
        executes, reflects = "execution" not in self.without, "reflection" not in self.without
        least = 1 + (2 if executes else 1) + reflects
        most = 2 + (self.turns + 1 if executes else 1) + reflects + 1
        return trials * least, trials * most


USUAL = Extent()


@dataclass(frozen=True, slots=True)
class Observation:
    """What a call showed.

    Parameters
    ----------
    text : str
        What it printed and returned, or its error, cut to size.
    ok : bool
        Whether the code ran to its end.
    kind : str
        Why it did not: one of `creator_magic.ports.FailureKind`; empty if it did.
    error : str
        The type of what it raised.
    inside : bool
        Whether that arose in the tool's own code, and by no `raise` or `assert` of it.
    """

    text: str
    ok: bool = True
    kind: str = ""
    error: str = ""
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """A reply of the model within a trial, and what came of it.

    Parameters
    ----------
    reply : str
        The whole text.
    code : str
        The call in it; empty where there was none that can be used.
    observation : Observation or None
        What the call showed; None where nothing was run.
    """

    reply: str
    code: str = ""
    observation: Observation | None = None


@dataclass(frozen=True, slots=True)
class Reflection:
    """Whether a trial solved its query, in the model's own judgement.

    Parameters
    ----------
    solved : bool or None
        None where it did not say.
    why : str
        Its words.
    fault : str
        Whom it blames, one of `FAULTS`; empty where it did not say.
    """

    solved: bool | None
    why: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge says of a trial; an aspect that it does not speak of is not met.

    Parameters
    ----------
    met : tuple of str
        The aspects of `ASPECTS` that are met.
    why : str
        Its words.
    model : str
        Who judged.
    """

    met: tuple[str, ...]
    why: str = ""
    model: str = ""

    @property
    def passes(self) -> bool:
        """Whether every aspect is met."""
        return set(self.met) == set(ASPECTS)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a trial comes from.

    Parameters
    ----------
    models : tuple of str
        The models whose replies it is made of.
    origins : tuple of str
        Where the replies came from: called, replayed or scripted.
    at : str
        When it ended, in UTC.
    version : str
        The version of creator-magic that made it.
    place : str
        Where the tool was found, in words.
    shown : str
        What the model was told of the tool.
    """

    models: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    at: str = ""
    version: str = ""
    place: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A query that was imagined, and the way it was answered.

    Parameters
    ----------
    tool, version : str
        The tool's name, and the hash of its code.
    episode, number : int
        Which trial it is, both from 1.
    query : str
        What was imagined.
    turns : tuple of Turn
        The calls.
    answer : str
        The final answer; empty where the turns were used up, or nothing was run.
    reflection : Reflection or None
        Whether that solved it; None where there was no reflecting.
    judgement : Judgement or None
        What the judge said; None where it was not asked.
    repeats : bool
        Whether the query is nearly an earlier one, although the model was asked again.
    course : str
        `Extent.known_as`.
    provenance : Provenance
        Where it comes from.
    """

    tool: str
    version: str
    episode: int
    number: int
    query: str
    turns: tuple[Turn, ...] = ()
    answer: str = ""
    reflection: Reflection | None = None
    judgement: Judgement | None = None
    repeats: bool = False
    course: str = ""
    provenance: Provenance = Provenance()

    @property
    def solved(self) -> bool | None:
        """The verdict: whether the query was solved; None where that was not said."""
        return self.reflection.solved if self.reflection is not None else None

    @property
    def passed(self) -> bool:
        """Whether the trial may serve as a demonstration: some call ran, and the judge lets it pass."""
        ran = any(turn.observation is not None and turn.observation.ok for turn in self.turns)
        return ran and self.judgement is not None and self.judgement.passes

    @property
    def call(self) -> Turn | None:
        """The last call that ran to its end, which the answer rests on."""
        ran = (turn for turn in reversed(self.turns) if turn.observation is not None and turn.observation.ok)
        return next(ran, None)

    def to_details(self) -> dict[str, Any]:
        """Return as JSON's types what a memory keeps beside the columns of its own."""
        parts = asdict(self)
        return {name: parts[name] for name in _DETAILS}


_DETAILS = ("turns", "answer", "reflection", "judgement", "repeats", "provenance")


def from_details(details: dict[str, Any], **columns: Any) -> Trial:
    """Return a trial from what `to_details` gave, and the rest by name."""
    turns = tuple(
        Turn(turn["reply"], turn["code"], Observation(**turn["observation"]) if turn["observation"] else None)
        for turn in details["turns"]
    )
    reflection, judgement = details["reflection"], details["judgement"]
    origin = details["provenance"]
    lists = {name: tuple(origin[name]) for name in ("models", "origins")}
    return Trial(
        **columns,
        turns=turns,
        answer=details["answer"],
        reflection=Reflection(**reflection) if reflection else None,
        judgement=Judgement(**{**judgement, "met": tuple(judgement["met"])}) if judgement else None,
        repeats=details["repeats"],
        provenance=Provenance(**{**origin, **lists}),
    )
