"""What the model says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.book import DECISION, TOOL
from tests.faults.catalogue import Fault, fault
from tests.live_notebook import text_of
from tests.model_server import ScriptedReply

if TYPE_CHECKING:
    from tests.faults.book import Book

pytestmark = pytest.mark.xdist_group("faults of replies")

BIG = 10_000_000
LONG_CODE = TOOL.replace("    return", "    number = number + 0\n" * (BIG // 24) + "    return")

REPLIES: dict[str, str | ScriptedReply] = {
    "length": ScriptedReply(TOOL, fault="length"),
    "content filter": ScriptedReply(TOOL, fault="content_filter"),
    "empty": "",
    "blank": " \n\n\t",
    "prose": "The answer is 42: one more than 41.",
    "refusal": ScriptedReply(
        chunks=(
            {"choices": [{"index": 0, "delta": {"refusal": "I will not do this."}, "finish_reason": "stop"}]},
        )
    ),
    "syntax error": "```python tool\ndef one_more(number:\n    return number + 1\n```",
    "output only": "```\n42\n```",
    "no function": "```python tool\nNUMBER = 41\n```",
    "only comments": "```python tool\n# one_more adds one\n```",
    "NUL in the code": TOOL.replace("+ 1", "+ 1\x00"),
    "half characters in the code": TOOL.replace("number + 1", "number + 1  # \ud83d"),
}


@fault(
    "`finish_reason` is `length`",
    "Half a reply is never run: an attempt, then the answer. For ever: a failed cell",
    requests=2,
    mended=3,
    case="length",
    says=["it reached the limit of its length"],
)
@fault(
    "`finish_reason` is `content_filter`",
    "An attempt, then the answer. For ever: a failed cell that names the filter",
    requests=2,
    mended=3,
    case="content filter",
    says=["stopped by the endpoint's content filter"],
)
@fault(
    "A refusal",
    "An attempt, then the answer. For ever: a failed cell that quotes it",
    requests=2,
    mended=3,
    case="refusal",
    says=["no Python code", "I will not do this."],
)
@fault(
    "An empty reply",
    "An attempt, then the answer. For ever: a failed cell",
    requests=2,
    mended=3,
    case="empty",
    says=["empty"],
)
@fault(
    "A reply of blanks",
    "As an empty one",
    requests=2,
    mended=3,
    case="blank",
    says=["empty"],
)
@fault(
    "Prose only",
    "An attempt, then the answer. For ever: a failed cell; prose is never an answer, even if it is right",
    requests=2,
    mended=3,
    case="prose",
    says=["no Python code", "The answer is 42"],
)
@fault(
    "A block that is output, not code",
    "As prose",
    requests=2,
    mended=3,
    case="output only",
    says=["no Python code"],
)
@fault(
    "Code that is no Python",
    "An attempt, then the answer. For ever: a failed cell with the line",
    requests=2,
    mended=3,
    case="syntax error",
    says=["line 1"],
)
@fault(
    "A tool that defines nothing",
    "An attempt, then the answer. For ever: a failed cell",
    requests=2,
    mended=3,
    case="no function",
    says=["The tool defines no function"],
)
@fault(
    "A tool of comments only",
    "An attempt, then the answer. For ever: a failed cell",
    requests=2,
    mended=3,
    case="only comments",
    says=["no"],
)
@fault(
    "NUL characters in the code",
    "An attempt, then the answer. For ever: a failed cell",
    requests=2,
    mended=3,
    case="NUL in the code",
    says=["NUL"],
)
@fault(
    "Lone surrogates in the code",
    "An attempt, then the answer. For ever: a failed cell",
    requests=2,
    mended=3,
    case="half characters in the code",
    says=["surrogate"],
)
def test_a_reply_that_cannot_be_used_is_an_attempt(book: Book, fault: Fault) -> None:
    reply = REPLIES[fault.case]
    book.server.reply_with(reply, reply, reply)
    failing = book.solve()
    book.failed(failing, fault)
    assert failing.cells == [] or all(not cell["outputs"] for cell in failing.cells)
    book.begin()
    book.server.reply_with(reply, TOOL, DECISION)
    book.solved(book.solve(), fault, fault.mended)


@fault(
    "A decision that does nothing (`pass`)",
    "An attempt, then the answer: a cell that does nothing is no solution",
    requests=3,
    mended=3,
    case="pass",
    says=["The decision does nothing"],
)
@fault(
    "A decision that only defines functions",
    "An attempt, then the answer",
    requests=3,
    mended=3,
    case="def main():\n    return one_more(41)",
    says=["makes no call"],
)
def test_a_decision_that_decides_nothing_is_an_attempt(book: Book, fault: Fault) -> None:
    idle = f"```python decision\n{fault.case}\n```"
    book.server.reply_with(TOOL, idle, idle)
    book.failed(book.solve(), fault)
    book.begin()
    book.server.reply_with(TOOL, idle, DECISION)
    book.solved(book.solve(), fault, fault.mended)


@fault(
    "Several blocks with versions of the tool",
    "The answer, or an attempt if they have no one sensible reading",
    requests=2,
    case=f"{TOOL}\nOr, the other way round:\n{TOOL.replace('number + 1', '1 + number')}",
)
@fault(
    "A second block with imagined output",
    "The answer comes from running the code; what the model imagined is left out",
    requests=2,
    case=f"{TOOL}\n\nThis prints:\n\n```\n999\n```",
)
@fault("A block that is not closed", "The answer", requests=2, case=TOOL.removesuffix("```"))
@fault("`~~~` for fences, Windows line ends, prose before the fence", "The answer", requests=2,
    case="Sure, here it is: ~~~ python\r\ndef one_more(number):\r\n    return number + 1\r\n~~~\r\n",
)  # fmt: skip
@fault(
    "NULs in the prose",
    "The answer",
    requests=2,
    case=f"Here\x00 it is:\x00\n{TOOL}",
)
@fault(
    "Lone surrogates in the prose",
    "The answer",
    requests=2,
    case=f"Here \ud83d it \udc80 is:\n{TOOL}",
)
@fault(
    "HTML in the prose and in the code",
    "The answer; the record shows the HTML as text",
    requests=2,
    case="<script>alert(1)</script><img src=x onerror=alert(2)>\n"
    + TOOL.replace("    return", '    """<script>alert(3)</script>"""\n    return'),
)
@fault(
    "ANSI escapes in the prose and in the code",
    "The answer; what is shown moves no cursor and sets no title",
    requests=2,
    case="\x1b]0;title\x07\x1b[2J\x1b[31mRed\n" + TOOL.replace("+ 1", "+ 1  # \x1b[2J\x1b]0;title\x07"),
)
def test_a_reply_with_one_sensible_reading_is_read(book: Book, fault: Fault) -> None:
    book.server.reply_with(fault.case, DECISION)
    ran = book.solve()
    book.solved(ran, fault)
    assert "999" not in text_of(ran.cell("decision")["outputs"])


@fault(
    "HTML and ANSI escapes in a refusal",
    "A failed cell that quotes it as plain text",
    requests=2,
    case="\x1b]0;title\x07\x1b[31mNo. <script>alert(1)</script>",
    says=["No. <script>alert(1)</script>"],
)
def test_what_a_model_says_is_inert_in_a_message(book: Book, fault: Fault) -> None:
    book.server.reply_with(fault.case, fault.case)
    book.failed(book.solve(), fault)


@fault("10 MB of prose around the code", "The answer", requests=2, case="prose")
@fault(
    "10 MB of code",
    "An attempt, then the answer: a reply so long is not run",
    requests=3,
    case="code",
    says=["too long"],
)
@pytest.mark.slow
def test_a_reply_of_ten_megabytes(book: Book, fault: Fault) -> None:
    text = f"{'word ' * (BIG // 5)}\n{TOOL}" if fault.case == "prose" else LONG_CODE
    book.server.reply_with(ScriptedReply(text, piece=100_000))
    book.server.reply_with(*([TOOL] if fault.case == "code" else []), DECISION)
    ran = book.solve(timeout=120)
    book.solved(ran, fault)
    assert len(ran.html) < BIG / 100
