"""What generated code does."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import nbformat
import pytest

from creator_magic.headless import run_notebook
from creator_magic.run_report import KernelDiedError
from tests.conftest import environment
from tests.faults.book import ANSWER, AS_BEFORE, DECISION, TOOL
from tests.faults.catalogue import Fault, fault
from tests.live_notebook import text_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.book import Book
    from tests.model_server import ModelServer

pytestmark = pytest.mark.xdist_group("faults of code")

MEGABYTES = 1_000_000


def body(*lines: str, before: str = "") -> str:
    """A tool whose function holds `lines`."""
    inner = "\n".join(f"    {line}" for line in lines)
    return f"{before}\ndef one_more(number):\n{inner}\n    return number + 1"


def broken_exception(text: str) -> str:
    """A tool that raises an exception whose text is made by `text`."""
    return body(
        "raise Broken",
        before=f"class Broken(Exception):\n    def __str__(self):\n        {text}\n    __repr__ = __str__\n",
    )


# What fails, and is mended


@fault(
    "It raises",
    "The error and its line are the feedback for a rectification. For ever: a failed cell that names them, "
    "the traceback of the generated lines alone in the generated cell",
    requests=2,
    mended=3,
    case=body("return number / 0"),
    says=["ZeroDivisionError in the tool cell, line 2: division by zero"],
)
@fault(
    "It raises an exception whose `__str__` and `__repr__` raise",
    "As above; the text is said to be unavailable",
    requests=2,
    mended=3,
    case=broken_exception("return 1 / 0"),
    says=["Broken", "cannot be shown"],
)
@fault(
    "… whose `__str__` exits",
    "As above",
    requests=2,
    mended=3,
    case=broken_exception("raise SystemExit"),
    says=["Broken", "cannot be shown"],
)
@fault(
    "… whose `__str__` runs for ever",
    "As above, after the time limit",
    requests=2,
    mended=3,
    case=broken_exception("while True: pass"),
    says=["Broken", "cannot be had"],
)
@fault(
    "… whose text has 100 MB",
    "As above; the text is cut",
    requests=2,
    mended=3,
    case=broken_exception("return 'x' * 100_000_000"),
    says=["Broken in the"],
)
@fault(
    "… whose text holds HTML and ANSI escapes",
    "As above; shown as plain text",
    requests=2,
    mended=3,
    case=broken_exception("return '\\x1b[2J\\x1b]0;title\\x07<script>alert(1)</script>'"),
    says=["Broken in the", "script"],
)
@fault(
    "… whose text holds half a character",
    "As above; shown as U+FFFD",
    requests=2,
    mended=3,
    case=broken_exception("return 'half \\ud83d'"),
    says=["half \ufffd"],
)
@fault(
    "It raises a group of exceptions",
    "As above",
    requests=2,
    mended=3,
    case=body("raise ExceptionGroup('many', [ValueError(1), KeyError(2)])"),
    says=["ExceptionGroup", "many (2 sub-exceptions)"],
)
@fault(
    "It recurses for ever",
    "As above; the traceback is short",
    requests=2,
    mended=3,
    case=body("return one_more(number)"),
    says=["RecursionError"],
)
@fault(
    "It exits by `sys.exit()`",
    "As above; the kernel stays",
    requests=2,
    mended=3,
    case=body("sys.exit(3)", before="import sys"),
    says=["tried to end the kernel"],
)
@fault(
    "… by `exit()`",
    "As above",
    requests=2,
    mended=3,
    case=body("exit()"),
    says=["tried to end the kernel"],
)
@fault(
    "… by `os._exit()`",
    "As above",
    requests=2,
    mended=3,
    case=body("os._exit(3)", before="import os"),
    says=["tried to end the kernel"],
)
@fault(
    "… by `os.abort()`",
    "As above",
    requests=2,
    mended=3,
    case=body("os.abort()", before="import os"),
    says=["tried to end the kernel"],
)
@fault(
    "It raises `SystemExit` itself",
    "As above",
    requests=2,
    mended=3,
    case=body("raise SystemExit('bye')"),
    says=["tried to end the kernel"],
)
@fault(
    "It raises `KeyboardInterrupt` itself",
    "As above: it is a failure of the code, not the person's interrupt",
    requests=2,
    mended=3,
    case=body("raise KeyboardInterrupt"),
    says=["KeyboardInterrupt in the"],
)
@fault(
    "It asks for input",
    "As above: nobody is asked, and nothing waits",
    requests=2,
    mended=3,
    case=body("input('How many? ')"),
    says=["may not ask for input"],
)
@fault(
    "… by reading `sys.stdin`",
    "As above",
    requests=2,
    mended=3,
    case=body("sys.stdin.readline()", before="import sys"),
    says=["may not ask for input"],
)
@fault(
    "… by `getpass`",
    "As above",
    requests=2,
    mended=3,
    case=body("getpass.getpass()", before="import getpass"),
    says=["may not ask for input"],
)
@fault(
    "It loops for ever in Python",
    "As above, after `--timeout`: it did not finish",
    requests=2,
    mended=3,
    case=body("while True:", "    number += 1"),
    says=["did not finish: stopped after 1 s"],
)
@fault(
    "… and swallows the interruption",
    "As above, half a second later",
    requests=2,
    mended=3,
    case=body(
        "while True:", "    try:", "        number += 1", "    except BaseException:", "        continue"
    ),
    says=["did not finish: stopped after 1 s"],
)
@fault(
    "… on several levels, one in a `finally`",
    "As above",
    requests=2,
    mended=3,
    case=body(
        "while True:",
        "    try:",
        "        while True:",
        "            try:",
        "                number += 1",
        "            finally:",
        "                continue",
        "    except:",
        "        pass",
    ),
    says=["did not finish: stopped after 1 s"],
)
@fault(
    "It sleeps for ever",
    "As above",
    requests=2,
    mended=3,
    case=body("time.sleep(1e6)", before="import time"),
    says=["did not finish: stopped after 1 s"],
)
@fault(
    "… having set SIGINT to be ignored",
    "As above: the interrupt stays the person's",
    requests=2,
    mended=3,
    case=body(
        "signal.signal(signal.SIGINT, signal.SIG_IGN)", "time.sleep(1e6)", before="import signal, time"
    ),
    says=["did not finish: stopped after 1 s"],
)
@fault(
    "… having blocked SIGINT",
    "As above, if it runs Python at times",
    requests=2,
    mended=3,
    case=body(
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})",
        "while True:",
        "    pass",
        before="import signal",
    ),
    says=["did not finish: stopped after 1 s"],
)
@fault(
    "It sets an alarm and no handler, which would end the process",
    "An error in the code, as above",
    requests=2,
    mended=3,
    case=body("signal.setitimer(signal.ITIMER_REAL, 0.1)", "time.sleep(10)", before="import signal, time"),
    says=["SIGALRM"],
)
@fault(
    "The answer cannot be shown: its `__repr__` raises",
    "As above",
    requests=2,
    mended=3,
    case="class Mute:\n    def __repr__(self):\n        raise KeyError('mute')\n" + body("return Mute()"),
    says=["KeyError"],
)
def test_code_that_fails_is_mended_or_fails_the_cell(book: Book, fault: Fault) -> None:
    book.failed(book.solve_by(fault.case, "--timeout 1 --max-rectifications 0"), fault)
    assert book.notebook.manager.is_alive()
    book.begin()
    ran = book.solve_by(fault.case, "--timeout 1")
    book.solved(ran, fault, fault.mended)


@fault(
    "It fails in another way each time",
    "A failed cell after the last rectification that is allowed, with the last error",
    requests=4,
    says=["Not solved in 3 attempts", "NameError", "wrong_3"],
)
def test_the_number_of_rectifications_is_bounded(book: Book, fault: Fault) -> None:
    replies = (f"```python decision\none_more(wrong_{number})\n```" for number in (1, 2, 3, 4))
    book.server.reply_with(TOOL, *replies)
    book.failed(book.solve(), fault)


@fault(
    "It fails, and the model sends the same code again",
    "A failed cell at once: asking on would be waste",
    requests=3,
    says=["the model sent the same code again"],
)
def test_the_same_code_again_ends_it(book: Book, fault: Fault) -> None:
    failing = "```python decision\none_more('41')\n```"
    book.server.reply_with(TOOL, failing, f"Perhaps so:\n{failing}", DECISION)
    book.failed(book.solve("--max-rectifications 9"), fault)


# What ends well


@fault("It defines a tool and its decision uses top-level `await`", "The answer", requests=2)
def test_top_level_await(book: Book, fault: Fault) -> None:
    awaiting = "import asyncio\nawait asyncio.sleep(0.01)\nawait asyncio.sleep(0, one_more(41))"
    book.server.reply_with(TOOL, f"```python decision\n{awaiting}\n```")
    book.solved(book.solve(), fault, None, "asyncio")


@fault(
    "It awaits for ever at the top level",
    "A failed cell after `--timeout`",
    requests=2,
    says=["did not finish: stopped after 1 s"],
)
def test_an_endless_await_ends_at_the_limit(book: Book, fault: Fault) -> None:
    book.server.reply_with(TOOL, "```python decision\nimport asyncio\nawait asyncio.sleep(1e6)\n```")
    book.failed(book.solve("--timeout 1 --max-rectifications 0"), fault)


@fault(
    "It prints 100 MB",
    "The answer; a million characters of it, and a notice",
    requests=2,
    case=body("for _ in range(1000):", "    print('x' * 100_000)"),
    says=["left out"],
)
@fault(
    "It prints 100 MB at once",
    "As above",
    requests=2,
    case=body("print('x' * 100_000_000)"),
    says=["left out"],
)
@fault(
    "It displays a text of 100 MB",
    "The answer; the beginning of the text, and a notice",
    requests=2,
    case=body(
        "display({'text/plain': 'x' * 100_000_000}, raw=True)", before="from IPython.display import display"
    ),
    says=["100,000,000 characters of text/plain left out"],
)
@fault(
    "It displays a figure of 40 MB",
    "The answer; a notice in place of the figure",
    requests=2,
    case=body(
        "display({'image/png': bytes(30_000_000), 'text/plain': '<Figure>'}, raw=True)",
        before="from IPython.display import display",
    ),
    says=["40,000,000 characters of image/png left out"],
)
@fault(
    "It displays 10,000 times",
    "The answer; the first thousand outputs, and a notice",
    requests=2,
    case=body(
        "for _ in range(10_000):",
        "    display({'text/plain': 'x' * 10_000}, raw=True)",
        before="from IPython.display import display",
    ),
    says=["further outputs are left out"],
)
@fault(
    "It prints and displays half characters, and JSON that is none",
    "The answer; U+FFFD, and a notice in place of what cannot be sent",
    requests=2,
    case=body(
        "print('half \\ud83d')",
        "display({'text/plain': '\\ud83d', 'application/json': {'none': float('nan')}}, raw=True)",
        before="from IPython.display import display",
    ),
    says=["half \ufffd", "it is no JSON"],
)
def test_outputs_are_bounded(book: Book, fault: Fault) -> None:
    ran = book.solve_by(fault.case, "")
    shown = json.dumps(ran.outputs, ensure_ascii=False)
    assert ran.status == "ok", ran.error
    assert [words for words in fault.says if words not in shown] == []
    assert len(shown) < 25 * MEGABYTES
    assert text_of(ran.cell("decision")["outputs"]).endswith(ANSWER)
    assert len(book.server.calls) == fault.requests
    memory = "int(open('/proc/self/statm').read().split()[1]) * __import__('resource').getpagesize()"
    if os.path.exists("/proc/self/statm"):  # noqa: PTH110 - no file that is worth a Path
        assert int(book.notebook.value(memory)) < 400 * MEGABYTES
    book.untouched()


@fault(
    "It starts a thread that prints later",
    "The answer; what is printed later goes where the kernel sends it, not into a cell that has ended",
    requests=2,
)
def test_a_thread_that_prints_later(book: Book, fault: Fault) -> None:
    before = """
import threading
go, gone = threading.Event(), threading.Event()
def later():
    go.wait(20)
    print('later')
    gone.set()
"""
    code = body("threading.Thread(target=later).start()", before=before)
    ran = book.solve_by(code, "")
    book.solved(ran, fault, None, "threading", "go", "gone", "later")
    late = book.notebook.run("go.set(); gone.wait(20)")
    assert late.status == "ok"
    assert "later" not in text_of(ran.cell("decision")["outputs"])


@fault(
    "It changes the handlers of SIGINT, SIGALRM and SIGUSR1, starts a timer, and leaves it at that",
    "The answer; afterwards every handler is the person's again, and no timer runs",
    requests=2,
)
def test_signal_handlers_are_the_person_s_again(book: Book, fault: Fault) -> None:
    code = body(
        "for name in (signal.SIGINT, signal.SIGALRM, signal.SIGUSR1):",
        "    signal.signal(name, lambda *_: None)",
        "signal.setitimer(signal.ITIMER_REAL, 60)",
        before="import signal",
    )
    state = (
        "[signal.getsignal(n) for n in (signal.SIGINT, signal.SIGALRM, signal.SIGUSR1)],"
        " signal.getitimer(signal.ITIMER_REAL)[0] > 0"
    )
    book.notebook.run("import signal\ndef own(*_): pass\n_own = signal.signal(signal.SIGUSR1, own)")
    book.notebook.run(f"_state = {state}")
    ran = book.solve_by(code, "")
    assert ran.status == "ok", ran.error
    assert book.notebook.value(f"({state}) == _state") == "True"
    assert book.notebook.value(AS_BEFORE) == "True"
    assert len(book.server.calls) == fault.requests
    book.notebook.run("signal.signal(signal.SIGUSR1, _own)")
    book.untouched()


@fault(
    "It replaces `sys.stdout`, `sys.displayhook` and `sys.excepthook`, and raises the recursion limit",
    "The answer; afterwards they are as before",
    requests=2,
)
def test_python_s_hooks_are_as_before(book: Book, fault: Fault) -> None:
    code = body(
        "sys.stdout = sys.displayhook = sys.excepthook = None",
        "sys.setrecursionlimit(9999)",
        before="import sys",
    )
    state = "__import__('sys').getrecursionlimit(), id(__import__('sys').displayhook)"
    before = book.notebook.value(state)
    ran = book.solve_by(code, "")
    book.solved(ran, fault, None, "sys")
    assert book.notebook.value(state) == before


# What Python cannot prevent


@fault(
    "It spends long in one call into C that does not look for signals",
    "A failed cell once that call returns: the limit, and when it really stopped. No interrupt comes earlier",
    requests=2,
    case=body("return sum(itertools.repeat(1, 1_000_000_000))", before="import itertools"),
    says=["since what ran could not be interrupted at 0.2 s"],
)
@pytest.mark.slow
def test_a_long_call_into_c_ends_when_it_returns(book: Book, fault: Fault) -> None:
    book.failed(book.solve_by(fault.case, "--timeout 0.2 --max-rectifications 0", 120), fault)


def a_notebook(path: Path) -> Path:
    sources = ("%load_ext creator_magic", "print('before')", "%%solve --timeout 1\nWhat?")
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@fault(
    "It ends the process by a signal, or crashes it",
    "*Not survived* without `--isolate`: the kernel ends, its variables with it. `creator-magic run` says so "
    "and writes what ran",
    requests=2,
    case=body("os.kill(os.getpid(), 9)", before="import os"),
    says=["the kernel ended", "what ran until then is in"],
)
def test_a_killed_process(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    server.reply_with(f"```python tool\n{fault.case}\n```", DECISION)
    path = a_notebook(tmp_path / "a.ipynb")
    with pytest.raises(KernelDiedError) as told:
        run_notebook(path)
    assert [words for words in fault.says if words not in str(told.value)] == []
    assert "before" in path.read_text("utf-8")
    assert len(server.calls) == fault.requests


@fault(
    "It loops for ever in C, in one call that does not look for signals",
    "*Not survived* without `--isolate`: the kernel hangs until it is restarted. "
    "`creator-magic run --timeout` ends it, says so, and writes what ran",
    requests=2,
    case=body("return sum(itertools.count())", before="import itertools"),
    says=["it ran longer than 10 seconds"],
)
@pytest.mark.slow
def test_an_endless_loop_in_c(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    server.reply_with(f"```python tool\n{fault.case}\n```", DECISION)
    path = a_notebook(tmp_path / "a.ipynb")
    monkeypatch.setattr("creator_magic.notebook_run._GRACE", 1.0)
    with pytest.raises(KernelDiedError) as told:
        run_notebook(path, timeout=10)
    assert [words for words in fault.says if words not in str(told.value)] == []
    assert "before" in path.read_text("utf-8")
    assert len(server.calls) == fault.requests
