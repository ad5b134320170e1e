"""Fixed cells in the browser: the same table as for files, and one notebook that is solved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.cells.generated import CellMark
from tests.browser.jupyter_server import TAGS
from tests.browser.replies import ADD, DECISION, LOAD, TOOL
from tests.fixed_cells import NAMES, TABLE, cells_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

_JUDGE = """async ([source, notebooks, cells]) => {
  const { isFixed, placeBelow } = await import("data:text/javascript," + encodeURIComponent(source));
  return [notebooks.map(([cells, below]) => placeBelow(cells, below)), cells.map(isFixed)];
}"""


def test_the_page_judges_as_the_file_runner_does(
    context: BrowserContext, pytestconfig: pytest.Config
) -> None:
    source = (pytestconfig.rootpath / "labextension/static/fixed.js").read_text("utf-8")
    notebooks = [[cells_of(case), case["below"]] for case in TABLE["notebooks"]]
    kinds = [cell["metadata"] for cell in TABLE["cells"].values()]
    page = context.new_page()
    places, fixed = page.evaluate(_JUDGE, [source, notebooks, kinds])
    page.close()
    wanted = [case["place"] for case in TABLE["notebooks"]]
    assert dict(zip(NAMES, places, strict=True)) == dict(zip(NAMES, wanted, strict=True))
    assert [kind for kind, is_fixed in zip(TABLE["cells"], fixed, strict=True) if is_fixed] == TABLE["fixed"]


def test_a_graded_notebook_keeps_its_cells_and_its_groups(
    model: ModelServer, lab: JupyterServer, open_notebook: Callable[..., NotebookPage]
) -> None:
    kinds = TABLE["cells"]
    metadata: dict[str, dict[str, Any]] = {
        "cell-1": kinds["answer"]["metadata"],
        "cell-2": {**CellMark("tool", "tool", "cell-1", "", 1, "", "").to_metadata(), "editable": False},
        "cell-3": kinds["test"]["metadata"],
        "cell-5": kinds["test"]["metadata"],
    }
    sources = [LOAD, ADD, "locked = True", "assert rows == ['row']", "rows", "assert rows == []"]
    lab.write("graded.ipynb", sources)
    path = lab.notebooks / "graded.ipynb"
    written = json.loads(path.read_text("utf-8"))
    for cell in written["cells"]:
        cell["metadata"] = metadata.get(cell["id"], cell["metadata"])
    path.write_text(json.dumps(written), "utf-8")
    model.reply_with(TOOL, DECISION)

    page = open_notebook([], name="graded.ipynb")
    page.run_all()
    cells = page.until_idle()

    assert [cell.key or cell.id for cell in cells] == [
        *("cell-0", "cell-1", "tool", "cell-3", "decision", "cell-4", "cell-5")
    ], "no cell came between the answer and its test"
    assert [cell.source for cell in cells if cell.key != "decision"] == sources, "none was rewritten"
    for cell in cells:
        wanted = metadata.get(cell.id, {"tags": TAGS})
        assert cell.key == "decision" or wanted.items() <= cell.metadata.items()
    assert set(cells[4].metadata) - {"trusted"} == {"creator_magic"}, "what is generated carries no grade"
    assert not page.panel.locator(".creator-magic-note").count(), (
        "no new version is offered for a locked cell"
    )
    assert cells[3].text == "", "the test found what the answer bound"
    assert cells[6].outputs[-1]["ename"] == "AssertionError"
    assert not page.panel.locator(".creator-magic-mending").count(), "nobody offers to mend a test"
