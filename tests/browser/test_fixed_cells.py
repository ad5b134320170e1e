"""Fixed cells in the browser: the same table as for files, and one notebook that is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fixed_cells import NAMES, TABLE, cells_of

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.browser

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
