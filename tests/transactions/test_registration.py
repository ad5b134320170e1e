"""A third party says how its type is saved; what it says is what is done, and its mistakes are told."""

from __future__ import annotations

import ctypes
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.kernel.snapshot import Saver, register_savers
from creator_magic.kernel.snapshot.unprotected_types import UNPROTECTED_KINDS
from tests.transactions.attempt import Notebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from creator_magic.kernel.snapshot import Room

DOCS = Path(__file__).parents[2] / "docs" / "transactions.md"


class Counter(ctypes.c_int):
    """A type whose state Python does not see."""


class CounterSaver(Saver):
    def save(self, thing: Counter, room: Room) -> int:
        room.take(8)
        return thing.value

    def restore(self, thing: Counter, state: int) -> None:
        thing.value = state

    def unchanged(self, thing: Counter, state: int) -> bool:
        return thing.value == state


@pytest.fixture
def package(request: pytest.FixtureRequest) -> Iterator[str]:
    """A package of its own for each test, with the type in it."""
    name = f"made_for_{re.sub(r'[^a-z]', '_', request.node.name)}"
    module: Any = ModuleType(name)
    module.Counter = type("Counter", (Counter,), {"__module__": name})
    sys.modules[name] = module
    yield name
    del sys.modules[name]


def attempt(package: str) -> tuple[int, tuple[str, ...]]:
    notebook = Notebook()
    notebook.run(f"import {package}\ncounter = {package}.Counter(5)")
    ran = notebook.attempt("counter.value = 9\n1 / 0")
    assert ran.failure is not None
    return notebook.names["counter"].value, ran.failure.lost


def test_a_type_without_a_saver_is_told(package: str) -> None:
    assert attempt(package) == (9, ("`counter` is a ctypes object",))


def test_a_registered_type_is_put_back(package: str) -> None:
    register_savers(package, lambda: {sys.modules[package].Counter: CounterSaver()})
    assert attempt(package) == (5, ())


def test_savers_are_loaded_when_the_type_is_met_and_not_before(package: str) -> None:
    asked = []

    def load() -> dict[type, Saver]:
        asked.append(package)
        return {sys.modules[package].Counter: CounterSaver()}

    register_savers(package, load)
    Notebook().attempt("1 / 0")
    assert asked == []
    attempt(package)
    attempt(package)
    assert asked == [package]


def test_savers_that_cannot_be_loaded_are_told(package: str) -> None:
    nothing: dict[str, dict[type, Saver]] = {}
    register_savers(package, lambda: nothing[package])
    value, lost = attempt(package)
    assert value == 9
    assert lost == (f"`counter` is an object of {package}, whose savers cannot be loaded (KeyError)",)


@pytest.mark.parametrize("method", ["save", "restore", "unchanged"])
def test_a_saver_that_fails_costs_its_own_object_alone(package: str, method: str) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    broken = type("Broken", (CounterSaver,), {method: fail})
    register_savers(package, lambda: {sys.modules[package].Counter: broken()})
    notebook = Notebook()
    notebook.run(f"import {package}\ncounter = {package}.Counter(5)\nrows = [counter]")
    ran = notebook.attempt("rows.append(1)\ncounter.value = 9\n1 / 0")
    assert ran.failure is not None
    assert notebook.names["rows"] == [notebook.names["counter"]]
    assert len(ran.failure.lost) == 1


def test_nothing_heavy_is_imported_for_it() -> None:
    import subprocess

    code = (
        "import creator_magic.kernel.snapshot, sys; print({'numpy', 'pandas', 'polars'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_the_example_of_the_docs_runs() -> None:
    example = re.findall(r"^```python\n(.*?)^```$", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    notebook = Notebook()
    for block in example:
        notebook.run(block)
    ran = notebook.attempt("shelf.put('book')\n1 / 0")
    assert ran.failure is not None
    assert ran.failure.lost == ()
    assert notebook.names["shelf"].things() == ["cup"]


def test_the_docs_list_what_cannot_be_put_back() -> None:
    listed = re.findall(r"^\| (an? [^|]+?) \|", DOCS.read_text("utf-8"), re.MULTILINE)
    assert listed == list(UNPROTECTED_KINDS)
