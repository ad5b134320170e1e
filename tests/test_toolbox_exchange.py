"""Tools leave as plain files that pass their cases without this package, and come back unrun."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from creator_magic.errors import InputError
from creator_magic.toolbox.admission import examine
from creator_magic.toolbox.exchange.arrival import read_tools
from creator_magic.toolbox.exchange.package import export_package
from creator_magic.toolbox.exchange.skill import export_skill
from creator_magic.toolbox.executor import Job, SeparateProcess
from creator_magic.toolbox.reading import describe, tools_in
from creator_magic.toolbox.tool import Case, Provenance, Tool

if TYPE_CHECKING:
    from pathlib import Path

SPEED = '''from __future__ import annotations

import math

import numpy as np

# Metres per second squared.
G = 9.81


def fall_speed(height: float) -> float:
    """Return the speed of a body after a fall | in metres per second.

    >>> fall_speed(5.0)
    9.9
    """
    return math.sqrt(2 * G * np.float64(height))'''

ENERGY = '''from __future__ import annotations

G = "another meaning"


def fall_energy(mass: float, height: float) -> float:
    """Return the energy of a fall in joules."""
    assert G == "another meaning"
    return mass * fall_speed(height) ** 2 / 2'''


def made() -> list[Tool]:
    """Two tools that were admitted: one that calls the other, and whose constant has its name."""
    speed = replace(describe(SPEED, "fall_speed"), problem='How "fast"?\n{x} \\ ```')
    energy = replace(
        describe(ENERGY, "fall_energy"),
        calls=("fall_speed",),
        cases=(
            Case("fall_energy(2, 5.0)", "98.1", (), "decision"),
            Case("print('a\\n\\nb')", "a\n\nb"),
        ),
    )
    jobs = [Job(speed), Job(energy, (speed,))]
    admissions = list(examine(jobs, SeparateProcess()))
    assert [admission.refused for admission in admissions] == ["", ""]
    return [admission.tool for admission in admissions]


ALONE = """
import sys
sys.modules["creator_magic"] = None  # whoever imports it now fails
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly", "-W", "error"]))
"""


def run_alone(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON"))}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip


def test_a_package_imports_and_passes_its_cases_without_this_one(tmp_path: Path) -> None:
    folder = tmp_path / "Falling Bodies"
    export_package(made(), folder)
    ran = run_alone(folder, ALONE)
    assert ran.returncode == 0, ran.stdout
    assert "5 passed" in ran.stdout
    used = (
        "import sys; sys.modules['creator_magic'] = None\n"
        "import falling_bodies, typing\n"
        "assert set(falling_bodies.__all__) <= set(dir(falling_bodies))\n"
        "from falling_bodies import *\n"
        "assert round(fall_energy(2, 5.0), 1) == 98.1\n"
        "assert typing.get_type_hints(fall_speed)['height'] is float and fall_speed.__doc__\n"
    )
    assert run_alone(folder, used).stderr == ""
    assert 'dependencies = ["numpy"]' in (folder / "pyproject.toml").read_text()


def test_a_case_that_fails_fails_the_exported_tests(tmp_path: Path) -> None:
    speed = made()[0]
    export_package([replace(speed, cases=(Case("fall_speed(5.0)", "9.8"),))], tmp_path / "wrong")
    ran = run_alone(tmp_path / "wrong", ALONE)
    assert ran.returncode == 1
    assert "Expected:" in ran.stdout


def test_a_missing_requirement_stands_in_no_other_tools_way(tmp_path: Path) -> None:
    broken = describe("import not_there_at_all\n\ndef broken():\n    return not_there_at_all", "broken")
    export_package([broken, made()[0]], tmp_path / "mixed")
    said = run_alone(tmp_path / "mixed", "import mixed; print(mixed.fall_speed(5.0) > 9)")
    assert said.stdout == "True\n"


@pytest.mark.parametrize("how", ["package", "skill"])
def test_what_was_exported_comes_back_foreign_and_unrun(tmp_path: Path, how: str) -> None:
    tools = made()
    folder = tmp_path / "falling-bodies"
    (export_package if how == "package" else export_skill)(tools, folder)
    for file in folder.rglob("*.py"):
        if "test" not in file.parts[-2]:
            file.write_text(file.read_text() + "\nraise SystemExit('it was run')\n")
    back = read_tools(folder).tools
    assert [t.name for t in back] == ["fall_speed", "fall_energy"]
    for old, new in zip(tools, back, strict=True):
        assert new.source.startswith(old.source)
        assert (new.calls, new.requirements) == (old.calls, old.requirements)
        assert [(c.call, c.setup) for c in new.cases] == [(c.call, c.setup) for c in old.cases]
        assert new.provenance.foreign
        assert new.provenance.evidence is None
        assert new.provenance.place == "falling-bodies"
        if how == "package":
            assert (new.problem, [c.origin for c in new.cases]) == (
                old.problem,
                [c.origin for c in old.cases],
            )


def test_a_skill_has_front_matter_and_scripts_that_run(tmp_path: Path) -> None:
    folder = tmp_path / "falling-bodies"
    shadow = replace(describe("def statistics():\n    return 1", "statistics"))
    export_skill([*made(), shadow], folder)
    head, _, body = (folder / "SKILL.md").read_text().removeprefix("---\n").partition("---\n")
    lines = dict(line.split(": ", 1) for line in head.splitlines())
    assert lines["name"] == folder.name
    assert len(lines["description"]) <= 1026
    assert ">>> fall_speed(5.0)\n9.9" in body
    used = "import statistics, fall_energy as f; print(statistics.mean([1]), f.fall_energy(2, 5.0) > 98)"
    ran = run_alone(folder / "scripts", used)
    assert ran.stdout == "1 True\n", ran.stderr
    with pytest.raises(InputError, match="does not fit"):
        export_skill(made(), tmp_path / "Falling Bodies")


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    for place in ("mine", "mine/notes.txt"):
        with pytest.raises(InputError, match="is there already"):
            export_package(made(), tmp_path / place)
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]
    (tmp_path / "empty").mkdir()
    export_package(made(), tmp_path / "empty")
    assert (tmp_path / "empty" / "pyproject.toml").exists()
    assert not list(tmp_path.glob(".*"))


def test_an_export_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        export_package(made(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_tools_differing_in_case_alone_have_modules_of_their_own(tmp_path: Path) -> None:
    both = [describe(f"def {n}():\n    return {n!r}", n) for n in ("area", "Area")]
    export_package(both, tmp_path / "areas")
    said = run_alone(tmp_path / "areas", "from areas import area, Area; print(area(), Area())")
    assert said.stdout == "area Area\n"
    assert len({p.name.lower() for p in (tmp_path / "areas" / "areas").glob("*.py")}) == 3


def test_the_public_functions_of_a_file_come_in(tmp_path: Path) -> None:
    file = tmp_path / "work.py"
    file.write_text(
        "\ufeffimport math\n\nraise SystemExit('it was run')\n\n_HALF = 0.5\n\n"
        "def _half(x):\n    return x * _HALF\n\n"
        "def triangle(a, b):\n    '''Area.'''\n    return _half(a * b)\n\ndef lost():\n    return nowhere\n",
        "utf-8",
    )
    arrival = read_tools(file)
    assert [t.name for t in arrival.tools] == ["triangle"]
    assert "raise" not in arrival.tools[0].source
    assert arrival.left_out == (("lost", "it needs nowhere, which nothing there binds"),)


def notebook(*cells: dict[str, object]) -> Any:
    made = nbformat.v4.new_notebook()
    for cell in cells:
        new = nbformat.v4.new_code_cell(cell["source"], metadata=cell.get("metadata", {}))
        new["id"] = cell.get("id", new["id"])
        made.cells.append(new)
    return made


def mark(role: str) -> dict[str, object]:
    return {"creator_magic": {"v": 1, "role": role, "parent": "asked"}}


def test_the_tool_cells_of_a_solved_notebook_come_in_with_their_problem(tmp_path: Path) -> None:
    path = tmp_path / "solved.ipynb"
    nbformat.write(
        notebook(
            {"source": "%%solve --hint x\nHow fast does it fall?", "id": "asked"},
            {"source": "def fall(h):\n    return sqrt(20 * h)", "metadata": mark("tool")},
            {"source": "from math import sqrt\nfall(5)", "metadata": mark("decision")},
            {"source": "def mine():\n    return 1"},
        ),
        path,
    )
    (tool,) = read_tools(path).tools
    assert (tool.name, tool.problem) == ("fall", "How fast does it fall?")
    assert tool.provenance == Provenance("imported", place="solved.ipynb", foreign=True, borrowed=("sqrt",))


def test_the_functions_of_any_notebook_come_in(tmp_path: Path) -> None:
    path = tmp_path / "any.ipynb"
    nbformat.write(
        notebook(
            {"source": "%matplotlib inline"},
            {"source": "import math"},
            {"source": "def f(x):\n    return math.sin(x)"},
        ),
        path,
    )
    (tool,) = read_tools(path).tools
    assert tool.source == "import math\n\ndef f(x):\n    return math.sin(x)"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.py", "def f(:", "syntax error"),
        ("a.py", "x = 1", "defines no function"),
        ("a.ipynb", "no json", "not a notebook"),
        ("a.ipynb", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "no function"),
        ("none.py", None, "No such file"),
        ("p/SKILL.md", "\udcff", "no skill that can be read"),
        ("p/q/tools.json", "{}", "no package of tools"),
        (
            "p/q/tools.json",
            '{"tools": [{"name": "f", "module": "../x", "origins": []}]}',
            "no package of tools",
        ),
        ("p/q.txt", "", "no exported package and no skill"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line(
    tmp_path: Path, name: str, content: str | None, why: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is not None:
        path.write_text(content, "utf-8", "surrogateescape")
    with pytest.raises(InputError, match=why):
        read_tools(tmp_path / "p" if name.startswith("p/") else path)


def test_a_tool_of_the_toolbox_that_a_file_calls_stays_a_call(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def net(x):\n    return x - tax(x)")
    assert read_tools(tmp_path / "a.py", {"tax"}).tools[0].calls == ("tax",)
    assert tools_in("def net(x):\n    return x - tax(x)")[0].missing == ("tax",)
