"""Examples are found as `doctest` finds them, in whatever text."""

from __future__ import annotations

import doctest

from hypothesis import example, given
from hypothesis import strategies as st

from creator_magic.docstring_examples import Example, examples_in

_INDENTS = st.sampled_from(["", " ", "    ", "\t", "  \t"])
_PARTS = st.sampled_from(
    [
        *(">>> f(1)", ">>> # a remark", ">>>", ">>> ", ">>>f(1)", ">>> if x:", "...     y", "...", "...y"),
        *("2.0", "", "  ", "Prose.", "Traceback (most recent call last):", "ValueError: no", "<BLANKLINE>"),
        *(">>> g()  # doctest: +SKIP", ">>> g()  # doctest: +NONSENSE", "# doctest: +ELLIPSIS", ">>> '''"),
        *(".", "… ≥ é", "\x0c", "\r", "\u2028"),
    ]
)
_LINES = st.lists(st.tuples(_INDENTS, _PARTS).map("".join), max_size=12)


def _by_doctest(docstring: str) -> list[Example] | None:
    try:
        found = doctest.DocTestParser().get_examples(docstring)
    except ValueError:
        return None
    return [Example(each.source, each.want, each.lineno) for each in found]


def _by_us(docstring: str) -> list[Example] | None:
    try:
        found = examples_in(docstring)
    except ValueError:
        return None
    ended = [(f"{s}\n" if not s.endswith("\n") else s, f"{w}\n" if w else w, line) for s, w, line in found]
    return [Example(*each) for each in ended]


@given(st.one_of(_LINES.map("\n".join), st.text(alphabet=" >.\n#\tab:+", max_size=60)))
@example(
    "Add.\n\n    >>> add(1,\n    ...     2)\n    3\n\n    >>> add()\n    Traceback (most recent call last):\n"
)
@example("a\n\n  >>> 1\n 1\n")
def test_what_doctest_finds_is_found(docstring: str) -> None:
    assert _by_us(docstring) == _by_doctest(docstring)
