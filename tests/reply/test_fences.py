"""Fences, however a model writes them."""

from __future__ import annotations

import pytest

from tests.reply.read import CALL, STAGES, code_of, fenced, refused

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
        if stage == "program":  # all of it is one
            assert code_of(text, stage) == (None, "x = 1\nf(x)\n\ny = 2\ndef f(x): ...")
            continue
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
