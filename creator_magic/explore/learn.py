"""`%explore TOOL --learn`: what exploring taught of a tool, for a person to take over or not.

Where trials exposed a fault, the tool is rectified first: the failing cases, with who says what they
expect, and the new code as a diff. A kept tool becomes its next revision when the person agrees; of a
function of the notebook the new text is offered as a cell; what is imported is only reported. Where
there is no fault, good trials and inputs that fail are offered for the docstring of a kept tool.

A rectified tool is explored anew. What calls of the old one showed, and whether that solved a query, holds
for no other code; what must not be lost of it has become a case. The old trials stay with their version.
"""

from __future__ import annotations

import difflib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from creator_magic.errors import CreatorError, InputError, Interrupted, LimitError
from creator_magic.explore.faults import MOST, Finding, Inquiry, Suspect, suspects
from creator_magic.explore.learnt_examples import with_what_was_learnt
from creator_magic.explore.memory import LongTermMemory
from creator_magic.explore.rectifying import rectify
from creator_magic.explore.report import SCRIPTED, suspected
from creator_magic.explore.subjects import KeptTool, NotebookFunction
from creator_magic.explore.tool import NOTEBOOK, find_tool
from creator_magic.kernel.interruption import uninterrupted
from creator_magic.policy.person import CannotAskError
from creator_magic.toolbox.admission import in_a_line
from creator_magic.toolbox.cases import as_doctest
from creator_magic.toolbox.proposal import beyond_computing
from creator_magic.toolbox.proposed_cases import identity
from creator_magic.tools_command.page import Code, Page, Table, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.explore.command import Wish
    from creator_magic.explore.rectifying import Rectified
    from creator_magic.explore.subjects import Subject
    from creator_magic.explore.tool import ExploredTool
    from creator_magic.explore.trial import Trial
    from creator_magic.ports import Model, Question, Reply
    from creator_magic.session import Session
    from creator_magic.tools_command.page import Block

REASON = "rectified: trials showed a fault"
"""Why a tool was revised, as its history says."""


def learn(
    session: Session, name: str, wish: Wish, show: Callable[[Page], None], *, accepted: bool = False
) -> Page:
    """Find out what exploring taught of a tool, show it, and take it over if the person agrees.

    Parameters
    ----------
    session : Session
        The shell's session.
    name : str
        The tool, as for exploring.
    wish : Wish
        Whom to ask, and within which limit.
    show : callable
        Draws a page in the place of the one before.
    accepted : bool
        Whether the person agrees beforehand to a rectified version that passes.

    Returns
    -------
    Page
        What was drawn last; its cell is what the person may run to take something over.

    Raises
    ------
    InputError
        If there is nothing to learn from; no model was asked.
    ModelError
        If a model cannot be asked; nothing was changed.
    Interrupted
        If the person interrupted; likewise.
    """
    tool, trials = _explored(session, name)
    found = suspects(trials)
    if found and not tool.bound[-1].module:
        subject = _subject(session, tool)
        return _Learning(session, tool, trials, found, subject, wish, show).work(accepted=accepted)
    if tool.bound[-1].module:
        said = f"{name} is imported, and is not changed here. "
        said += "What may be faults of it:" if found else "No trial of it shows a fault."
        page = Page((Text(said), *([suspected(found)] if found else [])))
    elif tool.place == NOTEBOOK:
        page = Page((Text(f"No trial of {name} shows a fault. Its docstring is yours; --report may help."),))
    else:
        page = _for_the_docstring(session, name, trials)
        if not page.blocks:
            raise InputError(
                f"There is nothing to add to the docstring of {name}. Explore it first, or further."
            )
    show(page)
    return page


def what_learning_would_ask(session: Session, name: str, wish: Wish) -> Page:
    """Return the estimate, and what a model would be asked first; nothing is sent or run."""
    tool, trials = _explored(session, name)
    found = suspects(trials)
    if not found or tool.bound[-1].module:
        return Page((Text(f"No model would be asked: no trial of {name} shows a fault that may be mended."),))
    subject = _subject(session, tool)
    first = session.redaction().of_question(found[0].question(subject.source))
    blocks = [Code(f"{m.role}:", m.content, "markdown") for m in first.messages]
    return Page((*_estimate(session, wish, tool, trials, found), *blocks))


def _explored(session: Session, name: str) -> tuple[ExploredTool, Sequence[Trial]]:
    tool = find_tool(name, session.toolbox, session.kernel.namespace)
    trials = LongTermMemory(session.store).trials(tool.name, tool.version)
    if not trials:
        raise InputError(f"{name} was not explored as it stands now, so nothing was learnt: %explore {name}")
    return tool, trials


def _subject(session: Session, tool: ExploredTool) -> Subject:
    subject: Subject
    if tool.place == NOTEBOOK:
        if session.settings.sharing == "forbidden":
            raise InputError(f"Sharing is forbidden here, and what {tool.name} returned would be sent.")
        kernel = session.kernel
        own = kernel.ownership.users_own()
        subject = NotebookFunction(tool.name, kernel.namespace, own, session.toolbox)
    else:
        subject = KeptTool(tool.name, session.toolbox)
    if session.redaction()(subject.source) != subject.source:
        raise InputError(
            f"The source of {tool.name} holds what looks like a key, and was not sent. Take it out."
        )
    would = beyond_computing(subject.rewritten(subject.source))
    if would:
        raise InputError(f"{tool.name} would {would}, so no case is tried on it. Nothing was sent.")
    return subject


def _for_the_docstring(session: Session, name: str, trials: Sequence[Trial]) -> Page:
    """Return what good trials and inputs that fail add to a docstring; an empty page for nothing."""
    kept = session.toolbox.own.get(name)
    source = with_what_was_learnt(kept.source, name, trials)
    if source == kept.source:
        return Page(())
    way = "say yes" if session.shell is None else "run the cell below"
    said = f"To take it over, {way}: {name} must then pass the examples, as its cases."
    diff = _diff(f"What was learnt of {name}", kept.source, source, "as learnt")
    return Page((diff, Text(said)), cell=f"%%tools edit {name}\n{source}")


def _diff(title: str, before: str, after: str, called: str) -> Code:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "as it is", called, n=2, lineterm=""
    )
    return Code(title, "\n".join(lines), "diff")


def _estimate(
    session: Session, wish: Wish, tool: ExploredTool, trials: Sequence[Trial], found: Sequence[Suspect]
) -> list[Text]:
    number, attempts = min(len(found), MOST), 1 + session.settings.max_rectifications
    model = wish.model or session.settings.model_name() or "the model"
    models = " and ".join(dict.fromkeys((model, wish.judge or model)))
    of = f"{len(found)} of {len(trials)} trials"
    first = f", of which the first {MOST} are looked into" if len(found) > MOST else ""
    return [
        Text(
            f"{tool.name} ({tool.place}): {of} may show a fault of it{first}. To find out, and to rectify "
            f"it, takes {number} to {2 * number + attempts} calls of {models}. The source of {tool.name} is "
            "sent to it."
        )
    ]


@dataclass(slots=True)
class _Learning:
    """Work on the faults of one tool."""

    session: Session
    tool: ExploredTool
    trials: Sequence[Trial]
    suspects: Sequence[Suspect]
    subject: Subject
    wish: Wish
    show: Callable[[Page], None]
    findings: list[Finding] = field(default_factory=list)
    rectified: Rectified | None = None
    scripted: bool = False

    def work(self, *, accepted: bool) -> Page:
        try:
            self._ask_models()
            if self.rectified is None or self.rectified.refused:
                return self._without()
            if self.tool.place == NOTEBOOK:
                name = self.tool.name
                said = f"{name} is yours, and stays as it is. To take the new text over, run the cell below."
                return self._draw(said, self.rectified.source)
            return self._decided(accepted=accepted)
        except LimitError as reached:
            return self._draw(f"{reached.message} Nothing was changed.")
        except KeyboardInterrupt:
            with suppress(KeyboardInterrupt):
                self._draw("Interrupted. Nothing was changed.")
            raise Interrupted("nothing was learnt, and nothing was changed.") from None
        except CreatorError as error:
            self._draw(f"{error.message} Nothing was changed.")
            raise
        finally:
            self.session.keep_accounts()

    def _ask_models(self) -> None:
        session, wish = self.session, self.wish
        account = session.accounts.begin(session.notebook, wish.limit)
        model = session.models.solving(account, wish.model, fresh=wish.fresh)
        judge = session.models.solving(account, wish.judge, fresh=wish.fresh) if wish.judge else model
        executor, subject, shown = session.toolbox.executor, self.subject, self.tool.shown
        ask, ask_judge = self._asking(model), self._asking(judge)
        inquiry = Inquiry(subject.source, shown, subject.job, executor, ask, ask_judge)
        for suspect in self.suspects[:MOST]:
            self._draw(f"Looking into trial {suspect.place} …")
            self.findings.append(inquiry.look_into(suspect))
        # Of two that expect something of the same call the first counts.
        found = (each for each in reversed(self.findings) if each.failing is not None)
        faults = [*{identity(each.case): each for each in found if each.case is not None}.values()]
        if faults:
            self._draw(f"Rectifying {self.tool.name} …")
            attempts = 1 + session.settings.max_rectifications
            self.rectified = rectify(subject, faults, executor, ask, attempts)

    def _asking(self, model: Model) -> Callable[[Question], Reply]:
        redact = self.session.redaction()

        def ask(question: Question) -> Reply:
            reply = model.ask(redact.of_question(question), lambda _: None)
            self.scripted = self.scripted or reply.origin == "scripted"
            return reply

        return ask

    def _without(self) -> Page:
        """End where there is no rectified version."""
        name = self.tool.name
        if self.rectified is not None:
            return self._draw(f"{name} was not rectified, and stays as it is. {self.rectified.refused}")
        said = f"No fault of {name} was found."
        if self.tool.place == NOTEBOOK:
            return self._draw(said)
        more = _for_the_docstring(self.session, name, self.trials)
        return self._draw(said, more.cell, more.blocks)

    def _decided(self, *, accepted: bool) -> Page:
        """Have the person decide on the next revision of a kept tool."""
        name = self.tool.name
        self._draw("")
        try:
            agreed = accepted or self.session.person.agrees(
                f"Keep this as the next version of {name}? [y/N] "
            )
        except CannotAskError as error:
            return self._draw(f"Not taken: it needs your yes, and {error}. --yes accepts beforehand.")
        if not agreed:
            return self._draw("Refused: nothing was changed.")
        with uninterrupted():
            return self._draw(f"Accepted{' by --yes' if accepted else ''}: {self._kept()}")

    def _kept(self) -> str:
        """Keep the rectified tool, and say so."""
        name, made = self.tool.name, self.rectified
        assert made is not None  # noqa: S101 - for mypy
        assert made.tool is not None  # noqa: S101
        provenance = replace(made.tool.provenance, origin="generated", model=made.model)
        kept = self.session.toolbox.replace_by(replace(made.tool, provenance=provenance), REASON)
        said = (
            f"this is revision {kept.revision} of {name}. The earlier one stays in its history with its "
            "trials. What they showed holds for no other code, so the new one is explored anew: "
            f"%explore {name}."
        )
        if name in self.session.kernel.namespace:
            said += f" This notebook still has the earlier one; %tools use {name} brings the new one."
        return said

    def _draw(self, ended: str, cell: str = "", more: Sequence[Block] = ()) -> Page:
        estimate = _estimate(self.session, self.wish, self.tool, self.trials, self.suspects)
        blocks: list[Block] = [Text(SCRIPTED)] if self.scripted else []
        blocks += [*estimate, *self._found(), *self._rectification(), *more]
        page = Page((*blocks, *([Text(ended)] if ended else [])), cell=cell)
        self.show(page)
        return page

    def _found(self) -> list[Block]:
        rows = tuple(_row(finding) for finding in self.findings)
        blocks: list[Block] = [Table(("trial", "call", "showed", "what came of it"), rows)]
        for each in self.findings:
            if each.failing is not None and each.case is not None:
                title = f"failing case, from {each.case.note}"
                blocks.append(Code(title, as_doctest(each.case), "pycon"))
                blocks.append(Text(f"It shows: {in_a_line(each.shows) or 'nothing'}"))
        return blocks

    def _rectification(self) -> list[Block]:
        made = self.rectified
        if made is None:
            return []
        who = f" by {made.model}" if made.model and not self.scripted else ""
        blocks: list[Block] = [
            _diff(f"{self.tool.name}, rectified{who}", self.subject.source, made.source, "new")
        ]
        if made.diagnosis:
            blocks.append(Text(f"The model on that: {made.diagnosis}"))
        if made.tool is not None:
            earlier = len(self.subject.job.tool.cases)
            new = len(made.tool.cases) - earlier
            said = f"In a process of its own it passes every case: {earlier} earlier and {new} new."
            blocks.append(Text(said))
        return blocks


def _row(finding: Finding) -> tuple[str, ...]:
    suspect = finding.suspect
    came = finding.cleared or f"A fault of the tool: {finding.why}"
    return suspect.place, " ".join(suspect.turn.code.split()), in_a_line(suspect.showed), came
