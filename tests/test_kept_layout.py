"""A person's comments and layout come back where a model dropped them; what the code does never changes."""

from __future__ import annotations

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.half_run import changed_already
from creator_magic.kept_layout import keep_layout, lost_lines
from creator_magic.policy.notebook_lines import masked

CELL = """%matplotlib inline
# load the sales
import pandas as pd

# prices in euros
df = pd.DataFrame({'price': [1, 2], 'n': [3, 4]})   # tiny


total = df['prise'].sum()  # in euros
for x in df['n']:
    # show each
    print(x, 'of', total)
!ls"""
BARE = re.sub(r"^ *#.*\n| +# .*$|(?<=\n)\n+", "", CELL, flags=re.MULTILINE).replace("'", '"')


def test_comments_blank_lines_spaces_and_quotes_come_back() -> None:
    assert "#" not in BARE
    assert keep_layout(CELL, BARE.replace("prise", "price")) == CELL.replace("prise", "price")


def test_what_the_model_adds_stays_and_nothing_stands_twice() -> None:
    assert (
        keep_layout("# a\nx = 1", "# a\nimport y\nx = 1\nz = 2  # new")
        == "# a\nimport y\nx = 1\nz = 2  # new"
    )
    assert keep_layout("x = 1  # one\ny", "# why\nx = 2  # two\ny") == "# why\nx = 2  # two\ny"


def test_a_change_of_layout_alone_is_what_was_asked_for() -> None:
    assert keep_layout("x = 1  # one", "x = 1") == "x = 1"


def test_comments_of_code_that_is_gone_go_and_are_told() -> None:
    assert keep_layout("a\n# of b\nb\nc", "a\nc") == "a\nc"
    assert lost_lines("%time a\n# of b\nb\nc", "a\nc") == ["%time a", "# of b"]


def test_a_comment_is_put_behind_no_line_that_would_take_it_for_its_own() -> None:
    assert keep_layout("x = 1\nplot(x)  # all", "x = 1\n%matplotlib inline") == "x = 1\n%matplotlib inline"


def test_quotes_in_a_line_of_the_shell_stay_as_they_are() -> None:
    mended = 'x = \'a\'\n!echo "$HOME"\ny = "b"'
    assert keep_layout("x = 'a'\ny = 'a'", mended) == mended.replace('"b"', "'b'")


def test_text_that_only_looks_like_a_comment_is_left_alone() -> None:
    source = "s = '''\n# no comment\n\n'''\nx = '#'\nfoo"
    assert keep_layout(source, source.replace("foo", "bar")) == source.replace("foo", "bar")


def test_a_cell_that_is_no_python_keeps_its_layout_too() -> None:
    broken = "# all\nx = [1, 2\n\n# their sum\nsum(x)  # three"
    assert keep_layout(broken, "x = [1, 2]\nsum(x)") == broken.replace("2\n", "2]\n", 1)


LINES = st.sampled_from(
    [
        *("x = 1", "y = 'a'  # one", "# words", "", 'if x:\n    # deep\n    y = "b"', "%time x"),
        *("!ls a", '!echo "a"'),
        *("z = '''a\n# b\n'''", "def f():\n    return 'it\\'s'  # so", "x += 1", "print(\"#\", 'b')"),
        *("s = f'{x!r} # {y}'", "t = (1,\n     # two\n     2)", "u = x \\\n    + 1"),
    ]
)
CELLS = st.lists(LINES, max_size=8).map("\n".join)


@given(CELLS, CELLS)
def test_what_the_code_does_never_changes(original: str, mended: str) -> None:
    kept = keep_layout(original, mended)
    assert ast.dump(ast.parse(masked(kept)[0])) == ast.dump(ast.parse(masked(mended)[0]))
    assert set(lost_lines(original, kept)) <= set(lost_lines(original, mended))


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("rows.append(1)\n1 / 0", ("rows",)),
        ("rows = []\nrows.append(1)\n1 / 0", ()),
        ("mine = rows\nmine.append(1)\n1 / 0", ("mine",)),
        ("for x in y:\n    seen.add(x)\n    out.append(1 / 0)", ("out",)),
        ("df = df.merge(more)\ndf['a'] = 1\n1 / 0", ("df",)),
        ("df['a'] = df['a'] * 2\n1 / 0", ("df",)),
        ("df.drop(columns='a', inplace=True)\n1 / 0", ("df",)),
        ("con.execute('INSERT INTO t VALUES (1)')\ncon.execute('select 1')\nn += 1\n1 / 0", ("con", "n")),
        ("%time x\ndel rows[0]\n1 / 0", ("rows",)),
        ("def f():\n    rows.append(1)\n1 / 0", ()),
        ("1 / 0\nrows.append(1)", ()),
        ("rows.append(", ()),
    ],
)
def test_what_a_failed_cell_changed_already(source: str, changed: tuple[str, ...]) -> None:
    lines = source.split("\n")
    reached = next((number for number, line in enumerate(lines, 1) if "1 / 0" in line), 0)
    assert changed_already(source, reached) == changed
