"""Nothing of ordinary analysis is refused: tools, decisions, chains over frames."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

import pytest

from tests.policy.ordinary_analysis import SALES, chains, code_in, refused, tools
from tests.policy.snippets import benign


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(SALES, namespace)  # noqa: S102 - our own
    return namespace


def run(namespace: dict[str, Any], *cells: str) -> None:
    space = dict(namespace)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for source in cells:
            exec(compile(source, "<ordinary>", "exec"), space)  # noqa: S102 - our own


def test_no_tool_and_no_decision_is_refused(
    notebook: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")
    for tool, decisions in tools():
        for decision in decisions:
            assert refused(tool, decision, namespace=notebook) == [], decision
            run(notebook, tool, decision)


def test_no_chain_is_refused(notebook: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")
    import matplotlib.pyplot as plt

    for cell in chains():
        assert refused(cell, namespace=notebook) == [], cell
        run(notebook, cell)
        plt.close("all")


def test_there_are_five_hundred_and_they_differ() -> None:
    cells = [*benign(), *chains()]
    for tool, decisions in tools():
        cells += [tool, *decisions]
    assert len(set(cells)) == len(cells) >= 500
    assert len({_form(cell) for cell in cells}) >= 450


def _form(source: str) -> str:
    """Return code without its names, texts and numbers."""
    tree = ast.parse(source)
    return re.sub(r"'[^']*'|\d+", "_", ast.dump(tree)) + str(sorted(_called(tree)))


def _called(tree: ast.AST) -> set[str]:
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_code_is_found_in_records() -> None:
    fenced = ["Why:\n```python\nx = 1\n```", "```\ny = (\n```"]
    assert code_in({"a": [*fenced, "def f():\n    return 2"], "b": "from here to there"}) == [
        "x = 1\n",
        "def f():\n    return 2",
    ]
    assert refused("import os\nos.remove('a')") == ["delete: os.remove('a')"]
