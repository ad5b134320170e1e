"""Each kind of state, changed by code that then fails, is as before."""

from __future__ import annotations

import contextlib
import gc
import math
import os
import random
import signal
import sys
import sysconfig
import threading
import warnings
import weakref
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creator_magic.kernel.live import LiveKernel
from creator_magic.kernel.process_state import ProcessState, not_undone, undone
from creator_magic.kernel.process_state.saver import Saver
from creator_magic.kernel.process_state.savers import SAVERS
from creator_magic.ports import CodeCell, Execution
from tests.process_state.changes import CHANGES, Change

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILURES = {
    "an error": "1 / 0",
    "an exit": "raise SystemExit(3)",
    "too deep a recursion": "_deeper = lambda: _deeper()\n_deeper()",
    "too little memory": "raise MemoryError",
    "the time limit": "while True: pass",
    "an interrupt": "import _thread\n_thread.interrupt_main()\nwhile True: pass",
}
ENDS = ("ZeroDivisionError", "SystemExit", "RecursionError", "MemoryError", "TimeUp")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """A working directory of its own, with a module that only one test imports."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        (tmp_path / "this_is_new.py").write_text("value = 'as imported'\n")
        patch.syspath_prepend(tmp_path)
        yield tmp_path


def execute(kernel: LiveKernel, code: str, timeout: float = 20) -> Execution:
    return kernel.execute([CodeCell("decision", "decision", code)], "owner", timeout, lambda *_: None)


def ready_for(*changes: Change) -> LiveKernel:
    kernel = LiveKernel(None)
    for change in changes:
        exec(change.setup, kernel.namespace)  # noqa: S102 - the test's own text
    return kernel


def one_after_the_other(changes: list[Change]) -> str:
    """Code that makes `changes`, those that the ones before leave possible."""
    return "\n".join(f"try:\n{indent(change.code, '    ')}\nexcept Exception: pass" for change in changes)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_failed_attempt_leaves_it_as_it_was(change: Change, tmp_path: Path) -> None:
    kernel = ready_for(change)
    before = change.seen()
    # Into a file: whatever a name reaches is put back too.
    seen = tmp_path / "seen"
    write = seen.write_text
    kernel.namespace["look"] = lambda: write(str(change.seen() != before))
    ran = execute(kernel, f"_look = look\n{change.code}\n_look()\n1 / 0")
    assert ran.failure is not None
    assert change.seen() == before
    assert ran.left == ()
    if not change.breaks_python:
        assert ran.failure.name == "ZeroDivisionError", ran.failure
        assert seen.read_text() == "True", "the code changed nothing, so the test shows nothing"


together = [change for change in CHANGES if not change.breaks_python]


@pytest.mark.parametrize("how", FAILURES)
def test_all_at_once_and_whatever_ends_it(how: str) -> None:
    kernel = ready_for(*together)
    before = [change.seen() for change in together]
    code = one_after_the_other(together)
    with contextlib.suppress(KeyboardInterrupt):
        ran = execute(kernel, f"{code}\n{FAILURES[how]}", timeout=2 if how == "the time limit" else 60)
        assert ran.failure is not None
        assert ran.failure.name in ENDS
        assert ran.left == ()
    assert [change.seen() for change in together] == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(together), min_size=1, max_size=12, unique_by=lambda change: change.name))
def test_any_of_them_in_any_order(changes: list[Change]) -> None:
    kernel = ready_for(*changes)
    before = [change.seen() for change in changes]
    assert execute(kernel, f"{one_after_the_other(changes)}\n1 / 0").failure is not None
    assert [change.seen() for change in changes] == before


def test_python_as_it_was_before_the_attempt_means_after_the_person_s_own_changes() -> None:
    kernel = LiveKernel(None)
    exec("import math\nmath.mine = 'kept'", kernel.namespace)  # noqa: S102
    execute(kernel, "math.mine = 'lost'\n1 / 0")
    assert kernel.namespace["math"].mine == "kept"
    del kernel.namespace["math"].mine


def test_what_an_import_adds_stays_and_what_the_code_adds_beside_it_goes(folder: Path) -> None:
    adds = (
        "import os, sys, warnings\nclass Finder:\n    find_spec = staticmethod(lambda *_: None)\n"
        "sys.meta_path.append(Finder)\nos.environ['OF_{}'] = '1'\n"
        "warnings.filterwarnings('ignore', message='of {}')\n"
    )
    (folder / "adds_itself.py").write_text(adds.format("AN_IMPORT", "an import"))
    kernel = LiveKernel(None)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr(sys, "meta_path", [*sys.meta_path])
        patch.setenv("OF_AN_IMPORT", "0")
        code = f"{adds.format('THE_CODE', 'the code')}import adds_itself\nsys.meta_path.append(Finder)\n1 / 0"
        ran = execute(kernel, code)
        assert ran.failure is not None
        assert ran.failure.name == "ZeroDivisionError"
        assert [f.__module__ for f in sys.meta_path if getattr(f, "__name__", "") == "Finder"] == [
            "adds_itself"
        ]
        assert os.environ["OF_AN_IMPORT"] == "1"
        assert "OF_THE_CODE" not in os.environ
        messages = [each[1].pattern for each in warnings.filters if each[1] is not None]
        assert "of an import" in messages
        assert "of the code" not in messages


def test_a_library_keeps_what_it_set_up_for_itself() -> None:
    library = Path(sysconfig.get_path("purelib")) / "creator_magic_test_library.py"
    library.write_text("_ready = None\ndef work():\n    global _ready\n    _ready = 'set up'\n    return 1\n")
    try:
        kernel = LiveKernel(None)
        exec("import creator_magic_test_library as lib", kernel.namespace)  # noqa: S102
        assert execute(kernel, "lib.work()\n1 / 0").failure is not None
        assert kernel.namespace["lib"]._ready == "set up"
    finally:
        library.unlink()


def test_a_person_s_own_module_is_as_it_was_whoever_changed_it(folder: Path) -> None:
    (folder / "own_module.py").write_text(
        "count, rows, seen, table = 0, [1], {1}, {1: 2}\nclass Own:\n    total = 0\n"
        "def work():\n    global count\n    count += 1\n    Own.total += 1\n"
        "    rows.append(2), seen.add(2), table.clear()\n"
    )
    kernel = LiveKernel(None)
    exec("import own_module", kernel.namespace)  # noqa: S102
    own = kernel.namespace["own_module"]
    assert execute(kernel, "own_module.work()\n1 / 0").failure is not None
    assert (own.count, own.Own.total, own.rows, own.seen, own.table) == (0, 0, [1], {1}, {1: 2})


def test_a_submodule_that_the_attempt_imported_stays_where_an_import_puts_it() -> None:
    kernel = LiveKernel(None)
    assert execute(kernel, "import xml\nimport xml.sax.saxutils\n1 / 0").failure is not None
    assert sys.modules["xml.sax"].saxutils.escape("<") == "&lt;"


def test_a_folder_that_is_gone_is_said(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    kernel = LiveKernel(None)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(inner)
        ran = execute(kernel, f"import os\nos.chdir('/')\nos.rmdir({str(inner)!r})\n1 / 0")
        assert ran.left == (f"the working directory is now {folder}, since {inner} is gone",)
        patch.chdir(folder)


def test_what_goes_on_is_named() -> None:
    kernel = LiveKernel(None)
    code = (
        "import threading, os, sys\n"
        "threading.Thread(target=stop.wait, name='mill', daemon=True).start()\n"
        "threading.Timer(600, print).start()\n"
        "os.spawnl(os.P_NOWAIT, sys.executable, sys.executable, '-c', 'import time; time.sleep(600)')\n1 / 0"
    )
    kernel.namespace["stop"] = stop = threading.Event()
    earlier = set(psutil.Process().children())
    ran = execute(kernel, code)
    stop.set()
    (child,) = set(psutil.Process().children()) - earlier
    child.kill()
    child.wait()
    assert "a thread that the code started goes on: mill" in ran.left
    assert [each for each in ran.left if str(child.pid) in each]
    assert len(ran.left) == 2


def test_a_saver_that_fails_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot_save() -> Any:
        raise RuntimeError

    def cannot_restore() -> Any:
        def restore() -> None:
            raise SystemExit

        return restore

    broken = (Saver("the first", cannot_save), Saver("the second", cannot_restore))
    monkeypatch.setattr("creator_magic.kernel.process_state.state.SAVERS", (*broken, *SAVERS))
    kernel = LiveKernel(None)
    ran = execute(kernel, "import sys, math\nmath.pi = 3\nsys.argv.append('x')\n1 / 0")
    assert ran.left == ("not put back: the first (RuntimeError)", "not put back: the second (SystemExit)")

    assert math.pi > 3
    assert "x" not in sys.argv


def test_odd_values_of_the_person_s_stop_nobody() -> None:
    kernel = LiveKernel(None)
    odd = (
        "class Odd:\n    __module__ = property(lambda self: 1 / 0)\n"
        "    def __getattribute__(self, name): raise SystemExit(name)\n"
        "class Meta(type):\n    __module__ = None\nclass Other(metaclass=Meta): pass\n"
        "odd = Odd()\nother = Other()"
    )
    exec(odd, kernel.namespace)  # noqa: S102
    ran = execute(kernel, "import math\nmath.pi = 3\nodd, other, Odd, Other\n1 / 0")
    assert ran.failure is not None
    assert ran.left == ()
    assert math.pi > 3


def test_success_changes_nothing_of_it() -> None:

    kernel = LiveKernel(None)
    random.seed(5)
    state = random.getstate()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(math, "tau", math.tau)
        patch.setenv("CREATOR_TEST", "before")
        code = (
            "import math, os, random\nmath.tau = 6\nos.environ['CREATOR_TEST'] = 'after'\nrandom.random()\n7"
        )
        ran = execute(kernel, code)
        assert (ran.failure, ran.answer, ran.left) == (None, 7, ())
        assert (math.tau, os.environ["CREATOR_TEST"]) == (6, "after")
        assert random.getstate() != state
        kernel.take_back()
        assert (math.tau, os.environ["CREATOR_TEST"]) == (math.pi * 2, "before")
        assert random.getstate() == state


def test_nothing_is_imported_or_held_for_it() -> None:

    known = set(sys.modules)
    find = sys.modules["_frozen_importlib"]._find_and_load
    state = ProcessState(["import pandas"], {})
    with state:
        pass
    assert set(sys.modules) == known
    assert sys.modules["_frozen_importlib"]._find_and_load is find
    held = weakref.ref(state)
    gc.disable()
    try:
        del state
        assert held() is None
    finally:
        gc.enable()


def test_every_kind_is_described() -> None:
    lines = undone() + not_undone()
    assert len(lines) == len(set(lines)) > 50
    assert all(line and not line.endswith(".") for line in lines)


def test_a_timer_of_the_person_s_goes_on() -> None:
    kernel = LiveKernel(None)
    previous = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        signal.setitimer(signal.ITIMER_REAL, 500, 60)
        execute(kernel, "import signal\nsignal.alarm(0)\n1 / 0")
        left, interval = signal.getitimer(signal.ITIMER_REAL)
        assert 400 < left <= 500
        assert interval == 60
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_the_documentation_lists_it_all() -> None:
    told = (Path(__file__).parents[2] / "docs" / "transactions.md").read_text("utf-8")
    for line in (*undone(), *not_undone()):
        assert f"\n- {line}\n" in told
