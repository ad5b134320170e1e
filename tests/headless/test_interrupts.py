"""A person stops the run of a notebook file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.headless.ask_magic import by_id, save
from tests.notebook_files import code, read, shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


_WITHOUT_HANDLERS = """
import asyncio
def add_signal_handler(*_): raise NotImplementedError
asyncio.SelectorEventLoop.add_signal_handler = add_signal_handler
"""


def _cli(*arguments: str | Path, before: str = "") -> list[str]:
    return [sys.executable, "-c", f"{before}\nfrom creator_magic.cli import app; app()", *map(str, arguments)]


def _interrupt_when(ready: Path, process: subprocess.Popen[str], times: Sequence[float] = (0.0,)) -> None:
    until = time.monotonic() + 60
    while not ready.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    for pause in times:
        time.sleep(pause)
        os.kill(process.pid, signal.SIGINT)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal to send")
def test_an_interrupt_writes_what_ran_where_a_loop_takes_no_handlers(tmp_path: Path) -> None:
    waits = "print('begun', flush=True)\nopen('ready', 'w').close()\nimport time\ntime.sleep(60)"
    path = save(tmp_path / "a.ipynb", code(waits, "a"), code("print('not')", "b"))
    with subprocess.Popen(
        _cli("run", path, before=_WITHOUT_HANDLERS), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        _interrupt_when(tmp_path / "ready", process)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert shown(by_id(read(path), "a")) == "begun\n"
    assert by_id(read(path), "b").outputs == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal to send")
def test_an_interrupt_stops_the_cell_and_writes_what_ran(tmp_path: Path) -> None:
    waits = "print('begun', flush=True)\nopen('ready', 'w').close()\nimport time\ntime.sleep(60)"
    path = save(tmp_path / "a.ipynb", code("print('ran')", "a"), code(waits, "b"), code("print('not')", "c"))
    with subprocess.Popen(
        _cli("run", path), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        _interrupt_when(tmp_path / "ready", process)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "creator-magic: interrupted"
    assert "Traceback" not in errors
    nb = read(path)
    assert shown(by_id(nb, "a")) == "ran\n"
    assert shown(by_id(nb, "b")) == "begun\n"
    assert by_id(nb, "b").outputs[-1].ename == "KeyboardInterrupt"
    assert by_id(nb, "c").outputs == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal to send")
def test_a_second_interrupt_ends_a_kernel_that_is_deaf_to_the_first(tmp_path: Path) -> None:
    deaf = (
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\nopen('ready', 'w').close()\ntime.sleep(60)"
    )
    path = save(tmp_path / "a.ipynb", code(deaf, "a"))
    with subprocess.Popen(
        _cli("run", path), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        _interrupt_when(tmp_path / "ready", process, (0.0, 0.5))
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert shown(by_id(read(path), "a")) == "deaf\n"
