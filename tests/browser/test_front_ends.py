"""The front ends that are driven are the versions that they are called by."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from tests.browser.front_ends import on_every_front_end
from tests.browser.oldest import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.front_ends import FrontEnd
    from tests.browser.lab import NotebookPage

pytestmark = [pytest.mark.browser, on_every_front_end]


def test_their_versions(front_end: FrontEnd, open_notebook: Callable[..., NotebookPage]) -> None:
    said: str = open_notebook(["1"]).page.evaluate("() => window.jupyterapp.version")
    if front_end.oldest:
        assert said.startswith(f"{VERSIONS[front_end.package]}.")
    else:
        assert said == version(front_end.package)
