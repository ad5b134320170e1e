"""The scripted model for all: each peer is asked for by its name, and replied to in its own form.

python -m benchmarks.peers.model
"""

from __future__ import annotations

import re
from typing import Any

from benchmarks.overhead import problems
from benchmarks.overhead.model import serve
from tests.model_server import PIECE, ScriptedReply


def reply(body: dict[str, Any]) -> str | ScriptedReply:
    """Return the reply to a request; the model that it names tells whose it is."""
    asked = "\n".join(_text(message.get("content")) for message in body["messages"])
    found = problems.NUMBERED.findall(asked)
    assert found, asked
    number = int(found[-1])
    peer = body["model"].rpartition("/")[2]
    tool, decision = problems.tool(number), problems.decision(number)
    *bound, answer = decision.split("\n")
    whole = f"{tool}\n\n{decision}"
    if peer == "jupyter-ai":
        return f"```python\n{whole}\n```"
    if peer == "smolagents-one":
        return _acting(tool, *bound, f"final_answer({answer})")
    if peer == "smolagents-two":
        is_first = "Observation" not in asked.rpartition(f"Case {number}:")[2]
        return _acting(tool, "print('defined')") if is_first else _acting(*bound, f"final_answer({answer})")
    if peer == "pandasai":
        table = re.search(r'table_name="([^"]+)"', asked)
        assert table is not None, asked
        query = f"data = execute_sql_query('FROM {table[1]}')"
        result = f'result = {{"type": "number", "value": {answer}}}'
        return "```python\n" + "\n".join(("import pandas as pd", query, tool, *bound, result)) + "\n```"
    if peer == "open-interpreter":
        has_run = str(problems.answer(number)) in asked
        printed = "\n".join((tool, "", *bound, f"print({answer})"))
        return f"It is {problems.answer(number)}." if has_run else _in_tokens(printed)
    return problems.reply(body)


def _acting(*lines: str) -> str:
    return "Thought: I compute it.\n<code>\n" + "\n".join(lines) + "\n</code>"


def _in_tokens(code: str) -> ScriptedReply:
    """Return a reply whose fences come as tokens of their own: Open Interpreter reads no others."""
    pieces = [code[at : at + PIECE] for at in range(0, len(code), PIECE)]
    said = [{"content": piece} for piece in ("```", "python", "\n", *pieces, "\n", "```")]
    choices: list[dict[str, Any]] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in said]
    choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    return ScriptedReply(chunks=tuple({"choices": [choice]} for choice in choices))


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""


if __name__ == "__main__":
    serve(reply)
