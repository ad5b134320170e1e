"""`check --propose` and `check --accept`: cases that a model thinks of, and what a person makes of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError
from creator_magic.stages.cases import cases
from creator_magic.toolbox.admission import in_a_line
from creator_magic.toolbox.cases import as_doctest
from creator_magic.toolbox.proposal import beyond_computing
from creator_magic.tools_command.page import Code, Text

if TYPE_CHECKING:
    from argparse import Namespace

    from creator_magic.toolbox.collection import Toolbox
    from creator_magic.toolbox.proposal import Proposal
    from creator_magic.toolbox.tool import Case
    from creator_magic.tools_command.page import Block


def check_words(arguments: Namespace) -> None:
    """Refuse what cannot go together, before anything is run or sent."""
    if arguments.propose and arguments.accept:
        raise InputError("--propose asks for new cases, --accept takes one of the last; give one of them.")
    if arguments.propose and not arguments.names:
        raise InputError("--propose sends a tool's source to the model: name the tools.")
    if arguments.accept and len(arguments.names) != 1:
        raise InputError("--accept counts the proposed cases of one tool: name that tool.")


def propose(box: Toolbox, name: str, arguments: Namespace) -> tuple[list[Block], dict[str, Any]]:
    """Have a model propose cases for a tool that passes its own; return what to show of it.

    Raises
    ------
    InputError
        If the tool does more than compute; nothing was sent.
    """
    tool = box.own.get(name)
    if tool.provenance.origin == "notebook":
        raise InputError(f"{name} is your own function, and its code is sent to no model. Nothing was sent.")
    would = beyond_computing(box.job(tool))
    if would:
        raise InputError(
            f"{name} would {would}, so no cases that a model thinks of are run. Nothing was sent."
        )
    answer = arguments.ask(cases(tool))
    proposal = box.propose(name, answer.reply.text)
    said = [f"{name}: {_told(proposal)}", *answer.lines, f"Sent: the source of {name}."]
    blocks: list[Block] = [Text("\n".join(said))]
    if proposal.passed:
        blocks.append(Code("kept", "\n\n".join(map(as_doctest, proposal.passed)), "pycon"))
    for number, outcome in enumerate(proposal.failed, 1):
        title = f"proposal {number}, not kept; the tool shows: {in_a_line(outcome.got) or 'nothing'}"
        blocks.append(Code(title, as_doctest(outcome.case), "pycon"))
    blocks += [Text(f"Refused, since it would {would}: {case.call}") for case, would in proposal.refused]
    if proposal.failed:
        prog = arguments.prog
        blocks.append(
            Text(
                "Either the tool is wrong there, or the proposal. Is it the tool? "
                f"{prog} check {name} --accept N keeps the case, {prog} edit {name} mends the tool. "
                "Else there is nothing to do."
            )
        )
    return blocks, {
        "kept": [asdict(case) for case in proposal.passed],
        "failed": [{**asdict(each.case), "shows": each.got} for each in proposal.failed],
        "refused": [{**asdict(case), "would": would} for case, would in proposal.refused],
        "repeated": proposal.repeated,
    }


def proposed_block(proposed: tuple[Case, ...]) -> Code:
    """Return the proposed cases of a tool that wait for a person."""
    shown = (f"# {number}\n{as_doctest(case)}" for number, case in enumerate(proposed, 1))
    return Code("proposed, not passed", "\n\n".join(shown), "pycon")


def _told(proposal: Proposal) -> str:
    passed, failed = len(proposal.passed), len(proposal.failed)
    of = passed + failed + len(proposal.refused)
    if not of:
        return "no new case could be read from the reply." if not proposal.repeated else "nothing new."
    kept = f"{passed} of {of} proposed case{'' if of == 1 else 's'} passed and kept"
    return f"{kept}; {failed} failed and not kept." if failed else f"{kept}."
