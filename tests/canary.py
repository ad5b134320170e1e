"""A canary: a text in the variables, files, environment and earlier cells of every test's kernel.

No request that reaches a model server may hold it. `ModelServer` sees to that in every test; one
that shares it on purpose says so.
"""

from __future__ import annotations

CANARY = "zq7431-canary"

ENTRY = "CANARY_OF_THE_TESTS"
"""The environment entry that holds it."""

FILE = "canary.txt"
"""The file beside the notebook that holds it."""

PLANTED = f"""
_canary = "{CANARY}"
_canaries = ["{CANARY}", {{"{CANARY}": ("{CANARY}",)}}, {{"{CANARY}"}}, b"{CANARY}"]
class _Canary:
    name = "{CANARY}"
    def __repr__(self):
        return self.name
_canary_object = _Canary()
def _canary_function(name="{CANARY}"):
    '{CANARY}'
    return "{CANARY}"
"""
"""What a kernel runs before the test's first cell; the names are hidden, as a person's own may be."""
