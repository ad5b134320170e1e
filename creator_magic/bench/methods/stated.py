"""What vanilla and chain of thought share: the answer is what the last line of a reply states."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from creator_magic.bench.methods.task import Answered
from creator_magic.stages.answer import answer, read_answer

if TYPE_CHECKING:
    from creator_magic.bench.methods.task import Task
    from creator_magic.ports import AnswerStage


def stated(task: Task, stage: AnswerStage) -> Answered:
    """Ask once for each sample; of several answers the one that was given most often is taken.

    The vote is self-consistency (Wang et al., arXiv 2203.11171); of equally many, the first wins.
    """
    answers = []
    for sample in range(1, task.limits.samples + 1):
        question = task.redact.of_question(replace(answer(task.problem, stage), sample=sample))
        reply = task.model.ask(question, lambda _: None)
        answers.append(read_answer(reply.text, reply.finish_reason))
    votes = Counter(filter(None, answers))
    return Answered(votes.most_common(1)[0][0] if votes else "")
