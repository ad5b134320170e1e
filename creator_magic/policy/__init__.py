"""The policy: what generated code would do beyond computing is found, and judged, before it runs.

`analysis` finds it, `known_names.toml` is what it knows, `gate` compares it with what the person
allows. `reading`, `meaning` and `values` follow names to what they mean; `arguments` holds the rules
for calls that do more only by what they are given.
"""

from creator_magic.policy.effects import EFFECTS, Effect, Finding

__all__ = ["EFFECTS", "Effect", "Finding"]
