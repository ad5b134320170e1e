"""The methods that are compared, each a page: from a task to what came of it.

All are made of the same stages, ask the same model and run code in the same kernel, so that what differs
between two rows is the method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.bench.methods.cot import cot
from creator_magic.bench.methods.creator import creator
from creator_magic.bench.methods.entangled import entangled
from creator_magic.bench.methods.pot import pot
from creator_magic.bench.methods.tools import tools
from creator_magic.bench.methods.vanilla import vanilla

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from creator_magic.bench.methods.task import Answered, Task
    from creator_magic.bench.setup import MethodName

METHODS: Mapping[MethodName, Callable[[Task], Answered]] = {
    "vanilla": vanilla,
    "cot": cot,
    "pot": pot,
    "tools": tools,
    "entangled": entangled,
    "creator": creator,
}
