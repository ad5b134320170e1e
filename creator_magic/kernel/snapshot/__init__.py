"""Everything that the user's names reach, saved before generated code runs and put back if it fails.

`snapshot.py` ties the parts together; `walk.py` goes through the objects, what the code mentions
first (`mentions.py`); a `Saver` (`saver.py`) knows how objects of one type are saved and put back,
and `plans.py` which savers a type needs. What cannot be put back is known by type too
(`standard_types.py`) and told. docs/transactions.md says the same for people.
"""

from __future__ import annotations

from creator_magic.kernel.snapshot.limits import Limits
from creator_magic.kernel.snapshot.plans import register_savers
from creator_magic.kernel.snapshot.saver import IMMUTABLE, Room, Saver, Unprotected
from creator_magic.kernel.snapshot.snapshot import Snapshot

__all__ = ["IMMUTABLE", "Limits", "Room", "Saver", "Snapshot", "Unprotected", "register_savers"]
