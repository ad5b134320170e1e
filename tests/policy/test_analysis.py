"""What the analysis finds, what it leaves alone, and that no code upsets it."""

from __future__ import annotations

import ast
import string
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_magic.policy import EFFECTS
from creator_magic.policy.analysis import findings
from creator_magic.policy.effects import DOES, TOLD, WOULD
from tests.policy.snippets import HERE, SURVIVAL, Snippet, benign, snippets, table

if TYPE_CHECKING:
    from collections.abc import Mapping


def effects(*cells: str, outside: Mapping[str, str] | None = None) -> set[str]:
    found = findings([(f"cell {n}", source) for n, source in enumerate(cells)], outside)
    return {one.effect for one in found}


# The catalogue


@pytest.mark.parametrize("snippet", snippets(), ids=lambda s: f"{s.about}: {s.what}")
def test_a_snippet_is_caught_or_listed_as_missed(snippet: Snippet) -> None:
    assert effects(snippet.code) - {"read"} == set(snippet.effects)
    assert bool(snippet.effects) != bool(snippet.missed)


def test_the_catalogue_is_large_and_no_snippet_is_in_it_twice() -> None:
    codes = [snippet.code for snippet in snippets()]
    assert len(codes) == len(set(codes)) >= 120
    assert {effect for s in snippets() for effect in s.effects} == set(EFFECTS) - {"read", "foreign"}


def test_the_documentation_is_up_to_date() -> None:
    listed = HERE.parents[1] / "docs" / "policy.md"
    assert listed.read_text("utf-8") == table(), "run: python -m tests.policy.snippets > docs/policy.md"


def test_what_is_isolated_costs_no_kernel() -> None:
    for snippet in snippets():
        here, apart = snippet.survived
        assert apart.startswith(("lives", "not run")), snippet.title
        assert "not as before" not in here
    titles = {snippet.title for snippet in snippets()}
    assert titles == set(tomllib.loads(SURVIVAL.read_text("utf-8")))


@pytest.mark.parametrize("code", benign(), ids=lambda code: code.partition("\n")[0])
def test_ordinary_analysis_is_left_alone(code: str) -> None:
    assert effects(code) <= {"read"}


def test_there_is_much_ordinary_analysis() -> None:
    assert len(benign()) >= 100


# What is told


def test_a_finding_names_cell_line_source_and_thing() -> None:
    tool = "import os\n\ndef tidy(path):\n    os.remove(path)\n"
    (found,) = findings([("tool", tool), ("decision", "tidy('a')")])
    assert (found.effect, found.key, found.line, found.text) == ("delete", "tool", 4, "os.remove(path)")
    assert found.what == "`os.remove` deletes or moves files"


def test_every_effect_has_its_words() -> None:
    assert set(DOES) == set(WOULD) == {*TOLD, "foreign"} == set(EFFECTS)


def test_reading_is_found_too() -> None:
    assert effects("open('a')") == effects("import pandas as pd\npd.read_csv('a')") == {"read"}
    assert effects("from pathlib import Path\nPath('a').read_text()") == {"read"}


def test_lines_of_a_notebook_are_found_beside_python() -> None:
    found = findings([("tool", "x = 1\n%pip install y\nfiles = !ls\nimport os\nos.remove('a')\n%time x\nx?")])
    assert [(one.line, one.effect) for one in found] == [
        (2, "install"),
        (3, "processes"),
        (5, "delete"),
        (7, "kernel"),
    ]


# Across cells, and what the notebook holds


def test_a_decision_says_what_its_tool_is_given() -> None:
    tool = "def load(source):\n    import pandas as pd\n    return pd.read_csv(source)"
    assert effects(tool, "load('sales.csv')") == {"read"}
    assert effects(tool, "load('https://example.org/sales.csv')") == {"read", "network"}


def test_names_of_the_notebook_mean_what_they_mean_there() -> None:
    assert effects("rm('a')") == set()
    assert effects("rm('a')", outside={"rm": "os.remove"}) == {"delete"}
    assert effects("rm('a')", outside={"rm": "posix.remove"}) == {"delete"}
    assert effects("pandas_.read_csv('http://a/b')", outside={"pandas_": "pandas"}) == {"read", "network"}
    assert effects("here.rename('a')", outside={"here": "pathlib.PosixPath()"}) == {"delete"}
    assert effects("here.rename('a')", outside={"here": "pandas.DataFrame()"}) == set()


def test_what_the_code_binds_hides_what_the_notebook_holds() -> None:
    assert effects("rm = abs\nrm('a')", outside={"rm": "os.remove"}) == set()
    assert effects("def f():\n    rm('a')\nf()\nrm = abs", outside={"rm": "os.remove"}) == {"delete"}


def test_the_codes_own_things_with_such_names_are_left_alone() -> None:
    assert effects("def open(path, mode):\n    return mode\nopen('a', 'w')") == set()
    assert effects("class Box:\n    def unlink(self): pass\nBox().unlink()") == set()
    assert effects("def f(eval, compile):\n    return eval(compile)") == set()


def test_attributes_of_a_path_stay_paths() -> None:
    for path in ("Path.home()", "Path('a').parent", "Path('a') / 'b'", "Path('a').resolve()", "p"):
        assert effects(f"from pathlib import Path\np = Path('x')\n({path}).rename('b')") == {"delete"}, path


# What upsets it


WORDS = [
    *("os", "open", "Path", "x", "f", "self", "getattr", "pd", "subprocess", "__import__", "globals", "eval"),
    *(
        "remove",
        "read_csv",
        "to_csv",
        "write_text",
        "partial",
        "environ",
        "append",
        "items",
        "join",
        "format",
    ),
]
NAMES = st.sampled_from(WORDS)
CONSTANTS = st.sampled_from(
    ["'w'", "'os'", "1", "-1", "None", "b'x'", "'{}'", "'%s'", "'re' 'move'", "'http://a'"]
)
EXPRESSIONS = st.recursive(
    NAMES | CONSTANTS,
    lambda inner: st.one_of(
        st.builds("({}).{}".format, inner, NAMES),
        st.builds("({})({})".format, inner, inner),
        st.builds("({})(*({}), k={})".format, inner, inner, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({})[::{}]".format, inner, inner),
        st.builds("({}) + ({})".format, inner, inner),
        st.builds("({}) % ({})".format, inner, inner),
        st.builds("({}) / ({})".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
        st.builds("(lambda x, f={}: {})".format, inner, inner),
        st.builds("[{} for x in {}]".format, inner, inner),
        st.builds("(x := {})".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
    ),
    max_leaves=12,
)
STATEMENTS = st.one_of(
    EXPRESSIONS,
    st.builds("{} = {}".format, NAMES, EXPRESSIONS),
    st.builds("({}).{} = {}".format, EXPRESSIONS, NAMES, EXPRESSIONS),
    st.builds("({})[{}] = {}".format, EXPRESSIONS, EXPRESSIONS, EXPRESSIONS),
    st.builds("x, *f = {}".format, EXPRESSIONS),
    st.builds("x += {}".format, EXPRESSIONS),
    st.builds("import {} as {}".format, NAMES, NAMES),
    st.builds("from {} import {}".format, NAMES, NAMES),
    st.builds("def {}({}, *x1, k={}, **x2):\n    return {}".format, NAMES, NAMES, EXPRESSIONS, EXPRESSIONS),
    st.builds("class {}({}):\n    {} = {}".format, NAMES, EXPRESSIONS, NAMES, EXPRESSIONS),
    st.builds("for x, (f, *pd) in {}:\n    {}".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("with {} as x:\n    {}".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("match {}:\n    case [x, *f]:\n        {}".format, EXPRESSIONS, EXPRESSIONS),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(STATEMENTS, max_size=8))
def test_no_python_upsets_it(statements: list[str]) -> None:
    source = "\n".join(statements)
    known = {(one.line, one.effect, one.what) for one in findings([("tool", source)])}
    try:
        again = ast.unparse(ast.parse(source))
    except SyntaxError:
        assert known
        return
    # How code is laid out makes no difference to what it does.
    assert effects(again) == {effect for _, effect, _ in known}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=string.printable + "ｏ𝓮é\ud800\0") | st.text())
def test_no_text_upsets_it(source: str) -> None:
    for found in findings([("tool", source), ("decision", "x = 1")]):
        assert found.effect in EFFECTS
        assert found.line >= 1


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 190 + "1" + ")" * 190,
        "x = " + "+".join(["'a'"] * 3_000) + "\neval(x)",
        "x = 1\n" + "x = x.a(x)\n" * 300 + "import os\nos.system(x)",
        "import os\nx = []\n" + "x = [x, os]\n" * 200 + "x[0][1].remove('a')",
        "import os\n"
        + "".join(f"def f{n}(a): return f{(n + 1) % 60}(a) or f{(n * 7) % 60}(os)\n" for n in range(60)),
        "import os\n" + "".join(f"a.b{n} = a.b{n + 1}.c or os\n" for n in range(300)),
        "import os\nx = '" + "a" * 50_000 + "'\n" + "x = x + x\n" * 100 + "getattr(os, x)",
        "import os\nd = {" + ",".join(f"'k{n}': os.remove" for n in range(3_000)) + "}",
        "if a:\n" + "".join("    " * n + f"if a{n}:\n" for n in range(1, 90)) + "    " * 90 + "eval('1')",
        "a" + ".b" * 2_000 + ".unlink()",
    ],
    ids=lambda source: source[:30],
)
def test_what_refers_to_itself_or_grows_comes_to_an_end(source: str) -> None:
    began = time.process_time()
    findings([("tool", source)])
    assert time.process_time() - began < 5


def test_time_grows_as_the_code_does() -> None:
    source = Path(ast.__file__).read_text("utf-8")

    def seconds(times: int) -> float:
        cells = [
            ("tool", source.replace("def ", f"def n{n}_").replace("class ", f"class N{n}_"))
            for n in range(times)
        ]
        began = time.process_time()
        findings(cells)
        return time.process_time() - began

    seconds(1)
    once = min(seconds(1) for _ in range(3))
    assert seconds(4) < 4 * once * 4
