"""Whose a module is."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from creator_magic.kernel.users_code import is_users


@pytest.mark.parametrize(
    ("file", "users"),
    [("/home/somebody/made.py", True), ("<frozen made>", False), (None, False)],
)
def test_a_file_beside_the_notebook_is_the_user_s_and_what_stands_in_none_is_not(
    monkeypatch: pytest.MonkeyPatch, file: str | None, users: bool
) -> None:
    module = ModuleType("made")
    module.__file__ = file
    monkeypatch.setitem(sys.modules, "made", module)
    assert is_users("made") is users


def test_what_is_installed_and_what_is_ours_is_no_user_s() -> None:
    assert not any(map(is_users, ("json", "pytest", "creator_magic.kernel.users_code", "no_such_module")))
    assert is_users("__main__")
