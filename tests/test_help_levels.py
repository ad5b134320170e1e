"""Levels of help, the student's own answer, and what a course that gives hints only never shows."""

from __future__ import annotations

import json
import shlex
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.cells.help_shown import ShownHelp
from creator_magic.course.course import Course
from creator_magic.course.head_only import head_without_code
from creator_magic.course.levels import level_given
from creator_magic.course.steps import HelpStep, HelpSteps, problem_id
from creator_magic.errors import CourseError
from creator_magic.inert import inert
from creator_magic.kernel.answer_checks import run_checks
from creator_magic.project_store import ProjectStore
from creator_magic.python_source import parsed
from creator_magic.tool_stub import head_of
from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live_notebook import Ran
    from tests.model_server import ModelServer

QUESTION = "Which **costs** are there even if no loaf is sold, and which come with each loaf?"
HINT = "Find out first what one loaf earns after its own costs. Then think about how often that must come in."
PIECES = (
    "<script>alert(1)</script>",
    "![](http://x/y)",
    "`a<b`",
    "**",
    "`",
    "&lt;",
    "\n\n",
    "$x^2$",
    "\\href",
    "\\def",
)
SECRET = "zqx_secret"
"""Stands in code and nowhere else."""

CODE = f"```python\ndef {SECRET}(fixed, margin):\n    return -(-fixed // margin)\n```"
LEAKY_TOOL = (
    f"```python tool\nimport math\n\n\ndef loaves(fixed: float, margin: float = 2.0) -> int:\n"
    f'    """Return how many loaves pay the fixed costs."""\n    {SECRET} = fixed / margin\n'
    f"    return math.ceil({SECRET})\n```"
)
BROKEN_TOOL = (
    f"```python tool\ndef loaves(fixed: float) -> int:\n    return 1\n\n\nraise ValueError({SECRET!r})\n```"
)


def steps_in(ran: Ran) -> list[dict[str, Any]]:
    """The steps of help that the outputs of a cell carry."""
    return list(ran.record["help"]["steps"])


def test_each_level_gives_more_and_a_whole_solve_asks_for_nothing_twice(server: ModelServer) -> None:
    with LiveNotebook({**environment(server), "CREATOR_CASSETTE_MODE": "auto"}) as notebook:
        notebook.run("%load_ext creator_magic")
        server.reply_with(QUESTION)
        ran = notebook.run(f"%%solve --help-level 1\n{BREAD}", cell_id="a", places_cells=True)
        assert ran.status == "ok", ran.error
        assert "<strong>costs</strong>" in ran.html
        assert "--help-level 2" in ran.text
        assert not ran.syncs, "no cell is made"

        server.reply_with(f"First.\n\n{CODE}", f"{HINT} Mind the <b>units</b>.\n\n![](http://x/y.png)")
        ran = notebook.run(f"%%create --help-level 2\n{BREAD}", cell_id="a")
        assert HINT in ran.text
        assert "in words only" in server.calls[-1].body["messages"][-1]["content"]
        assert "<b>" not in ran.html
        assert "<img" not in ran.html
        assert SECRET not in json.dumps(ran.outputs)

        server.reply_with(TOOL)
        ran = notebook.run(f"%%solve --help-level 3\n{BREAD}", cell_id="a")
        assert "def break_even(price: float, cost: float, fixed: float) -> int:" in ran.text
        assert "Return the units to sell" in ran.text
        assert "math.ceil" not in json.dumps(ran.outputs)
        assert notebook.names() == set()
        known = "[list(lines) for _, _, lines, _ in __import__('linecache').cache.values()]"
        assert "math.ceil" not in notebook.value(known)
        assert "break_even" not in notebook.run("%tools").text

        ran = notebook.run(f"%%solve --help-level 4 --check 'answer > 0'\n{BREAD}", cell_id="a")
        assert [cell["metadata"]["creator_magic"]["role"] for cell in ran.cells] == ["tool"]
        assert "%creator check" in ran.html
        assert notebook.names() == {"math", "break_even"}
        taken = steps_in(ran)
        assert [step["level"] for step in taken] == [1, 2, 3, 4]
        assert [step["origin"] for step in taken] == ["called", "called", "called", "replayed"]
        assert taken[1]["withheld"] >= 1
        assert len(server.calls) == 4, "the tool was asked for once"
        ran = notebook.run(f"%%solve --help-level 1\n{BREAD}", cell_id="a")
        assert [step["origin"] for step in steps_in(ran)[4:]] == ["replayed"]
        ran = notebook.run(f"%%solve --help-level 1\n{BREAD}", cell_id="a")
        assert len(steps_in(ran)) == 5, "to see the same again is no step"

        server.reply_with(DECISION)
        ran = notebook.run(f"%%solve\n{BREAD}", cell_id="a", places_cells=True)
        assert len(ran.cells) == 2
        assert "help" not in ran.record, "what nobody restricts nobody counts"
        assert len(server.calls) == 5
        dry = notebook.run(f"%%solve --help-level 2 --dry-run\n{BREAD}").text
        assert dry.rstrip().endswith("Give a hint.")


@pytest.fixture
def course(tmp_path: Path, server: ModelServer) -> Iterator[Any]:
    """Begins a notebook in a course, and keeps every message that its kernel sends."""
    opened: list[LiveNotebook] = []

    def begin(toml: str) -> tuple[LiveNotebook, list[str]]:
        (tmp_path / "creator.toml").write_text(toml)
        env = {**environment(server), "CREATOR_FULL_LOG": "True"}
        notebook = LiveNotebook(env, cwd=str(tmp_path)).__enter__()
        opened.append(notebook)
        said: list[str] = []
        for channel in ("get_iopub_msg", "get_shell_msg"):
            receive = getattr(notebook.client, channel)

            def kept(*args: Any, receive: Any = receive, **kwargs: Any) -> Any:
                message = receive(*args, **kwargs)
                if message["msg_type"] != "execute_input":  # that is what the person sent
                    said.append(json.dumps(message["content"], default=str))
                return message

            setattr(notebook.client, channel, kept)
        assert notebook.run("%load_ext creator_magic").status == "ok"
        return notebook, said

    yield begin
    for notebook in opened:
        notebook.__exit__()


def test_what_a_check_does_is_put_back_and_what_it_prints_is_not_shown(notebook: LiveNotebook) -> None:
    notebook.run(
        "def spoil(answer):\n    global times\n    times += 1\n    seen.append(answer)\n    print('spoilt')\n"
        "    return False\n\nseen, times = [], 0"
    )
    notebook.run("250")
    ran = notebook.run("%creator check --check spoil --check 'answer > 3' --check '>>> answer\\n7'")
    assert "1 of 3 checks hold" in ran.text
    assert "Checked: 250, the value of cell" in ran.text
    assert "spoilt" not in ran.text
    assert notebook.value("seen, times") == "([], 0)", "what a check changes is put back"
    assert "answer" not in notebook.names()
    notebook.run("250")
    notebook.run(f"%%solve --dry-run\n{BREAD}")
    assert "Which problem is it?" in notebook.run("%creator check --check 'answer < 0' --help-level 2").error
    notebook.run(f"%%solve --help-level 1\n{BREAD}")
    ran = notebook.run("%creator check --check 'answer < 0' --help-level 2")
    assert "Check 1 does not hold. answer < 0 is not so." in ran.text
    assert "No help: 127.0.0.1" in ran.text, "the check stands although the model refuses"
    assert "There are no checks" in notebook.run("%creator check").error
    notebook.run("class Odd:\n    def __repr__(self): raise ValueError\nOdd()")
    notebook.run("answer = Odd()")
    ran = notebook.run("%creator check --check 'answer is None'")
    assert "Checked: <Odd instance>, the variable" in ran.text
    notebook.run("def ends(answer):\n    raise SystemExit\n\ndef hangs(answer):\n    while True: pass")
    notebook.run("%config CreatorMagic.timeout = 0.5")
    ran = notebook.run("%creator check --check ends --check hangs")
    assert ran.text.count("cannot be made of your answer") == 2


def test_hints_only_shows_code_by_no_way_of_ours(course: Any, server: ModelServer, tmp_path: Path) -> None:
    notebook, said = course('[course]\nname = "Baking"\n[help]\nmost = "hint"\n')
    server.reply_by(lambda _: f"{HINT}\n\n{CODE}\n\n{QUESTION}")
    for first in ("%%solve", "%%create", "%%solve --help-level 1", "%%solve --review --samples 3 --into x"):
        ran = notebook.run(f"{first}\n{BREAD}", cell_id="a", places_cells=True)
        assert HINT in ran.text, ran.error
        assert "not shown" in ran.text
        assert "record" not in ran.html
    closed = "gives help up to a hint"
    for number in (3, 4):
        assert closed in notebook.run(f"%%solve --help-level {number}\n{BREAD}", cell_id="a").error
    notebook.run("1 / 0", cell_id="mine", places_cells=True)
    for way in ("%rectify", "%creator explain", "%tools", "%tools show loaves", "%explore loaves"):
        assert closed in notebook.run(way, cell_id="b", places_cells=True, interactive=True).error
    for call in ("solve", "create"):
        assert closed in notebook.run(f"import creator_magic\ncreator_magic.{call}('?')").error
    marker = {"v": 1, "client": "t", "app": "t", "app_version": "0", "path": "", "cells": [], "rectify": "no"}
    pressed = notebook.send(f"%%solve\n{BREAD}", "a", {"creator_magic_frontend": marker})
    assert "there is no code to rectify" in notebook.gather(pressed).error
    assert "does not show solutions" in notebook.run("%creator reveal").error
    notebook.run("40 + 2")
    ran = notebook.run("%creator check --check 'answer > 50' --help-level 2")
    assert "0 of 1 checks hold" in ran.text
    assert HINT in ran.text
    assert "Sent: the problem, your cell" in ran.text
    assert "40 + 2" in server.calls[-1].body["messages"][-1]["content"]
    for way in ("%creator log", "%creator log 1", "%creator log --all", "%creator log --all 1"):
        assert "help" in notebook.run(way).text
    assert "Give a hint." in notebook.run(f"%%solve --dry-run\n{BREAD}").text
    assert notebook.run("%creator undo").status == "error"
    server.fault(len(server.calls), "hang")
    waiting = notebook.send(f"%%solve\n{BREAD}", "a")
    server.wait_for(len(server.calls) + 1)
    notebook.interrupt()
    assert "the question to the model was stopped" in notebook.gather(waiting).error
    server.reply_by(lambda _: CODE)
    asked = len(server.calls)
    ran = notebook.run(f"%%solve\n{BREAD}", cell_id="a")
    assert "nothing else was left" in ran.text
    assert len(server.calls) == asked + 2, "once more, and no further"
    assert [each for each in said if "which come with each loaf" in each], "what is sent is seen"
    assert not [each for each in said if SECRET in each]
    assert not [path for path in tmp_path.rglob("*.sqlite*") if SECRET.encode() in path.read_bytes()]
    assert SECRET not in notebook.value("[*In, *map(repr, Out.values()), *globals()]")


def test_where_the_tool_is_all_the_decision_is_the_students(course: Any, server: ModelServer) -> None:
    notebook, said = course('[help]\nmost = "tool"\n')
    decided = f"```python decision\n{SECRET} = break_even(3.2, 1.2, 500)\n{SECRET}\n```"
    failing = TOOL.replace("import math", "import math\n1 / 0")
    server.reply_with(f"{failing}\n\n{decided}", f"Write `{SECRET} = 5`.\n\n{TOOL}\n\n{decided}")
    solve = f"%%solve --method entangled --review --into n\n{BREAD}"
    ran = notebook.run(solve, cell_id="a", places_cells=True)
    assert [cell["metadata"]["creator_magic"]["role"] for cell in ran.cells] == ["tool"], ran.error
    assert "The decision is yours" in ran.html
    assert notebook.names() == {"math", "break_even"}
    again = notebook.run(solve, cell_id="a", places_cells=True, standing=ran.cells)
    assert "no model asked" in again.text
    assert [step["origin"] for step in steps_in(again)] == ["called", "notebook"]
    assert len(server.calls) == 2
    server.reply_with(
        f"It divides the fixed costs by the margin, whatever the loaves are. {HINT} {HINT}\n\n{decided}"
    )
    assert "by the margin, whatever" in notebook.run("%creator explain").text
    for way in ("%creator log", "%creator log 2", "%creator log --all 2"):
        assert "rectification" in notebook.run(way).text
    assert "gives help up to the tool" in notebook.run("%rectify").error
    ran = notebook.run("answer = break_even(3.20, 1.20, 500)\n%creator check --check 'answer == 250'")
    assert "The check holds" in ran.text
    assert not [each for each in said if SECRET in each]


def test_where_steps_lead_to_the_solution_the_log_does_not_jump_to_it(
    course: Any, server: ModelServer
) -> None:
    notebook, said = course("[help]\nclimb = true\n")
    server.reply_with(QUESTION, f"{HINT} {HINT}\n\n```python\n{SECRET} = 500 / 2\n```", LEAKY_TOOL)
    for number, shown in enumerate((QUESTION, HINT, "def loaves("), 1):
        assert shown in notebook.run(f"%%solve\n{BREAD}", cell_id="a").text
        for way in ("%creator log", f"%creator log {number}", f"%creator log --all {number}"):
            assert notebook.run(way).status == "ok"
    assert len(server.calls) == 3
    # A hint may state another problem, which begins at the first step; the teacher sees where it was.
    server.reply_with(QUESTION, HINT)
    for shown in (QUESTION, HINT):
        ran = notebook.run(f"%%solve --hint 'Solve another one.'\n{BREAD}", cell_id="b")
        assert shown in ran.text
    assert ran.record["help"]["problem"] == problem_id(BREAD)
    assert "Level 3, " in notebook.run("%creator reveal").error
    assert not [each for each in said if SECRET in each]


def test_one_step_after_the_other_up_to_the_solution_that_wrong_answers_open(
    course: Any, server: ModelServer, tmp_path: Path
) -> None:
    notebook, said = course(
        f'[course]\nname = "Baking"\n[help]\nmost = "signature"\nclimb = true\nreveal = 2\n'
        f'[exercises.break-even]\nproblem = """{BREAD}"""\n'
        'checks = [{check = "answer == 250", says = "What does one loaf earn?"}, ">>> answer - 120\\n130"]\n'
    )
    solve = f"%%solve\n{BREAD}"
    assert (
        "The next one for this problem is --help-level 1"
        in notebook.run(f"%%solve --help-level 2\n{BREAD}").error
    )
    server.reply_with(QUESTION, QUESTION, HINT, LEAKY_TOOL)
    assert QUESTION in notebook.run(solve, cell_id="a").text
    notebook.restart()
    with notebook.at_once():
        sent = [notebook.send(code, "a") for code in ("%load_ext creator_magic", solve, "pass")]
    ran = notebook.gather_all(sent)[1]
    assert "A question back" in ran.text, "to run all cells is no wish for more"
    assert "run this cell once more, by itself" in ran.text
    assert HINT in notebook.run(solve, cell_id="a").text, "a new kernel knows what was taken"
    ran = notebook.run(solve, cell_id="a", places_cells=True)
    assert "def loaves(fixed: float, margin: float=2.0) -> int:" in ran.text
    assert not ran.syncs
    assert [step["level"] for step in steps_in(ran)] == [1, 1, 2, 3]
    assert ran.record["help"]["name"] == "break-even"
    server.reply_with(QUESTION, HINT, BROKEN_TOOL, BROKEN_TOOL)
    for _ in range(3):
        ran = notebook.run(solve.replace("How many", "Say how many"), cell_id="b")
    assert "No working tool was found" in ran.error
    assert notebook.names() == set()

    notebook.run(solve, cell_id="a")
    assert "after 2 answers of yours" in notebook.run("%creator reveal").error
    assert "There is no answer of yours" in notebook.run("%creator check").error
    notebook.run("print(1)\n249")
    for _ in range(2):
        ran = notebook.run("%creator check", cell_id="c")
        assert "break-even: 0 of 2 checks hold" in ran.text
        assert "What does one loaf earn?" in ran.text
        assert "250" not in json.dumps(ran.outputs)
        assert "130" not in json.dumps(ran.outputs), "neither the check nor what it expects"
    assert "1 is missing" in notebook.run("%creator reveal").error, "the same answer counts once"
    assert "Did you mean break-even?" in notebook.run("%creator check breakeven").error
    ran = notebook.run("answer = 'two'\n%creator check break-even --check 'len(answer) == 3'")
    assert "1 of 3 checks hold" in ran.text
    assert "cannot be made of your answer, which is: str of length 3" in ran.text
    assert "%creator reveal" in ran.text
    assert "does more than check" in notebook.run("7 + 7\n%creator check").error
    assert not [each for each in said if SECRET in each]
    assert not [path for path in tmp_path.rglob("*.sqlite*") if SECRET.encode() in path.read_bytes()]

    server.reply_with(LEAKY_TOOL, "```python decision\nneeded = loaves(500, 2.0)\nneeded\n```")
    ran = notebook.run("%creator reveal", cell_id="r", places_cells=True)
    assert "Answer: <code>250</code>" in ran.html, ran.error
    assert len(ran.cells) == 2
    assert [each for each in said if SECRET in each], "what is sent is seen"
    last = steps_in(ran)[-1]
    assert (last["level"], last["revealed"]) == (5, True)
    ran = notebook.run("answer = needed\n%creator check", cell_id="c")
    assert "all 2 checks hold" in ran.text
    assert [step["passed"] for step in steps_in(ran) if step["checks"]] == [False, False, True]


@pytest.mark.parametrize(
    ("most", "climbs", "asked", "taken", "create", "given"),
    [
        ("solution", False, None, 0, False, 5),
        ("solution", False, None, 0, True, 4),
        ("solution", True, None, 0, False, 1),
        ("solution", True, None, 4, False, 5),
        ("solution", True, 1, 3, False, 1),
        ("solution", True, 3, 1, False, "--help-level 2"),
        ("tool", False, None, 0, False, 4),
        ("tool", False, 4, 0, True, 4),
        ("hint", False, None, 0, True, 2),
        ("hint", False, 3, 5, False, "up to a hint"),
        ("question", True, None, 1, False, 1),
    ],
)
def test_the_level_that_a_cell_is_given(
    most: Any, climbs: bool, asked: int | None, taken: int, create: bool, given: Any
) -> None:
    course = Course(name="C", most_help=most, climbs=climbs)
    if isinstance(given, int):
        assert level_given(course, asked, taken, create=create) == given
    else:
        with pytest.raises(CourseError, match=given):
            level_given(course, asked, taken, create=create)


class _Tags(HTMLParser):
    """What a browser would make of it: the tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12).map("".join))
def test_whatever_a_model_writes_is_text(words: str) -> None:
    shown = ShownHelp("A hint", words, "def f(): ...", ("one line",), ("a note",))
    page = _Tags(shown.as_html())
    assert {tag for tag, _ in page.tags} <= {"div", "strong", "p", "code", "pre"}
    assert {name for _, names in page.tags for name in names} <= {"class", "role", "aria-label", "style"}
    kept = [*inert(words).replace("`", "").replace("*", "").split()]
    assert [each for each in kept if each not in page.text.replace("`", "").replace("*", "")] == []
    assert ("mathjax_ignore" in shown.as_html()) == any(each in words for each in ("\\href", "\\def"))


def test_of_a_tool_no_line_of_its_body_is_shown() -> None:
    source = (
        "from functools import cache\n\ndef helper(x): return x + 1\n\n@cache\n"
        'def area(w: float, h=[n for n in (1,)], *, unit="m", g=-9.81) -> float:\n'
        '    """Return an area.\n\n    >>> area(2, 3)\n    6\n    """\n    return w * h\n'
    )
    assert head_of(source) == (
        "def area(w: float, h=..., *, unit='m', g=-9.81) -> float:\n"
        '    """Return an area.\n    \n    >>> area(2, 3)\n    6\n    """'
    )
    assert head_of("def f(x): return x") == "def f(x):\n    ..."
    assert head_of("x = 1") == ""


def test_a_docstring_is_no_way_round_the_signature() -> None:
    source = (
        "def area(w: float, h: float) -> float:\n"
        '    """Return an area in square metres.\n\n    Parameters\n    ----------\n    w : float\n'
        "        The width in metres.\n\n    >>> area(2, h=-3.5)\n    -7.0\n"
        "    >>> (lambda w, h: w * h)(2, 3)\n    6\n\n    The code is:\n\n        inner = w * h\n"
        '        return round(inner, 2)\n    """\n    inner = w * h\n    return round(inner, 2)\n'
    )
    head, withheld = head_without_code(source)
    assert withheld >= 2
    assert "lambda" not in head
    assert "round" not in head
    assert "inner" not in head
    assert "w : float\n        The width in metres." in head
    assert ">>> area(2, h=-3.5)\n    -7.0" in head
    assert parsed(head) is not None
    assert head_without_code("x = 1") == ("", 0)
    assert head_without_code(TOOL.split("```")[1].removeprefix("python tool"))[1] == 0


def test_steps_stay_with_the_problem_whatever_becomes_of_its_file(tmp_path: Path) -> None:
    steps = HelpSteps(ProjectStore(tmp_path / "toolbox.sqlite"))
    bread = problem_id(BREAD)
    assert bread == problem_id(f"  {BREAD.replace(chr(10), '   ')}\n")
    steps.add(bread, HelpStep(1, "called"))
    steps.add(bread, HelpStep(0, passed=False, answer="x"))
    steps.add(bread, HelpStep(0, passed=False))
    again = HelpSteps(ProjectStore(tmp_path / "toolbox.sqlite"))
    assert [step.level for step in again.of(bread)] == [1, 0, 0]
    assert (again.taken(bread), again.failed_answers(bread)) == (1, 1)
    assert again.taken(problem_id("another")) == 0
    nowhere = HelpSteps(ProjectStore(tmp_path / "no" / "such" / "folder"))
    nowhere.add(bread, HelpStep(2, "replayed"))
    assert nowhere.taken(bread) == 2


def test_neither_the_head_nor_an_example_carries_code_in_a_string_or_an_annotation() -> None:
    code = "return -(-fixed // (price-cost))"
    source = (
        f"def loaves(price, cost: lambda p: {SECRET}(p), fixed: 'int # {code}', *a: 'list[ceil(fixed)]', "
        f"n=3, how: str={code!r}, by=b'{code}', **kw: {SECRET}[0].at[1]) -> 'ceil(fixed/(price-cost))':\n"
        f'    """Return it.\n\n    >>> loaves(1, {code!r})\n    3\n'
        f"    >>> loaves(1, 2)  # {code}\n    {code!r}\n"
        "    >>> loaves('return math', '.ceil(fixed)')\n    4\n"
        "    >>> loaves('Bern', [1, {'a': 2}])  # doctest: +SKIP\n    {'a': 1}\n"
        '    """\n    return 1\n'
    )
    head, withheld = head_without_code(source)
    assert head.splitlines()[0] == (
        "def loaves(price, cost: ..., fixed: ..., *a: ..., n=3, how: str=..., by=..., **kw: ...) -> ...:"
    )
    assert head.splitlines()[3:-1] == [
        *("    […]", "    >>> loaves(1, 2)", "    […]", "    […]"),
        *("    >>> loaves('Bern', [1, {'a': 2}])", "    {'a': 1}"),
    ]
    assert withheld == 3
    usual = (
        "def f(x: list['Frame'], y: Callable[[int], str], z: np.typing.NDArray[np.float64], "
        "w: 'list[int] | None', *, u: tuple[int, ...]=(), unit='m', how='half up') -> dict[str, float]:"
    )
    assert head_without_code(f"{usual} return 1")[0].splitlines()[0] == usual


def test_the_answer_is_the_last_cells_or_none_and_is_not_kept(notebook: LiveNotebook) -> None:
    check = "%creator check --check 'answer == 250'"
    notebook.run("250")
    idle = ("import math", "def f():\n    return 1", "# not yet", "%who", "!true", "%%capture\nx = 3")
    for cell in idle:
        assert notebook.run(cell).status == "ok"
    assert "Checked: 250, the value of cell" in notebook.run(check).text
    for cell in ("x = 251", "print(251)", "251;"):
        notebook.run("250")
        at = notebook.run(cell).execution_count
        notebook.run("import math")
        assert f"Your last cell, [{at}], has no answer: end it" in notebook.run(check).error
    for cell in ("1 / 0", "answer ="):
        notebook.run("250")
        at = notebook.run(cell).execution_count
        assert f"Your last cell, [{at}], did not run to its end" in notebook.run(check).error
    notebook.run("class Big: pass\n\nimport gc, weakref\nanswer = Big()\nwatched = weakref.ref(answer)")
    notebook.run("%reset_selective -f ^answer$")
    assert "is not there any more" in notebook.run(check).error
    assert notebook.value("(gc.collect(), watched())[1]") == "None", "what is deleted is free"
    notebook.run("250")
    notebook.run("%reset -f out")
    assert "is not there any more" in notebook.run(check).error
    assert "The check holds" in notebook.run(f"answer = 250\n{check}").text


def test_an_answer_that_is_used_up_or_an_address(notebook: LiveNotebook) -> None:
    notebook.run("class Loaf: pass")
    for answer, shown in (
        ("Loaf()", "a value of type Loaf"),
        ("[Loaf(), 3]", "[a value of type Loaf, 3]"),
        ("(n for n in [Loaf()]).send", "a value of type builtin_function_or_method"),
        ("'a text at home'", "'a text at home'"),
    ):
        notebook.run(answer)
        said = notebook.run("%creator check --check 'answer is not None'").text
        assert f"Checked: {shown}, the value of cell" in said
    notebook.run("answer = map(int, '123')")
    said = notebook.run("%creator check --check 'list(answer) == [1, 2, 3]' --check 'sum(answer) == 6'").error
    assert "of type map, which can be gone through only once: make it a list, answer = list(answer)" in said
    assert notebook.value("list(answer)") == "[1, 2, 3]", "nothing has run"
    notebook.run("(n for n in answer)")
    assert "of type generator" in notebook.run("%creator check --check 'sum(answer) == 6'").error


def test_an_answer_is_held_against_no_other_exercise_and_not_sent(course: Any, server: ModelServer) -> None:
    sharing = '[course]\nsharing = "forbidden"\n'
    notebook, _ = course(
        f'{sharing}[exercises."the bakery"]\nproblem = """{BREAD}"""\nchecks = ["answer == 250"]\n'
    )
    notebook.run("250")
    assert "the bakery: the check holds" in notebook.run("%creator check").text, "none was stated"
    notebook.run("%%solve --help-level 1\nHow long is a week?")
    assert "or name an exercise: 'the bakery'." in notebook.run("%creator check").error
    assert "Did you mean 'the bakery'?" in notebook.run("%creator check bakery").error
    assert "the bakery: the check holds" in notebook.run("%creator check 'the bakery'").text
    notebook.run("249")
    asked = len(server.calls)
    assert "Sharing is forbidden here" in notebook.run("%creator check 'the bakery' --help-level 2").error
    assert len(server.calls) == asked


def test_a_check_that_does_not_work_is_not_the_students_fault(course: Any) -> None:
    checks = ["anser > 0", "uses_nothing", "answer > 0", ">>> anser\n3", "undefined_function"]
    notebook, _ = course(
        f"[help]\nmost = 'hint'\nreveal = 1\n[exercises.a]\nchecks = {checks}\n"
        "[exercises.b]\nchecks = ['answer() > 0', 'answer > 0', 'len(answer)', 'answer() or anser']\n"
    )
    notebook.run("def uses_nothing(answer):\n    return nowhere")
    notebook.run("3")
    ran = notebook.run("%creator check a --check 'answ > 3'")
    assert "a: 1 of 6 checks hold, 5 do not work" in ran.text
    assert ran.text.count("does not work itself, whatever your answer is.") == 4
    assert "Check 6, answ > 3, does not work itself: it raised NameError: name 'answ' is" in ran.text
    assert "The solution" not in ran.text
    assert "anser" not in ran.text
    step = steps_in(ran)[-1]
    assert (step["passed"], step["held"], step["checks"], step["answer"]) == (None, 1, 6, "")
    notebook.run("def answer():\n    return nowhere\n\nanswer = answer")
    ran = notebook.run("%creator check b")
    assert "b: 0 of 4 checks hold\n" in ran.text, "what the answer calls is the answer"
    assert ran.text.count("cannot be made of your answer") == 4
    assert steps_in(ran)[-1]["passed"] is False


def test_a_check_uses_what_is_built_in_whatever_the_notebook_calls_so(notebook: LiveNotebook) -> None:
    notebook.run("isinstance = len = int = lambda *a: True\n\ndef sum(answer): return False")
    notebook.run("'3'")
    checks = ("isinstance(answer, int)", r">>> len(answer)\nTrue", "sum([1]) == 1", "sum")
    ran = notebook.run(
        f"%creator check {shlex.join(word for check in checks for word in ('--check', check))}"
    )
    assert "1 of 4 checks hold\n" in ran.text
    assert "Check 3 holds." in ran.text
    assert notebook.value("len('3')") == "True", "the notebook's is as it was"


def test_examples_that_cannot_be_read_fail_and_raise_nothing() -> None:
    def loaves() -> int:
        """>>>loaves()"""
        return 3

    checked = run_checks(["doctest"], 3, {"loaves": loaves}, ["loaves"])
    assert checked.broken
    assert "its examples cannot be read: line 1" in checked.failed[0].why
