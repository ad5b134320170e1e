"""Faults of a tool: which trials exposed one, and the case that each becomes.

When a trial goes wrong, its caller is to blame more often than the tool. A fault has passed four gates,
and each of them fails closed:

1. *Suspicion*, for nothing: the trial's reflection says `Fault: tool`, or a call failed in the tool's
   own code, by no `raise` or `assert` of it, or never ended; unless the reflection blames the caller.
2. *Reflection*, with the code in view: it says `Fault: tool` again, and gives a case of a call that the
   trial made.
3. *Execution*: in a process of its own, the tool as it stands fails that case, which only computes.
4. *A judge*, which has not seen the code: the docstring allows the arguments, and decides what is right.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import TYPE_CHECKING

from creator_magic.explore.stages import Failing, fault, fault_judging
from creator_magic.explore.trial import FAULTS
from creator_magic.reply.reading import cleaned
from creator_magic.reply.syntax import visible
from creator_magic.reply.verdict import read_aspects, read_choice
from creator_magic.toolbox.admission import in_a_line
from creator_magic.toolbox.cases import as_doctest
from creator_magic.toolbox.proposal import agrees, beyond_computing, run_cases
from creator_magic.toolbox.proposed_cases import identity, read_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from creator_magic.explore.trial import Observation, Trial, Turn
    from creator_magic.ports import Question, Reply
    from creator_magic.toolbox.executor import Executor, Job
    from creator_magic.toolbox.tool import Case

    Ask = Callable[[Question], Reply]

MOST = 5
"""Suspects that are looked into at once."""

JUDGED = ("allowed", "expected", "decided")
"""What a judge looks at: whether the arguments are allowed, the expected value is right, and the
docstring decides it."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A trial that may have exposed a fault of its tool.

    Parameters
    ----------
    trial : Trial
        The trial.
    turn : Turn
        The call that is suspected.
    why : str
        What speaks for it, as a sentence.
    """

    trial: Trial
    turn: Turn
    why: str

    @property
    def place(self) -> str:
        """Which trial it is."""
        return f"{self.trial.episode}.{self.trial.number}"

    def question(self, source: str) -> Question:
        """Return what asks who is at fault; `source` is the code of the tool, as the model may see it."""
        return fault(source, self.trial, f"{self.why} The call:\n{self.turn.code}")

    @property
    def showed(self) -> str:
        """What the call showed."""
        return self.turn.observation.text if self.turn.observation is not None else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What looking into a suspect came to.

    Parameters
    ----------
    suspect : Suspect
        The suspect.
    cleared : str
        Why it is no fault of the tool's, as a sentence; empty if it is one.
    why : str
        What the reflection said of it.
    case : Case or None
        What the tool fails.
    shows : str
        What it shows instead.
    """

    suspect: Suspect
    cleared: str
    why: str = ""
    case: Case | None = None
    shows: str = ""

    @property
    def failing(self) -> Failing | None:
        """The fault, for a prompt; None if it is none."""
        if self.case is None or self.cleared:
            return None
        return Failing(as_doctest(self.case), self.shows, self.why)


def suspects(trials: Sequence[Trial]) -> list[Suspect]:
    """Return the trials that may have exposed a fault, each suspected call once."""
    found: dict[str, Suspect] = {}
    for trial in trials:
        blamed = trial.reflection.fault if trial.reflection is not None else ""
        said = "Looking back on it, the tool was blamed." if blamed == "tool" else ""
        ran = [(turn, turn.observation) for turn in trial.turns if turn.code and turn.observation is not None]
        broken = [(turn, _how(seen)) for turn, seen in ran if _breaks(seen)]
        if not ran or blamed == "caller" or not (broken or said):
            continue
        turn, how = broken[0] if broken else (ran[-1][0], "")
        found.setdefault(turn.code, Suspect(trial, turn, f"{how} {said}".strip()))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Looks into suspects of one tool.

    Parameters
    ----------
    source : str
        The code of the tool, as the model may see it.
    shown : str
        Its signature and docstring, which is all that the judge sees.
    job : Job
        The tool as it stands.
    executor : Executor
        Where it runs.
    ask, ask_judge : callable
        Ask a model; the judge may be another one.
    """

    source: str
    shown: str
    job: Job
    executor: Executor
    ask: Ask
    ask_judge: Ask

    def look_into(self, suspect: Suspect) -> Finding:
        """Find out whether a suspect is a fault of the tool.

        Raises
        ------
        ModelError, LimitError
            If a model cannot be asked.
        """
        finding = self._reflected(suspect)
        if finding.case is not None:
            finding = self._run(finding, finding.case)
        if finding.failing is not None:
            finding = self._judged(finding, finding.failing)
        return finding

    def _reflected(self, suspect: Suspect) -> Finding:
        reply = self.ask(suspect.question(self.source))
        if reply.finish_reason in (None, "length"):
            return Finding(suspect, "The reflection was cut off.")
        blamed, text = read_choice(cleaned(reply.text), "fault", FAULTS)
        why, name = _prose(text), self.job.tool.name
        if blamed != "tool":
            return Finding(suspect, _CLEARED[blamed], why)
        case = next((each for each in read_cases(text, name) if _was_made(each, name, suspect.trial)), None)
        if case is None:
            return Finding(suspect, "The reflection gives no case of a call that the trial made.", why)
        who = "a scripted reply" if reply.origin == "scripted" else reply.model or "the model"
        note = f"trial {suspect.place}; {who} worked out from the docstring what it expects"
        return Finding(suspect, "", why, replace(case, origin="trial", note=note))

    def _run(self, finding: Finding, case: Case) -> Finding:
        known = next((each for each in self.job.tool.cases if identity(each) == identity(case)), None)
        if known is not None:
            said = f"A case of the tool says that this call shows {in_a_line(known.expected)}."
            return replace(finding, cleared=said)
        would = beyond_computing(self.job, case)
        if would:
            return replace(finding, cleared=f"The case would {would}, and was not run.")
        (outcome,) = run_cases(self.job, (case,), self.executor)
        cleared = "The tool shows what the reflection expects." if agrees(outcome) else ""
        return replace(finding, cleared=cleared, shows=outcome.got)

    def _judged(self, finding: Finding, failing: Failing) -> Finding:
        trial = finding.suspect.trial
        reply = self.ask_judge(fault_judging(self.shown, trial, failing.case, failing.showed))
        met, words = read_aspects(cleaned(reply.text), JUDGED)
        missing = ", ".join(aspect for aspect in JUDGED if aspect not in met)
        return replace(finding, cleared=f"Not so the judge ({missing}): {words}" if missing else "")


_CLEARED = {
    "caller": "The caller is at fault.",
    "none": "Nothing went wrong.",
    "": "The reflection names nobody who is at fault.",
}
_BREAKS = {"timeout": "ended in time", "memory": "kept within the memory limit", "crash": "lived to its end"}
_LONGEST = 600
_CODE = re.compile(r"`{3,}|~{3,}|>>>")


def _breaks(seen: Observation) -> bool:
    return seen.inside or seen.kind in _BREAKS


def _how(seen: Observation) -> str:
    if seen.kind in _BREAKS:
        return f"The call has not {_BREAKS[seen.kind]}."
    return f"{seen.error} arose in the tool's own code, which does not raise it."


def _prose(text: str) -> str:
    return visible(shorten(_CODE.split(text)[0], _LONGEST, placeholder=" …"))


def _was_made(case: Case, name: str, trial: Trial) -> bool:
    """Tell whether each call of the tool in a case stands in a trial as it stands there."""
    made = {call for turn in trial.turns for call in _calls(turn.code, name)}
    own = [call for source in (*case.setup, case.call) for call in _calls(source, name)]
    return bool(own) and made.issuperset(own)


def _calls(source: str, name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield ast.dump(node)
