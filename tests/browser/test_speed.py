"""Cells are drawn soon after their code is complete; `benchmarks/visible_cells.py` says how soon."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import pytest

from benchmarks.visible_cells import delays, told
from tests.browser.front_ends import on_any_front_end
from tests.browser.replies import ADD, LOAD
from tests.mistimed import in_time, may_be_mistimed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

pytestmark = [pytest.mark.browser, may_be_mistimed, on_any_front_end]

BOUND = 2.0
"""Seconds; far above what is measured on a quiet machine, since the machine of a test is not quiet."""


def test_cells_are_drawn_soon_after_their_code_is_complete(
    model: ModelServer, open_notebook: Callable[..., NotebookPage]
) -> None:
    for title, seconds in delays(open_notebook([LOAD, ADD]), model, 3).items():
        in_time(statistics.median(seconds) < BOUND, told(title, seconds))
