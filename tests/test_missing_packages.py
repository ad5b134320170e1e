"""Packages that are not installed: named, with the line to paste, and one try without them."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement

from creator_magic.kernel.missing_imports import as_missing, done_without, refused_for_imports
from creator_magic.missing_packages import distribution_of, known_modules, needs, way_to_install
from creator_magic.ports import CodeCell, Failure
from creator_magic.toolbox.requirements import required_by
from tests.conftest import environment
from tests.live_notebook import LiveNotebook, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.model_server import ModelServer

ABSENT = "import sys\nfor name in ('sklearn', 'tabulate', 'wordcloud'): sys.modules[name] = None"
"""Nothing that the tests need brings them; whatever else is installed, the kernel has them not."""

DECISION = "```python decision\ncount('a b')\n```"
PLAIN = "```python tool\ndef count(text):\n    return len(text.split())\n```"
NEEDS = (
    "```python tool\nfrom sklearn.cluster import KMeans\n\ndef count(text):\n"
    "    open('made.txt', 'w').close()\n    return len(text.split())\n```"
)
LINE = "%pip install scikit-learn"


@pytest.fixture(params=["off", "on"], ids=["here", "isolated"])
def book(request: pytest.FixtureRequest, server: ModelServer, tmp_path: Path) -> Iterator[LiveNotebook]:
    with LiveNotebook({**environment(server), "CREATOR_ISOLATE": request.param}, str(tmp_path)) as live:
        assert live.run(f"%load_ext creator_magic\n{ABSENT}").status == "ok"
        yield live


def solve(book: LiveNotebook, flags: str = "") -> Any:
    return book.run(f"%%solve {flags}\nHow many words?", "magic", places_cells=True)


def told(server: ModelServer, number: int) -> str:
    return str(server.calls[number].body["messages"][-1]["content"]).split("What happened:\n")[1]


def test_it_is_seen_before_anything_runs_and_done_without(
    server: ModelServer, book: LiveNotebook, tmp_path: Path
) -> None:
    server.reply_with(NEEDS, DECISION, PLAIN)
    ran = solve(book)
    assert ran.status == "ok", ran.error
    assert text_of(ran.cell("decision")["outputs"]) == "2"
    assert not (tmp_path / "made.txt").exists()
    assert "needs what is not installed: sklearn. Solve the problem without it" in told(server, 2)
    assert "no try/except around the import" in told(server, 2)
    assert "tool cell, line 1: from sklearn.cluster import KMeans" in told(server, 2)
    assert "pip install" not in told(server, 2)
    # The record's own line says what to do, should the person want it after all.
    assert (
        f"Attempt 1: The code needs scikit-learn (imported as `sklearn`), which is not installed. {LINE}"
        in ran.html
    )


def test_needing_one_again_ends_the_solve_with_the_line_to_paste(
    server: ModelServer, book: LiveNotebook
) -> None:
    again = NEEDS.replace("sklearn.cluster import KMeans", "wordcloud import WordCloud")
    server.reply_with(NEEDS, DECISION, again, "never asked for")
    ran = solve(book, "--max-rectifications 5")
    assert ran.error.splitlines() == [
        "UnsolvedError: The code needs wordcloud, which is not installed.",
        "  tool cell, line 1: from wordcloud import WordCloud",
        "To install what is missing, run this in a cell, then this cell again:",
        "%pip install wordcloud",
    ]
    assert len(server.calls) == 3
    assert LINE in ran.html
    (error,) = ran.cell("tool")["outputs"]
    assert (error["ename"], error["output_type"]) == ("MissingPackage", "error")


def test_an_import_that_only_a_run_shows(server: ModelServer, book: LiveNotebook) -> None:
    book.run("import pandas as pd\nframe = pd.DataFrame({'a': [1]})")
    late = "```python tool\ndef count(text):\n    import pandas as pd\n{}    return len(text.split())\n```"
    server.reply_with(
        late.format("    return pd.DataFrame({'a': [1]}).to_markdown()\n"),
        DECISION,
        late.format("    if text:\n        import sklearn\n"),
    )
    ran = solve(book)
    assert ran.error.splitlines()[0].endswith("scikit-learn (imported as `sklearn`), which is not installed.")
    assert ran.error.splitlines()[-1] == LINE
    assert "needs what is not installed: tabulate." in told(server, 2)
    assert "%pip install tabulate" in ran.html
    tool, decision = ran.cells
    assert "ModuleNotFoundError" in "".join(decision["outputs"][-1]["traceback"])
    assert decision["outputs"][-1]["traceback"][-1] == LINE
    assert tool["outputs"] == []


def test_an_import_that_is_caught_is_told(server: ModelServer, book: LiveNotebook) -> None:
    guarded = PLAIN.replace(
        "def count", "try:\n    import sklearn\nexcept ImportError:\n    sklearn = None\n\ndef count"
    )
    server.reply_with(guarded, DECISION)
    ran = solve(book)
    assert ran.status == "ok", ran.error
    assert f"which is not installed. It goes on without: {LINE}" in ran.html


def test_modules_and_names_of_the_notebook_are_not_missing(
    server: ModelServer, book: LiveNotebook, tmp_path: Path
) -> None:
    (tmp_path / "beside.py").write_text("def words(text):\n    return text.split()\n")
    server.reply_with(
        "```python tool\nfrom beside import words\n\ndef count(text):\n    return len(words(text))\n```",
        DECISION,
    )
    ran = solve(book)
    assert ran.status == "ok", ran.error
    # A name of the notebook's, or the tool, that a model takes for a module is a mistake of its own.
    book.run("def helpful(text):\n    return text")
    server.reply_with(
        PLAIN,
        DECISION.replace("count(", "from helpful import helpful\nfrom tool import count\ncount("),
        DECISION,
    )
    ran = solve(book, "--fresh")
    assert ran.status == "ok", ran.error
    assert "pip install" not in ran.html
    assert told(server, 4) == (
        "`helpful` is no module: what it would give is there already; "
        "`tool` is no module: what it would give is there already. Use it without an import."
    )


def test_a_cell_that_stands_says_it_too(server: ModelServer, book: LiveNotebook) -> None:
    server.reply_with(PLAIN, DECISION)
    cells = solve(book).cells
    cells[0]["source"] = f"import sklearn\n{cells[0]['source']}"
    ran = book.run("%%solve\nHow many words?", "magic", places_cells=True, standing=cells)
    assert ran.error.splitlines()[-1] == LINE
    assert len(server.calls) == 2


# What is needed, of what code says


def refused(*sources: str, names: tuple[str, ...] = ()) -> tuple[str, ...]:
    cells = [CodeCell("tool", f"cell {n}", source) for n, source in enumerate(sources)]
    execution = refused_for_imports(cells, names)
    return () if execution is None or execution.failure is None else execution.failure.missing


def taken(*sources: str, names: tuple[str, ...] = ()) -> bool:
    cells = [CodeCell("tool", f"cell {n}", source) for n, source in enumerate(sources)]
    execution = refused_for_imports(cells, names)
    return execution is not None and execution.failure is not None and execution.failure.kind == "names"


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("import absent_one.part, json", ("absent_one",)),
        ("import absent_one\nfrom absent_two.part import x", ("absent_one", "absent_two")),
        ("def f():\n    class A:\n        import absent_one", ("absent_one",)),
        ("async def f():\n    import absent_one", ("absent_one",)),
        ("try:\n    import absent_one\nfinally:\n    import absent_two", ("absent_one", "absent_two")),
        ("try:\n    import absent_one\nexcept KeyError:\n    pass", ("absent_one",)),
        ("try:\n    import absent_one\nexcept (OSError, ImportError):\n    pass", ()),
        ("try:\n    import absent_one\nexcept:\n    pass", ()),
        ("try:\n    import json\nexcept ImportError:\n    import absent_one", ()),
        ("if x:\n    import absent_one\nelse:\n    import absent_two", ()),
        ("while x:\n    import absent_one", ()),
        ("match x:\n    case 1:\n        import absent_one", ()),
        ("from contextlib import suppress\nwith suppress(ImportError):\n    import absent_one", ()),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import absent_one", ()),
        ("from . import absent_one\nfrom .absent_two import x", ()),
        ("import numpy.not_there", ()),
        ("import winreg, msvcrt, tkinter", ()),
        ("import sys\nsys.path.insert(0, 'x')\nimport absent_one", ()),
        ("%pip install absent_one\nimport absent_one", ()),
        ("import absent_one\x00", ()),
        ("text = 'import absent_one'", ()),
    ],
)
def test_what_code_cannot_do_without(source: str, missing: tuple[str, ...]) -> None:
    assert refused(source) == missing


def test_names_taken_for_modules() -> None:
    assert taken("import mine", names=("mine",))
    assert taken("from mine import area, volume", names=("area", "volume"))
    assert refused("from mine import area, volume", names=("area",)) == ("mine",)
    assert taken("def area(): ...", "from mine import area")
    assert not taken("import json", names=("json",))


def test_a_well_known_package_is_one_whatever_the_notebook_calls_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wordcloud", None)
    assert refused("import wordcloud", names=("wordcloud",)) == ("wordcloud",)


def test_what_is_caught_is_told_once() -> None:
    source = "try:\n    import absent_one\nexcept ImportError:\n    import json\n" * 2
    (notice,) = done_without([CodeCell("tool", "tool", source)])
    assert notice.startswith("The code needs the module `absent_one`, which is not installed.")


def _error(code: str, filename: str) -> ImportError:
    try:
        exec(compile(code, filename, "exec"), {})  # noqa: S102 - made to fail
    except ImportError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("import absent_one.part", ("absent_one",)),
        ("import json.absent_one", ()),
        ("from json import absent_one", ()),
        (
            "try:\n    import absent_one\nexcept ImportError as e:\n    raise ImportError('without') from e",
            ("absent_one",),
        ),
        ("raise ImportError('pip install absent_one')", ()),
        ("raise ImportError('json is too old')", ()),
    ],
)
def test_what_an_error_of_generated_code_says(code: str, missing: tuple[str, ...]) -> None:
    failure = Failure("error", "ImportError", "", "tool")
    cell = CodeCell("tool", "tool", code)
    assert as_missing(_error(code, "<creator tool 0>"), failure, cell, ()).missing == missing


@pytest.mark.parametrize(
    "said",
    [
        "Missing optional dependency 'absent_one'. Use pip or conda to install absent_one.",
        "`Import absent_one` failed.  Use pip, conda, or your preferred package management tool",
        "required package 'absent_one' not found.\nPlease install using `pip install absent_one`.",
        "Trying to import the above:\n - `Import numpy` failed.\n - `Import absent_one` failed.",
        "No module named 'absent_one'",
    ],
)
def test_what_libraries_say_in_their_own_words(said: str) -> None:
    failure = Failure("error", "ImportError", "", "tool")
    error = _error(f"raise ImportError({said!r})", "/somewhere/a_library.py")
    assert as_missing(error, failure, CodeCell("tool", "tool", ""), ()).missing == ("absent_one",)


# The list


def test_what_is_not_known_is_not_guessed() -> None:
    said = way_to_install(["frobnicate"])
    assert "Which package `frobnicate` comes from is not known here" in said
    assert "only if the package has the module's name" in said.replace("\n", " ")
    assert said.endswith("%pip install frobnicate")
    assert needs(["frobnicate", "cv2"]) == (
        "The code needs the module `frobnicate` and opencv-python (imported as `cv2`), which are not "
        "installed."
    )


def test_what_pip_cannot_install_is_said() -> None:
    assert "pip" not in way_to_install(["tkinter"]).replace("pip cannot install it", "")


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("sklearn", "scikit-learn"),
        ("cv2", "opencv-python"),
        ("PIL", "pillow"),
        ("yaml", "PyYAML"),
        ("bs4", "beautifulsoup4"),
        ("dateutil", "python-dateutil"),
        ("skimage", "scikit-image"),
        ("scipy", "scipy"),
        ("frobnicate", None),
    ],
)
def test_well_known_distributions(module: str, distribution: str | None) -> None:
    assert distribution_of(module) == distribution


def test_the_list_agrees_with_what_is_installed() -> None:
    installed = importlib.metadata.packages_distributions()
    canonical = {
        module: {re.sub(r"[-_.]+", "-", name).lower() for name in names}
        for module, names in installed.items()
    }
    checked = [module for module in known_modules() if module in canonical and distribution_of(module)]
    assert len(checked) >= 10
    for module in checked:
        said = re.sub(r"[-_.]+", "-", distribution_of(module) or "").lower()
        assert said in canonical[module], module
    for module in known_modules():
        assert Requirement(distribution_of(module) or module)


def test_a_tool_that_needs_one_says_what_to_install() -> None:
    assert required_by([ast.parse("import skopt, frobnicate")]) == ("frobnicate", "scikit-optimize")
