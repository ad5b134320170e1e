"""Exploring is an extra: nothing but its own faces imports it."""

from __future__ import annotations

from tests.importers import importers_of

FACES = {"explore_cli.py", "explore_magic.py"}


def test_the_core_never_imports_it() -> None:
    assert importers_of("explore") == FACES
