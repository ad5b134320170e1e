"""The loop of exploring a tool: imagine, try, reflect, remember (STE, arXiv 2403.04746, section 3.1).

A plain function on ports, as `solve` is: it knows no notebook, no endpoint and no file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from creator_magic.errors import ModelError
from creator_magic.explore.events import Imagined, Reflected, TrialBegan, TrialEnded, Tried
from creator_magic.explore.reading import read_query, read_step, why_not
from creator_magic.explore.stages import Rejected, Remembered, imagination, judging, reflection, trying
from creator_magic.explore.trial import (
    ASPECTS,
    FAULTS,
    Judgement,
    Observation,
    Provenance,
    Reflection,
    Trial,
    Turn,
)
from creator_magic.reply.verdict import read_aspects, read_choice, read_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.explore.calls import Calls
    from creator_magic.explore.events import Listener
    from creator_magic.explore.memory import Memory
    from creator_magic.explore.tool import ExploredTool
    from creator_magic.explore.trial import Extent
    from creator_magic.ports import Model, Question, Reply
    from creator_magic.redaction import Redaction

_VERDICTS = {True: "solved", False: "not solved", None: "no verdict"}


def missing(extent: Extent, finished: Sequence[Trial]) -> list[tuple[int, int]]:
    """Return the trials that an exploration still lacks, as episode and number, in order."""
    there = {(trial.episode, trial.number) for trial in finished}
    wanted = [(e, n) for e in range(1, extent.episodes + 1) for n in range(1, extent.trials + 1)]
    return [each for each in wanted if each not in there]


def explore(
    tool: ExploredTool,
    extent: Extent,
    model: Model,
    calls: Calls,
    memory: Memory,
    *,
    redact: Redaction,
    emit: Listener,
    judge: Model | None = None,
    version: str = "",
) -> None:
    """Explore a tool, from where the memory ends to the end of its extent.

    Parameters
    ----------
    tool : ExploredTool
        What is explored.
    extent : Extent
        How long, and with which parts.
    model : Model
        Who imagines, tries and reflects.
    calls : Calls
        Where calls run.
    memory : Memory
        What was finished before; it gets each trial as soon as that is finished.
    redact : Redaction
        Withholds what looks like a key.
    emit : callable
        Told of each step.
    judge : Model or None
        Who decides which trials may serve as demonstrations; None for `model`.
    version : str
        The version of creator-magic, for the provenance.

    Raises
    ------
    ModelError
        If a model cannot be asked, or imagines no query. What was finished is kept.
    LimitError
        If a limit is reached; likewise.
    StoreError
        If a trial cannot be kept.
    """
    finished = list(memory.trials(tool.name, tool.version, extent.known_as))
    for episode, number in missing(extent, finished):
        blank = Trial(tool.name, tool.version, episode, number, "", course=extent.known_as)
        emit(TrialBegan(blank))
        work = TrialWork(tool, extent, model, judge or model, calls, redact, emit, version)
        trial = work.trial(blank, finished)
        memory.keep(trial)
        finished.append(trial)
        emit(TrialEnded(trial))


@dataclass(slots=True)
class TrialWork:
    """Work on one trial.

    Parameters
    ----------
    tool, extent, model, calls, redact, version
        As for `explore`.
    judge : Model
        Who decides whether the trial may serve as a demonstration.
    emit : callable
        Told of each step.
    replies : list of Reply
        What models said so far.
    """

    tool: ExploredTool
    extent: Extent
    model: Model
    judge: Model
    calls: Calls
    redact: Redaction
    emit: Listener
    version: str
    replies: list[Reply] = field(default_factory=list)

    def trial(self, blank: Trial, finished: Sequence[Trial]) -> Trial:
        """Make a trial: imagine, try, reflect, judge.

        Parameters
        ----------
        blank : Trial
            Which one.
        finished : sequence of Trial
            The memory.

        Raises
        ------
        ModelError
            If a model cannot be asked, or imagines no query.
        LimitError
            If a limit is reached.
        """
        without = self.extent.without
        episode = [each for each in finished if each.episode == blank.episode]
        short = [] if "short-term" in without else episode
        trial = self._imagined(blank, [] if "long-term" in without else finished, short)
        self.emit(Imagined(trial))
        trial = self._tried(trial, short)
        if "reflection" not in without:
            said = self._ask(self.model, reflection(self.tool.shown, trial)).text
            fault, said = read_choice(said, "fault", FAULTS)
            verdict = read_verdict(said)
            trial = replace(trial, reflection=Reflection(verdict.answers, verdict.why, fault))
            self.emit(Reflected(trial))
        # A trial that did not solve its query can teach no one how to.
        if trial.call is not None and (trial.solved or "reflection" in without):
            reply = self._ask(self.judge, judging(self.tool.shown, trial))
            met, why = read_aspects(reply.text, ASPECTS)
            trial = replace(trial, judgement=Judgement(met, why, reply.model))
        return replace(trial, provenance=self._provenance())

    def _imagined(self, trial: Trial, remembered: Sequence[Trial], episode: Sequence[Trial]) -> Trial:
        memory = [Remembered(each.query, _VERDICTS[each.solved]) for each in remembered]
        rejected = None
        for _ in range(2):
            reply = self._ask(self.model, imagination(self.tool.shown, trial, memory, episode, rejected))
            query = self.redact(read_query(reply.text, reply.finish_reason))
            earlier = (each.query for each in (*remembered, *episode))
            reason = why_not(query, self.tool.name, earlier)
            if not reason:
                break
            rejected = Rejected(query or "(nothing)", reason)
        if not query:
            raise ModelError(
                f"The model imagined no query for {self.tool.name}, asked twice. What was finished is kept; "
                "explore again to go on, or with another --model."
            )
        return replace(trial, query=query, repeats=bool(reason))

    def _tried(self, trial: Trial, episode: Sequence[Trial]) -> Trial:
        most = self.extent.turns
        turns: list[Turn] = []
        while True:
            question = trying(self.tool.shown, trial, episode, turns, most - len(turns))
            reply = self._ask(self.model, question)
            step = read_step(reply.text, reply.finish_reason, self.tool.name)
            if step.answer:
                return replace(trial, turns=tuple(turns), answer=self.redact(step.answer))
            if len(turns) == most:
                return replace(trial, turns=tuple(turns))
            code = step.code
            if "execution" in self.extent.without:
                return replace(trial, turns=(Turn(reply.text, code),))
            if code:
                turn = Turn(reply.text, code, self._observed(code))
            else:
                turn = Turn(reply.text, "", Observation(step.fault, ok=False, kind="reply"))
            turns.append(turn)
            self.emit(Tried(replace(trial, turns=tuple(turns))))

    def _observed(self, code: str) -> Observation:
        observation = self.calls.run(self.tool, code)
        return replace(observation, text=self.redact(observation.text))

    def _ask(self, model: Model, question: Question) -> Reply:
        reply = model.ask(self.redact.of_question(question), lambda _: None)
        self.replies.append(reply)
        return reply

    def _provenance(self) -> Provenance:
        return Provenance(
            tuple(dict.fromkeys(reply.model for reply in self.replies)),
            tuple(dict.fromkeys(reply.origin for reply in self.replies)),
            datetime.now(UTC).isoformat(timespec="seconds"),
            self.version,
            self.tool.place,
            self.tool.shown,
        )
