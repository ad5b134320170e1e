"""What a reply is read as, and a few words of replies."""

from __future__ import annotations

from typing import get_args

from creator_magic.ports import CodeStage
from creator_magic.reply import ReplyCode, Unusable, read_reply

STAGES: tuple[CodeStage, ...] = get_args(CodeStage)
CALL = "print(area(3))"
TOOL = "def area(side):\n    return side * side"


def fenced(code: str, info: str = "python", fence: str = "```") -> str:
    return f"{fence}{info}\n{code}\n{fence}\n"


def code_of(text: str, stage: CodeStage, *names: str) -> tuple[str | None, str | None]:
    reply = read_reply(text, stage, "stop", frozenset(names))
    assert isinstance(reply, ReplyCode), reply
    return reply.tool, reply.decision


def refused(text: str, stage: CodeStage = "decision", *names: str, finish: str | None = "stop") -> Unusable:
    reply = read_reply(text, stage, finish, frozenset(names))
    assert isinstance(reply, Unusable), reply
    return reply
