"""Hygiene: names in generated code that would break a live notebook are renamed before it runs.

`keeping_apart` holds the rules and puts the rest together: `name_scopes` and `name_uses` read the
code, `name_flow` and `name_values` follow what a name can mean at each moment, `name_bindings` and
`unseen_uses` tell what may not be touched, `name_choice` chooses and `name_edits` writes.
"""

from creator_magic.kernel.hygiene.keeping_apart import WHOLE_CELL, KeptApart, Surroundings, keep_apart

__all__ = ["WHOLE_CELL", "KeptApart", "Surroundings", "keep_apart"]
