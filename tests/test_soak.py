"""A short form of the soak: see `tests/soak`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.soak.__main__ import soak

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_nothing_that_was_reported_as_kept_is_lost_by_kills(tmp_path: Path) -> None:
    summary = soak(4, 1, tmp_path)
    assert summary.faults == []
    assert summary.counts["kills"] == 4
    assert summary.counts["replies kept by the writer"] > 0
    assert summary.counts["tools kept"] > 0
