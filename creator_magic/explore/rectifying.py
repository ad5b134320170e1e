"""Rectification of a tool that exploring has found wrong: from failing cases to code that passes them.

CREATOR's last stage (arXiv 2305.14318, section 3.4), set off by trials (STE, arXiv 2403.04746) instead
of by an attempt at a problem. Nothing is kept here: what came of it is a proposal for a person.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.errors import InputError
from creator_magic.explore.stages import Refused, tool_rectification
from creator_magic.reply import Unusable, read_reply
from creator_magic.toolbox.admission import in_a_line, why_refused
from creator_magic.toolbox.cases import as_doctest
from creator_magic.toolbox.executor import Report
from creator_magic.toolbox.proposal import agrees, as_shown, beyond_computing, run_cases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.explore.faults import Ask, Finding
    from creator_magic.explore.subjects import Subject
    from creator_magic.toolbox.executor import Executor
    from creator_magic.toolbox.tool import Case, Tool

_SENT = {"doctest", "model", "trial"}
"""Where cases come from that may be sent: what a decision called, or a person wrote, holds their numbers."""


@dataclass(frozen=True, slots=True)
class Rectified:
    """What a rectification came to.

    Parameters
    ----------
    source : str
        The new code, or the last that could not be taken.
    refused : str
        Why it cannot be taken, as a sentence; empty if it can.
    diagnosis : str
        What was wrong, in the model's words.
    tool : Tool or None
        The tool with every case that it passed; None if it cannot be taken.
    model : str
        Who wrote it, as a tool's provenance says it.
    """

    source: str
    refused: str
    diagnosis: str
    tool: Tool | None = None
    model: str = ""


def rectify(
    subject: Subject, faults: Sequence[Finding], executor: Executor, ask: Ask, attempts: int
) -> Rectified:
    """Have a tool rectified until it passes every earlier case and those that it fails.

    Parameters
    ----------
    subject : Subject
        The tool.
    faults : sequence of Finding
        Its faults.
    executor : Executor
        Where it runs.
    ask : callable
        Asks a model.
    attempts : int
        How often at the most.

    Raises
    ------
    ModelError, LimitError
        If a model cannot be asked.
    """
    tool = subject.job.tool
    passed = [as_doctest(case) for case in tool.cases if case.origin in _SENT]
    failing = [each.failing for each in faults if each.failing is not None]
    cases = tuple(each.case for each in faults if each.case is not None)
    rejected = None
    for attempt in range(1, attempts + 1):
        question = tool_rectification(tool.name, subject.source, passed, failing, attempt, rejected)
        reply = ask(question)
        read = read_reply(reply.text, "creation", reply.finish_reason, frozenset({tool.name}))
        if isinstance(read, Unusable):
            result = Rectified(read.code or "", read.reason, read.diagnosis)
        else:
            source = read.tool or ""
            new, refused = _examined(subject, source, cases, executor)
            who = "scripted" if reply.origin == "scripted" else reply.model
            result = Rectified(source, refused, read.diagnosis, new, who)
        if not result.refused:
            break
        rejected = Refused(result.source, _told(result.refused, tool.cases))
    return result


def _told(refused: str, cases: Sequence[Case]) -> str:
    """Return why code cannot be taken, without what is not sent."""
    before, calls, _ = refused.partition(", which calls it, fails: ")
    if calls:
        return f"{before}, which calls it, fails with it."
    withheld = tuple(f"`{in_a_line(case.call)}`" for case in cases if case.origin not in _SENT)
    if refused.startswith(withheld):
        return "It no longer passes a case of an earlier problem, which is not shown here."
    return refused


def _examined(
    subject: Subject, source: str, more: tuple[Case, ...], executor: Executor
) -> tuple[Tool | None, str]:
    """Return the rewritten tool, or why it cannot be taken."""
    if source.strip() == subject.source.strip():
        return None, "It is the same code as before."
    try:
        job = subject.rewritten(source)
        lost = _lost(subject.job.tool, job.tool)
        would = beyond_computing(job)
        if lost or would:
            return None, lost or f"It would {would}; a tool that is rectified so may only compute."
        outcomes = run_cases(job, more, executor)
        failed = tuple(outcome for outcome in outcomes if not agrees(outcome))
        if failed:
            return None, why_refused(Report(failed))
        # What is expected may be written in another way than the tool shows it, as 12 for 12.0.
        admission = subject.examine(source, [*map(as_shown, outcomes)])
    except InputError as error:
        return None, error.message
    return (None, admission.refused) if admission.refused else (admission.tool, "")


def _lost(old: Tool, new: Tool) -> str:
    """Return what callers would miss, as a sentence; empty if nothing."""
    (before, named), (after, named_after) = _parameters(old), _parameters(new)
    if after[: len(before)] == before and named <= named_after:
        return ""
    return f"Its parameters must stay: it is {new.signature}, and was {old.signature}."


def _parameters(tool: Tool) -> tuple[list[str], set[str]]:
    (node,) = ast.parse(f"def {tool.signature}: ...").body
    assert isinstance(node, ast.FunctionDef)  # noqa: S101 - for mypy
    given = node.args
    return [each.arg for each in (*given.posonlyargs, *given.args)], {each.arg for each in given.kwonlyargs}
