"""The stop button."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.book import AS_BEFORE, DECISION, TOOL
from tests.faults.catalogue import Fault, fault
from tests.faults.waits import BEGUN, TELL, interrupted_at
from tests.mistimed import in_time, may_be_mistimed

if TYPE_CHECKING:
    from tests.faults.book import Book
    from tests.live_notebook import Ran

pytestmark = [pytest.mark.xdist_group("faults of interrupts"), may_be_mistimed]

LIMIT = 1.0
"""Seconds within which an interrupt ends whatever is going on."""


@fault(
    "While waiting for the tool",
    "A clean interrupt within a second: one line, every variable as it was, the connection closed",
    requests=1,
    case="the wait for the tool",
)
@fault(
    "While a reply streams",
    "A clean interrupt; the server is not left talking",
    requests=1,
    case="the reply, as it streams",
)
@fault(
    "While waiting for the decision",
    "A clean interrupt; the tool's reply is in the cassette and is not paid for again",
    requests=2,
    case="the wait for the decision",
)
@fault("While code runs: a Python loop", "A clean interrupt", requests=2, case="a Python loop")
@fault("While code runs: a sleep", "A clean interrupt", requests=2, case="a sleep")
@fault("While code runs: a NumPy loop", "A clean interrupt", requests=2, case="a NumPy loop")
@fault(
    "While waiting for a rectification",
    "A clean interrupt; the record keeps the attempt that failed",
    requests=3,
    case="the wait for a rectification",
)
def test_an_interrupt_ends_whatever_goes_on(book: Book, fault: Fault) -> None:
    ran, seconds = interrupted_at(book.server, book.notebook, fault.case)
    book.stopped(ran, fault)
    in_time(seconds < LIMIT, seconds)
    assert "Attempt 1" in ran.html or "rectification" not in fault.case


@fault(
    "While code runs that catches everything",
    "A clean interrupt within a second: what was swallowed is raised again, with more force",
    requests=2,
    case="while True:\n        try:\n            tell()\n            while True:\n"
    "                number += 1\n"
    "        except BaseException:\n            continue",
)
@fault(
    "While code runs that has set SIGINT to be ignored",
    "A clean interrupt: the stop button is the person's",
    requests=2,
    case="import signal, time\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n    tell()\n"
    "    time.sleep(1e6)",
)
@fault(
    "While code prints without end",
    "A clean interrupt; one record, not two",
    requests=2,
    case="tell()\n    while True:\n        print('x' * 100)",
)
def test_code_cannot_keep_an_interrupt_away(book: Book, fault: Fault) -> None:
    code = f"{TELL}def one_more(number):\n    {fault.case}"
    book.server.reply_with(f"```python tool\n{code}\n```", DECISION)
    message = book.notebook.send("%%solve\nWhat?", "magic", places_cells=True)
    book.server.wait_for(1, f"/v1{BEGUN}")
    began = time.monotonic()
    book.notebook.interrupt()
    ran = book.notebook.gather(message)
    in_time((took := time.monotonic() - began) < LIMIT, took)
    book.stopped(ran, fault)
    assert sum(output["output_type"] == "display_data" for output in ran.outputs) == 1


SLOW_DRAWING = f"""{TELL.replace("tell", "_tell")}
import time, creator_magic.cells.record as _record
_real = _record.{{name}}
def _slow(*arguments, **named):
    _tell()
    time.sleep(0.3)
    return _real(*arguments, **named)
_record.{{name}} = _slow
"""
"""Makes a drawing tell that it has begun and take its time; a real one takes a millisecond."""


def interrupt_while_drawing(book: Book, name: str) -> Ran:
    book.notebook.run(SLOW_DRAWING.format(name=name))
    book.server.reply_with(TOOL, DECISION)
    message = book.notebook.send("%%solve\nWhat?", "magic", places_cells=True)
    book.server.wait_for(1, f"/v1{BEGUN}")
    began = time.monotonic()
    book.notebook.interrupt()
    ran = book.notebook.gather(message)
    in_time((took := time.monotonic() - began) < LIMIT, took)
    book.notebook.run(f"_record.{name} = _real\ndel os, time, urllib, creator_magic")
    return ran


@fault(
    "While the record is drawn",
    "A clean interrupt once it is drawn, so that it is never half a record or two",
    requests=0,
)
def test_a_record_is_drawn_whole(book: Book, fault: Fault) -> None:
    ran = interrupt_while_drawing(book, "working_html")
    book.stopped(ran, fault)
    assert sum(output["output_type"] == "display_data" for output in ran.outputs) == 1


@fault(
    "While the finished record is drawn",
    "The record and its cells; the error says that the problem had just been solved. Later cells do not run",
    requests=2,
)
def test_an_interrupt_that_comes_too_late_says_so(book: Book, fault: Fault) -> None:
    ran = interrupt_while_drawing(book, "as_html")
    assert ran.error == "KeyboardInterrupt: the problem had just been solved; what is shown stands."
    assert ran.status == "error"
    assert "Solved at the first attempt" in ran.html
    assert len(ran.cells) == 2
    assert len(book.server.calls) == fault.requests
    assert book.notebook.value("one_more(1)") == "2"
    assert book.notebook.value(AS_BEFORE) == "True"
    book.untouched()
