"""What generated code does, with `--isolate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.catalogue import Fault, fault
from tests.faults.test_code import body

if TYPE_CHECKING:
    from tests.faults.book import Book

pytestmark = pytest.mark.xdist_group("faults of isolated code")

FLAGS = "--isolate --timeout 1 --max-rectifications"


@fault(
    "It loops for ever in C, in one call that does not look for signals",
    "The limit and the line are the feedback for a rectification. For ever: a failed cell that says so. The "
    "code's process is ended a second after the limit; the kernel never ran it",
    requests=2,
    mended=3,
    case=body("return sum(itertools.count())", before="import itertools"),
    says=["did not finish: stopped after 1 s, by ending its process"],
)
@fault(
    "It ends the process by a signal",
    "As above; the signal is named",
    requests=2,
    mended=3,
    case=body("os.kill(os.getpid(), 9)", before="import os"),
    says=["ended its process by SIGKILL"],
)
@fault(
    "It crashes the process",
    "As above; the line that crashed is named",
    requests=2,
    mended=3,
    case=body("return ctypes.string_at(0)", before="import ctypes"),
    says=["ProcessCrashed in the tool cell, line 3: it ended its process by SIGSEGV"],
)
@fault(
    "It ends the process in C",
    "As above, with the exit code",
    requests=2,
    mended=3,
    case=body("ctypes.CDLL(None)._exit(3)", before="import ctypes"),
    says=["it ended its process, with exit code 3"],
)
@fault(
    "It takes all memory",
    "As above: refused at `CreatorMagic.isolate_memory`, with the line",
    requests=2,
    mended=3,
    case=body("return bytearray(10 ** 13)"),
    says=["MemoryError in the tool cell", "it asked for more than the 4,096 MiB that it may take"],
)
def test_what_would_end_or_hang_the_kernel_is_a_failed_attempt(book: Book, fault: Fault) -> None:
    book.failed(book.solve_by(fault.case, f"{FLAGS} 0"), fault)
    book.begin()
    ran = book.solve_by(fault.case, f"{FLAGS} 2")
    book.solved(ran, Fault(fault.what, fault.gets, fault.requests), fault.mended)


@fault(
    "It starts processes without end",
    "As above: ended with all of them",
    requests=2,
    mended=3,
    case=body("while True: os.fork()", before="import os"),
    says=["it started more than 128 processes"],
)
def test_a_fork_bomb(book: Book, fault: Fault) -> None:
    book.failed(book.solve_by(fault.case, "--isolate --max-rectifications 0"), fault)
    book.begin()
    ran = book.solve_by(fault.case, "--isolate")
    book.solved(ran, Fault(fault.what, fault.gets, fault.requests), fault.mended)


@fault(
    "It needs a variable that cannot be carried to another process, such as a connection or a generator",
    "A failed attempt that names the variable; nothing is run. "
    '`%config CreatorMagic.isolate = "if-possible"` runs such code in the kernel alone, and says so',
    requests=2,
    mended=3,
    case=body("return next(rows)"),
    says=["`rows` (generator)", "if-possible"],
)
def test_a_variable_that_cannot_be_carried(book: Book, fault: Fault) -> None:
    book.notebook.run("rows = (row for row in [1])")
    ran = book.solve_by(fault.case, f"{FLAGS} 0")
    assert book.notebook.run("assert next(rows) == 1\ndel rows").status == "ok"
    book.failed(ran, fault)
    book.begin()
    book.notebook.run("rows = (row for row in [1])")
    ran = book.solve_by(fault.case, f"{FLAGS} 2")
    book.notebook.run("del rows")
    book.solved(ran, Fault(fault.what, fault.gets, fault.requests), fault.mended)
