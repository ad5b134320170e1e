"""The table of what kernels survive says what happens: some of it is run again."""

from __future__ import annotations

import pytest

from tests.policy.snippets import snippets
from tests.policy.survival import DIES, HANGS, KEEPS, LIVES, NOT_REACHED, survival

AGAIN = {
    "Files: Deletes a folder": LIVES,
    "The kernel: Kills it": DIES,
    "The kernel: Crashes it": DIES,
    "The kernel: Ends the kernel": LIVES,
    "The kernel: Replaces a built-in function": KEEPS,
    "The kernel: A command's line": NOT_REACHED,
    "What needs more than a look at the code: A loop without end": LIVES,
    "What needs more than a look at the code: A loop in C without end": HANGS,
    "What needs more than a look at the code: Memory without end": LIVES,
}


@pytest.mark.slow
def test_the_table_says_what_happens() -> None:
    chosen = [snippet for snippet in snippets() if snippet.title in AGAIN]
    assert len(chosen) == len(AGAIN)
    for snippet, *happened in survival(chosen):
        assert tuple(happened) == snippet.survived, snippet.title
        assert happened[0] == AGAIN[snippet.title]
