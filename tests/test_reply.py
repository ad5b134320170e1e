"""A model's text becomes code only where the text leaves no doubt."""

from __future__ import annotations

import ast
import time
import warnings
from itertools import product
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creator_magic.ports import Stage
from creator_magic.reply import ReplyCode, Unusable, read_reply
from creator_magic.reply.fences import MAX_FENCES
from creator_magic.reply.syntax import MAX_CODE

if TYPE_CHECKING:
    from collections.abc import Sequence

STAGES: tuple[Stage, ...] = tuple(stage for stage in get_args(Stage) if stage != "mending")
CALL = "print(area(3))"
TOOL = "def area(side):\n    return side * side"


def fenced(code: str, info: str = "python", fence: str = "```") -> str:
    return f"{fence}{info}\n{code}\n{fence}\n"


def code_of(text: str, stage: Stage, *names: str) -> tuple[str | None, str | None]:
    reply = read_reply(text, stage, "stop", frozenset(names))
    assert isinstance(reply, ReplyCode), reply
    return reply.tool, reply.decision


def refused(text: str, stage: Stage = "decision", *names: str, finish: str | None = "stop") -> Unusable:
    reply = read_reply(text, stage, finish, frozenset(names))
    assert isinstance(reply, Unusable), reply
    return reply


# --- Fences -----------------------------------------------------------------------------------

SPELLINGS = {
    "usual": fenced(CALL),
    "blank before the language": fenced(CALL, " python"),
    "capitals": fenced(CALL, "Python"),
    "short": fenced(CALL, "py"),
    "version": fenced(CALL, "python3.11"),
    "ipython": fenced(CALL, "IPython"),
    "braces": fenced(CALL, "{python}"),
    "pandoc": fenced(CALL, "{.python .numberLines}"),
    "title": fenced(CALL, 'python title="tool"'),
    "code cell": fenced(CALL, "{code-cell} ipython3"),
    "no language": fenced(CALL, ""),
    "language below the fence": fenced(f"python\n{CALL}", ""),
    "tildes": fenced(CALL, fence="~~~"),
    "long fence": fenced(CALL, fence="``````"),
    "longer closing fence": f"```python\n{CALL}\n`````",
    "blanks after the closing fence": f"```python\n{CALL}\n```   \nDone.",
    "prose after the closing fence": f"```python\n{CALL}\n``` The output shows the area.",
    "closing fence after the code": f"```python\n{CALL}```\nDone.",
    "closing fence forgotten": f"```python\n{CALL}",
    "closing fence forgotten before output": f"```python\n{CALL}\n```Output:\n9\n```",
    "prose before the fence": f"Here is the code: ```python\n{CALL}\n```",
    "prose before a bare fence": f"Here is the code: ```\n{CALL}\n```",
    "fence mentioned in prose": f"I put it in ```python fences.\n\n```python\n{CALL}\n```",
    "inline code in prose": f"I use ```area``` here.\n```python\n{CALL}\n```",
    "list item": f"1. ```python\n   {CALL}\n   ```",
    "indented": f"    ```python\n    {CALL}\n    ```",
    "indented less than its fence": f"    ```python\n  {CALL}\n    ```",
    "code indented in its fence": fenced(f"    {CALL}"),
    "windows line ends": f"```python\r\n{CALL}\r\n```\r\n",
    "lone carriage returns": f"```python\r{CALL}\r```\r",
    "byte order mark": f"\ufeff```python\n\ufeff{CALL}\n```",
    "inside a markdown block": f"```markdown\n# Answer\n```python\n{CALL}\n```\n```",
    "after thinking": f"<think>\n{fenced('draft()')}</think>\n{fenced(CALL)}",
    "after thinking without a beginning": f"{fenced('draft()')}</think>\n{fenced(CALL)}",
    "with blank lines around": fenced(f"\n\n{CALL}  \n\n"),
    "without any fence": CALL,
    "session": fenced(f">>> {CALL}\n9", "pycon"),
    "session marked as python": fenced(f">>> {CALL}\n9\n"),
    "session without a mark": fenced(f">>> {CALL}\n9\n", ""),
    "beside a shell block": fenced("pip install numpy", "bash") + fenced(CALL),
    "beside json": fenced('{"side": 3}', "json") + fenced(CALL),
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_one_call_is_read_however_it_is_fenced(text: str) -> None:
    tool, decision = code_of(text, "decision")
    assert tool is None
    assert decision == CALL


@pytest.mark.parametrize(
    "info", ["python {}", "python:{}", "python-{}", "python_{}", "Python ({})", "py, {}", "{}"]
)
def test_blocks_are_what_they_are_tagged_as(info: str) -> None:
    text = fenced("x = 1\nf(x)", info.format("decision")) + fenced(
        "y = 2\ndef f(x): ...", info.format("tool")
    )
    for stage in STAGES:
        assert code_of(text, stage) == ("y = 2\ndef f(x): ...", "x = 1\nf(x)")


@pytest.mark.parametrize("quotes", ['"""', "'''"])
def test_a_fence_inside_a_string_is_text(quotes: str) -> None:
    lines = ["def area(side):", f"r{quotes}Square.", "", "```python", "area(3)", "```", quotes, "return side"]
    tool = "\n    ".join(lines).replace("\n    \n", "\n\n")
    assert code_of(fenced(tool), "creation") == (tool, None)
    assert code_of(tool, "creation") == (tool, None)
    text = f"x = {quotes}\n```json\n{{}}\n```\n{quotes}\nprint(x)"
    assert code_of(f"So:\n{fenced(text)}Done.", "decision") == (None, text)


def test_a_string_that_never_ends_ends_with_its_block() -> None:
    reply = refused(fenced('x = """') + fenced('y = """a"""\nprint(y)'))
    assert reply.syntax
    assert reply.code == 'x = """'


def test_a_doctest_is_left_alone() -> None:
    tool = 'def area(side):\n    """Square.\n\n    >>> area(3)\n    9\n    """\n    return side * side'
    assert code_of(fenced(tool), "creation") == (tool, None)


def test_a_session_keeps_what_was_typed() -> None:
    session = ">>> import math\n>>> for i in range(2):\n...     print(i)\n...\n0\n1\n>>> math.pi\n3.14"
    typed = "import math\nfor i in range(2):\n    print(i)\n\nmath.pi"
    assert code_of(fenced(session), "decision") == (None, typed)


def test_code_without_a_prompt_among_prompts_is_not_dropped() -> None:
    assert refused(fenced(">>> x = 1\ndef f():\n    return x\n>>> f()")).syntax


def test_layout_and_inner_tabs_stay() -> None:
    code = "def f(a):\n\tif a:\n\n\t\treturn  1   \n\treturn 'a\xa0b'"
    assert code_of(f"\t```python\n{code}\n\t```", "creation") == (code, None)


def test_no_break_spaces_are_spaces_outside_strings_only() -> None:
    code = 'if\xa0True:\n\xa0\xa0\xa0\xa0print("a\xa0b")  #\xa0c'
    assert code_of(fenced(code), "decision") == (None, 'if True:\n    print("a\xa0b")  #\xa0c')


def test_a_fence_after_a_comment_closes_if_it_is_glued_to_it() -> None:
    assert code_of(f"```python\n{CALL}  # 9```\nDone.", "decision") == (None, f"{CALL}  # 9")
    assert code_of(fenced(f"# Not a fence: ```\n{CALL}"), "decision") == (None, f"# Not a fence: ```\n{CALL}")


def test_code_on_the_line_of_the_fence_is_not_lost() -> None:
    assert code_of("```python import math\nprint(math.pi)\n```", "decision") == (
        None,
        "import math\nprint(math.pi)",
    )


# --- What is no code --------------------------------------------------------------------------

LABELS = [
    *(
        "Output:",
        "**Output:**",
        "### Output",
        "Output:<br>",
        "The output is",
        "Result",
        "Results:",
        "OUTPUT:",
    ),
    *("The output will be:", "Expected output:", "This will output:", "Running it prints", "which gives:"),
    *("Here is the output:", "Sample Output 1:", "Solution Output:", "Here's the result:"),
]
OUTPUTS = [
    "5.0",
    "(1, 2)",
    "[1, 2]",
    "The area is 9",
    "area = 9",
    "array([1, 2])",
    "{'a': 1}",
    "9\n10",
    "x",
    "print(9)",
]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_announced_output_is_no_code(label: str, output: str) -> None:
    for info, gap in product(("", "text", "output", "console", "python output"), ("\n", "\n\n")):
        text = f"{fenced(CALL)}{label}{gap}{fenced(output, info)}"
        assert code_of(text, "decision") == (None, CALL)


@pytest.mark.parametrize("output", OUTPUTS[:-1])
def test_output_is_no_code_without_an_announcement_either(output: str) -> None:
    assert code_of(fenced(CALL) + "And so:\n" + fenced(output, ""), "decision") == (None, CALL)


def test_output_in_a_python_block_is_no_code() -> None:
    assert code_of(f"{fenced(CALL)}Output:\n{fenced('The area is 9')}", "decision") == (None, CALL)
    assert code_of(f"{fenced(CALL)}Output:\n{fenced('9')}", "decision") == (None, CALL)


PROSE = [
    *("", " \n ", "yes", "Sorry", "Sorry, no", "Note: this", "Done (5000)", "5000", "x = 5", "x = 5\ny = 6"),
    *(
        "The answer is 9.",
        "import duties",
        "from here on",
        "if needed: retry",
        "'print(9)'",
        "# print(9)",
        "...",
    ),
    *("I'm sorry, I can't help with that.", "Use `area(3)`.", "Call ```area(3)``` for it.", "~~~", "``` ```"),
    *("It is in ```\n", "The area is:\n\n    print(9)", "import duties are high.", "@someone said so"),
    *(fenced("5000", ""), fenced("x", ""), fenced("The answer", ""), fenced("yes, no", ""), fenced("5000")),
    *(fenced("..."), fenced("# as before"), fenced("Sorry"), fenced(""), fenced("print(1)", "bash")),
    *(fenced("print(1)", "text"), fenced("print(1)", "pycon"), f"Output:\n{fenced('print(9)', '')}"),
    *(fenced('{"a": 1}', "json"), "<think>\n```python\nprint(1)\n```", "``` print(1)"),
]


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_no_code(text: str) -> None:
    for stage in STAGES:
        reply = refused(text, stage)
        assert reply.reason.startswith(
            ("The reply held no Python code", "The reply's Python block computes nothing")
        )
        assert "```python" in reply.reason


def test_a_refusal_is_shown_by_its_beginning() -> None:
    reply = refused("I'm sorry, I can't help with that.\n" * 50)
    assert "held no Python code" in reply.reason
    assert "I'm sorry, I can't" in reply.reason
    assert len(reply.reason) < 300
    assert (reply.code, reply.syntax) == (None, False)


def test_code_after_prose_without_a_fence_is_read_if_it_reaches_the_end() -> None:
    assert code_of(f"Sure, here it is:\n\n{TOOL}\n", "creation") == (TOOL, None)
    assert code_of(f"import math\n\n{TOOL}\n", "creation") == (f"import math\n\n{TOOL}", None)
    reply = refused(f"Sure:\n\n{TOOL}\n\nThis squares the side.", "creation")
    assert reply.syntax
    assert "outside a fenced block" in reply.reason
    assert "line 4" in reply.reason
    assert reply.code is not None
    assert reply.code.startswith(TOOL)


def test_code_after_prose_is_not_begun_in_its_middle() -> None:
    assert refused(f"Sure:\nSIDE = 3\n\n{TOOL}", "creation").code is None


def test_a_reply_begun_inside_a_block_ends_at_the_fence() -> None:
    assert code_of(f"{TOOL}\n```\nThis squares the side.", "creation") == (TOOL, None)


# --- Finish reasons and syntax ----------------------------------------------------------------


@pytest.mark.parametrize("finish", ["length", None])
@pytest.mark.parametrize("text", [fenced(CALL), f"So:\n```python\n{CALL}", fenced(CALL, ""), TOOL])
def test_a_cut_reply_is_not_used_and_its_code_is_shown(finish: str | None, text: str) -> None:
    reply = refused(text, finish=finish)
    assert "cut off" in reply.reason
    assert not reply.syntax
    if text != fenced(CALL, ""):
        assert reply.code in (CALL, TOOL)


def test_a_filtered_reply_says_so() -> None:
    assert "content filter" in refused(fenced(CALL), finish="content_filter").reason


@pytest.mark.parametrize("finish", ["stop", "eos", "end_turn", "tool_calls", ""])
def test_other_reasons_to_finish_are_usual(finish: str) -> None:
    assert read_reply(fenced(CALL), "decision", finish) == ReplyCode(None, CALL, "")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("x = 1\n\ndef f(x)\n    return x", "line 3: expected ':'"),
        ("print(“9”)", "invalid character"),
        ("%matplotlib inline\nf()", "plain Python"),
        ("%%time\nf()", "plain Python"),
        ("!pip install numpy", "plain Python"),
        ("files = !ls", "plain Python"),
        ("area?", "plain Python"),
        ("x = 1\nreturn x", "line 2: 'return' outside function"),
        ("print('\0')", "line 1: a NUL"),
        ("f()\nprint('\ud800')", "line 2: half of a surrogate pair"),
        ("-" * 20_000 + "1", "nested too deeply"),
        ("1+" * 20_000 + "1", "nested too deeply"),
        ("(" * 500, "too many nested parentheses"),
        ("9" * 5_000, "Exceeds the limit"),
    ],
    ids=str,
)
def test_broken_code_is_a_syntax_error_that_shows_its_line(code: str, says: str) -> None:
    reply = refused(fenced(code), "creation")
    assert says in reply.reason
    assert reply.syntax
    assert reply.reason.startswith("The tool ")
    assert reply.code is not None
    number = reply.reason.partition("in line ")[2].partition(":")[0]
    if number:
        assert reply.reason.endswith(
            reply.code.split("\n")[int(number) - 1][:159].strip() + "…" * (len(code) > 400)
        )
    reply.reason.encode()
    reply.code.encode()


def test_an_unclosed_block_that_does_not_parse_says_that_it_is_unclosed() -> None:
    assert "not closed" in refused(f"```python\n{CALL}\nThat prints it").reason


def test_broken_code_without_a_mark_is_a_syntax_error_too() -> None:
    assert refused(fenced("def f(x)\n    return x", ""), "creation").syntax
    assert refused(fenced("x = area(3)", "") + fenced("y = x +", "")).syntax
    assert code_of(fenced("def area(side) -> int", "") + fenced(TOOL), "creation") == (TOOL, None)


@pytest.mark.parametrize(
    "code", ["x = await f()\nprint(x)", "async with a as b:\n    print(b)", 'print("\\d")']
)
def test_what_notebooks_allow_is_allowed(code: str) -> None:
    assert code_of(fenced(code), "decision") == (None, code)


def test_too_much_is_refused_with_a_reason() -> None:
    lines = "x = f(1)\n" * (MAX_CODE // 9 + 1)
    for text in (fenced(lines), f"So:\n{TOOL}\n{lines}", fenced(lines[: MAX_CODE // 2]) * 3):
        assert f"{MAX_CODE:,} characters" in refused(text).reason
    assert f"{MAX_FENCES:,} code fences" in refused(fenced(CALL) * MAX_FENCES).reason


def test_the_diagnosis_is_the_prose_before_the_first_code() -> None:
    prose = "The side was\x1b[31m negative.\ud800"
    reply = read_reply(f"\n {prose}\n\n{fenced(CALL)} And more.", "rectification", "stop")
    assert reply.diagnosis == "The side was\ufffd[31m negative.\ufffd"
    assert read_reply(f"Fix: ```python\n{CALL}\n```", "decision", "stop").diagnosis == "Fix:"
    cut = read_reply(f"{'word ' * 1_000}\n{fenced(CALL)}", "decision", "stop").diagnosis
    assert len(cut) <= 600
    assert cut.endswith("word…")
    assert refused(f"Look:\n{fenced('def f(')}").diagnosis == "Look:"


# --- What each stage makes of it --------------------------------------------------------------

CREATION: dict[str, tuple[str, str]] = {
    "tool alone": (fenced(TOOL), TOOL),
    "class": (fenced("class A:\n    pass"), "class A:\n    pass"),
    "example after it": (fenced(f"{TOOL}\n\n# Example\n{CALL}"), TOOL),
    "example with inputs": (fenced(f"{TOOL}\n\nside = 3\n{CALL}"), TOOL),
    "main guard": (fenced(f'{TOOL}\n\nif __name__ == "__main__":\n    {CALL}'), TOOL),
    "example in a block of its own": (f"{fenced(TOOL)}Use:\n{fenced(CALL)}", TOOL),
    "example without a mark": (f"{fenced(TOOL)}Use:\n{fenced(CALL, '')}", TOOL),
    "example that is no Python": (f"{fenced(TOOL)}Use:\n{fenced('area(side=...) -> 9')}", TOOL),
    "parts in blocks": (
        fenced("import math") + fenced("PI = 3") + fenced(TOOL),
        f"import math\n\nPI = 3\n\n{TOOL}",
    ),
    "parts and an example": (fenced("import math") + fenced(TOOL) + fenced(CALL), f"import math\n\n{TOOL}"),
    "two definitions": (fenced("def a(): ...") + fenced("def b(): ..."), "def a(): ...\n\ndef b(): ..."),
    "constant after it": (fenced(f"{TOOL}\n\nSIDE = 3"), f"{TOOL}\n\nSIDE = 3"),
    "constant it reads, with its comment": (
        fenced("def f(x):\n    return x * K\n\n# Rate\nK = R * 2\nn = 3\nprint(f(n))"),
        "def f(x):\n    return x * K\n\n# Rate\nK = R * 2",
    ),
    "call between definitions": (
        fenced(f"{TOOL}\n{CALL}\n\ndef b(): ..."),
        f"{TOOL}\n{CALL}\n\ndef b(): ...",
    ),
    "import with a fallback": (
        fenced(f"try:\n    import a\nexcept ImportError:\n    a = None\n{TOOL}\n{CALL}"),
        f"try:\n    import a\nexcept ImportError:\n    a = None\n{TOOL}",
    ),
    "decorated, with a comment": (
        fenced("# Square\n@cache\ndef f(x):\n    return x  # here\n\nf(3)"),
        "# Square\n@cache\ndef f(x):\n    return x  # here",
    ),
    "tagged beside untagged": (fenced(CALL) + fenced(TOOL, "python tool"), TOOL),
    "tagged, with an example": (fenced(f"{TOOL}\n\n{CALL}", "python tool"), TOOL),
    "whole program after its parts": (fenced(TOOL) + fenced(f"{TOOL}\n{CALL}"), TOOL),
    "without a mark": (fenced(TOOL, ""), TOOL),
}


@pytest.mark.parametrize(("text", "tool"), CREATION.values(), ids=CREATION.keys())
def test_creation_keeps_the_tool_and_drops_its_use(text: str, tool: str) -> None:
    assert code_of(text, "creation") == (tool, None)


def test_creation_takes_a_tagged_decision_too() -> None:
    assert code_of(fenced(TOOL) + fenced(CALL, "python decision"), "creation") == (TOOL, CALL)


def test_creation_wants_a_function() -> None:
    for text in (
        fenced(CALL),
        fenced("X = 3", "python tool"),
        fenced(CALL, "python decision"),
        fenced("f = 3"),
    ):
        assert "defines no function" in refused(text, "creation").reason


def test_creation_may_use_an_offered_tool_again() -> None:
    assert code_of(fenced(CALL), "creation", "area") == (None, CALL)
    assert "defines no function" in refused(fenced(CALL), "creation", "other").reason


DECISION: dict[str, tuple[str, str | None, str]] = {
    "call": (fenced(CALL), None, CALL),
    "imports and helpers of its own": (
        fenced(f"import math\ndef double(x): return x * 2\n{CALL}"),
        None,
        f"import math\ndef double(x): return x * 2\n{CALL}",
    ),
    "several blocks": (
        fenced("a = 3") + fenced("b = area(a)") + fenced("b"),
        None,
        "a = 3\n\nb = area(a)\n\nb",
    ),
    "again as a whole": (
        fenced("a = 3\nb = area(a)") + fenced("a = 3\nb = area(a)\nb"),
        None,
        "a = 3\nb = area(a)\nb",
    ),
    "tool repeated above": (
        fenced(f"import math\n{TOOL}\n\n# Call\n{CALL}"),
        f"import math\n{TOOL}",
        f"# Call\n{CALL}",
    ),
    "tool repeated in its block": (fenced(TOOL) + fenced(CALL), TOOL, CALL),
    "tool defined after a call": (fenced(f"{CALL}\n{TOOL}\n{CALL}"), None, f"{CALL}\n{TOOL}\n{CALL}"),
    "tagged": (fenced(CALL, "python decision") + fenced("area(4)"), None, CALL),
    "tagged tool": (fenced(TOOL, "python tool") + fenced(CALL), TOOL, CALL),
    "tool repeated in a tagged decision": (fenced(f"{TOOL}\n{CALL}", "python decision"), TOOL, CALL),
}


@pytest.mark.parametrize(("text", "tool", "decision"), DECISION.values(), ids=DECISION.keys())
def test_decision_is_all_of_the_code(text: str, tool: str | None, decision: str) -> None:
    assert code_of(text, "decision", "area") == (tool, decision)


def test_decision_wants_a_call() -> None:
    assert "repeats the tool and makes no call" in refused(fenced(TOOL), "decision", "area").reason
    assert "repeats the tool and makes no call" in refused(fenced(TOOL, "python tool"), "decision").reason
    assert "makes no call" in refused(fenced(TOOL), "decision").reason


BOTH: dict[str, tuple[str, str, str]] = {
    "one block": (
        fenced(f"import math\n{TOOL}\na = 3; b = 4\nprint(area(a, b))"),
        f"import math\n{TOOL}",
        "a = 3; b = 4\nprint(area(a, b))",
    ),
    "constants above and between": (
        fenced(f'"""Squares."""\nK = 2\n{TOOL}\nL = max(3, 4)\ndef g(): ...\nx = 1\n{CALL}'),
        f'"""Squares."""\nK = 2\n{TOOL}\nL = max(3, 4)\ndef g(): ...',
        f"x = 1\n{CALL}",
    ),
    "result between": (
        fenced(f"{TOOL}\nx = area(3)\ndef g(): ...\ng()"),
        TOOL,
        "x = area(3)\ndef g(): ...\ng()",
    ),
    "preparation above": (
        fenced(f"import random\nrandom.seed(0)\n{TOOL}\n{CALL}"),
        f"import random\nrandom.seed(0)\n{TOOL}",
        CALL,
    ),
    "comment above the call": (
        fenced(f"{TOOL}  # done\n\n# Now\n{CALL}"),
        f"{TOOL}  # done",
        f"# Now\n{CALL}",
    ),
    "main guard": (
        fenced(f'{TOOL}\nif __name__ == "__main__":\n    {CALL}'),
        TOOL,
        f'if __name__ == "__main__":\n    {CALL}',
    ),
    "two blocks": (fenced(TOOL) + fenced(CALL), TOOL, CALL),
    "helper in the second": (fenced(TOOL) + fenced(f"def g(): ...\n{CALL}"), TOOL, f"def g(): ...\n{CALL}"),
    "three blocks": (fenced("import math") + fenced(TOOL) + fenced(CALL), f"import math\n\n{TOOL}", CALL),
    "decision first": (fenced(CALL) + fenced(TOOL), TOOL, CALL),
    "tagged tool": (
        fenced(TOOL, "python tool") + fenced("def g(): ...") + fenced(CALL),
        f"{TOOL}\n\ndef g(): ...",
        CALL,
    ),
    "tagged decision": (fenced(f"{TOOL}\narea(4)") + fenced(CALL, "python decision"), TOOL, CALL),
    "tagged tool with an example": (
        fenced(f"{TOOL}\narea(4)", "python tool") + fenced(CALL, "python decision"),
        TOOL,
        CALL,
    ),
    "without marks": (fenced(TOOL, "") + fenced(CALL, ""), TOOL, CALL),
    "without fences": (f"{TOOL}\n\n{CALL}", TOOL, CALL),
}


@pytest.mark.parametrize(("text", "tool", "decision"), BOTH.values(), ids=BOTH.keys())
@pytest.mark.parametrize("stage", ["rectification", "entangled"])
def test_tool_and_decision_are_told_apart(stage: Stage, text: str, tool: str, decision: str) -> None:
    assert code_of(text, stage) == (tool, decision)


def test_rectification_may_correct_either_alone() -> None:
    assert code_of(fenced(TOOL), "rectification") == (TOOL, None)
    assert code_of(fenced(f"import math\n{CALL}"), "rectification") == (None, f"import math\n{CALL}")
    assert code_of(
        fenced("# as before", "python tool") + fenced(CALL, "python decision"), "rectification"
    ) == (None, CALL)


def test_rectification_leaves_helpers_to_a_decision_that_calls_the_standing_tool() -> None:
    code = f"def show(x): print(x)\nshow(area(3))\n{CALL}"
    assert code_of(fenced(code), "rectification", "area") == (None, code)
    assert code_of(fenced(f"{TOOL}\n{code}"), "rectification", "area") == (
        f"{TOOL}\ndef show(x): print(x)",
        f"show(area(3))\n{CALL}",
    )


def test_entangled_wants_both() -> None:
    assert "no decision" in refused(fenced(TOOL), "entangled").reason
    assert "no tool" in refused(fenced(CALL), "entangled").reason


def test_what_is_joined_must_still_be_python() -> None:
    late = "from __future__ import annotations\ndef g(): ..."
    assert refused(fenced(TOOL) + fenced(late), "creation").syntax


# --- Whatever comes ---------------------------------------------------------------------------

FRAGMENTS = [
    *(
        "```",
        "````",
        "~~~",
        "``` python",
        "```python tool",
        "```python decision",
        "```py",
        "```text",
        "```output",
    ),
    *(
        "  ```python",
        "1. ```python",
        "Code: ```python",
        "Code: ```",
        "```pycon",
        "```json",
        "```markdown",
        "> ```",
    ),
    *(
        TOOL,
        CALL,
        "import math",
        "K = 3",
        "x = area(K)",
        "x",
        "def area(",
        "@cache",
        "class A:\n    b = 1",
        "    y = 2",
    ),
    *(
        '"""',
        "'''",
        's = """',
        "(",
        ")",
        "[{",
        "\\",
        "# ```",
        "f()```",
        ">>> f()",
        "... ",
        "%time",
        "!ls",
        "a?",
        ";",
    ),
    *(
        "Output:",
        "The result is",
        "5.0",
        "(1, 2)",
        "array([1])",
        "Sorry, no.",
        "Note: this",
        "if x: y",
        "return 1",
    ),
    *(
        "\0",
        "\ud800",
        "\ufeff",
        "\xa0\xa0x = 1",
        "“a”",
        "\x0c",
        "\x1b[31m",
        "\u2028",
        "\x85",
        "<think>",
        "</think>",
    ),
]
JOINS = ["\n", "\n", "\n", "\n\n", "\r\n", "\r", " ", ""]
texts = st.lists(
    st.tuples(st.sampled_from(FRAGMENTS) | st.text(max_size=12), st.sampled_from(JOINS)), max_size=14
).map(lambda pairs: "".join(part for pair in pairs for part in pair))


def stands_in(code: str, text: str) -> bool:
    """Tell whether each line of `code` stands in a line of `text`, in this order."""
    lines = iter(text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").split("\n"))
    wanted = [line.strip() for line in code.replace("\xa0", " ").split("\n")]
    return all(any(line in given for given in lines) for line in wanted if line)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    texts,
    st.sampled_from(STAGES),
    st.sampled_from(["stop", "stop", "stop", "length", None, "content_filter"]),
)
def test_any_text_gives_code_of_its_own_or_a_reason(text: str, stage: Stage, finish: str | None) -> None:
    for names in (frozenset[str](), frozenset({"area"})):
        reply = read_reply(text, stage, finish, names)
        assert reply == read_reply(text, stage, finish, names)
        reply.diagnosis.encode()
        if isinstance(reply, Unusable):
            assert reply.reason
            f"{reply.reason}{reply.code}".encode()
            continue
        assert finish == "stop"
        assert reply.tool or reply.decision
        for code in filter(None, (reply.tool, reply.decision)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert ast.parse(code).body
            assert code == code.rstrip()
            assert stands_in(code, text)


WORDS = [
    "the",
    "area",
    "is",
    "yes",
    "Sorry,",
    "import",
    "from",
    "if",
    "9",
    "x",
    "=",
    "5.0",
    "(so)",
    "Note:",
    "and",
    "not",
    "in",
    "`f(3)`",
    "-",
    "1.",
    "Done.",
    "**Output:**",
    "https://a.b/c",
]
sentences = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
outputs = st.tuples(
    st.sampled_from(["", "text", "json", "output"]),
    st.sampled_from(["9", "x", "area 9", "(1, 2)", "a, b", "'a'"]),
)
prose = st.lists(sentences | outputs.map(lambda pair: fenced(pair[1], pair[0])), max_size=8).map("\n".join)


@settings(max_examples=400, deadline=None)
@given(prose, st.sampled_from(STAGES))
def test_prose_never_yields_code(text: str, stage: Stage) -> None:
    assert isinstance(read_reply(text, stage, "stop"), Unusable)


SIZE = 10_000_000
NASTY: dict[str, Sequence[str]] = {
    "one line of backticks": ("`",),
    "fence after fence": ("```\n",),
    "blocks never closed": ("```python\nx = (\n",),
    "fences in one line": ("``` ",),
    "strings never closed": ("```python\n'''\n```\n",),
    "one block never closed": ("x = f(1)\n", "```python\n"),
    "parentheses": ("(", "```python\n"),
    "a list without end": ("- ", "", "```python\nx"),
    "blank lines": ("\n",),
    "blanks": (" ",),
    "carriage returns": ("\r",),
    "NULs": ("\0",),
    "half pairs": ("\ud800",),
    "prompts": (">>> x\n", "```\n"),
    "definitions": ("def f(x):\n",),
    "thoughts": ("<think>",),
    "prose, then code": ("The area is so.\n", "", fenced(f"{TOOL}\n{CALL}")),
}


@pytest.mark.parametrize("shape", NASTY.values(), ids=NASTY.keys())
def test_ten_megabytes_are_read_in_a_moment(shape: Sequence[str]) -> None:
    body, head, tail = (*shape, "", "")[:3]
    text = head + (body * (SIZE // len(body) + 1))[:SIZE] + tail
    begun = time.process_time()
    reply: Any = read_reply(text, "entangled", "stop")
    assert time.process_time() - begun < 3
    assert isinstance(reply, ReplyCode) == bool(tail.endswith("```\n"))


@pytest.mark.parametrize(
    "unit",
    ["x = f(1)\n", "f(1);", "1+", "-", "[", "a.", "x if y else ", "'''", "lambda: ", "@a\n", "\xa0f(1)\n"],
)
def test_the_longest_code_is_read_in_a_moment(unit: str) -> None:
    spellings: list[tuple[str, Stage]] = [("python", "creation"), ("", "entangled")]
    for info, stage in spellings:
        text = fenced(unit * ((MAX_CODE - 1_000) // len(unit)), info)
        begun = time.process_time()
        read_reply(text, stage, "stop", frozenset({"f"}))
        assert time.process_time() - begun < 3
