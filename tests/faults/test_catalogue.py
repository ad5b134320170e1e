"""The list of faults in the documentation is the one that the tests show."""

from __future__ import annotations

from pathlib import Path

from tests.faults.catalogue import table


def test_the_list_is_up_to_date() -> None:
    listed = Path(__file__).parents[2] / "docs" / "faults.md"
    assert listed.read_text("utf-8") == table(), "run: python -m tests.faults.catalogue > docs/faults.md"
