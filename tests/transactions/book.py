"""A notebook full of things that can be changed in place, and how to see that none of them is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.live_notebook import LiveNotebook

OURS = """
import collections
import numpy as np, pandas as pd

class Box:
    def __init__(self):
        self.parts, self.label = [self], "b"

rows = [1, [2], 3]
alias = rows
prices = {"bread": 3.2, "rows": rows}
seen = {1, 2}
buffer = bytearray(b"abc")
pile = collections.deque(rows, maxlen=5)
grid = np.arange(6.0).reshape(2, 3)
frame_view = grid[0]
sales = pd.DataFrame({"shop": list("xyz"), "sum": [1.0, 2, 3], "lines": [[1], [2], [3]]})
by_shop = sales["sum"]
box = Box()
deep = {"boxes": [box], "frame": sales, "self": None}
deep["self"] = deep

def _ours():
    contents = {
        "rows": repr(rows),
        "alias": alias is rows and prices["rows"] is rows,
        "prices": repr(prices),
        "seen": sorted(seen),
        "buffer": bytes(buffer),
        "pile": repr(pile),
        "grid": (grid.tobytes(), grid.shape, grid.dtype, grid.flags.writeable),
        "frame_view": (frame_view.tobytes(), frame_view.base is grid.base),
        "sales": (sales.to_dict("list"), list(sales.columns), list(sales.index), repr(sales.dtypes)),
        "by_shop": (by_shop.tolist(), by_shop.name),
        "box": (len(box.parts), box.parts[0] is box, list(vars(box))),
        "deep": (list(deep), deep["boxes"][0] is box, deep["frame"] is sales, deep["self"] is deep),
    }
    ids = {f"id of {name}": id(globals()[name]) for name in contents}
    return {name: repr(value) for name, value in contents.items()} | ids

_before = _ours()
"""
"""A cell that binds them; `_ours` tells what they are, by value and by identity."""


def same(notebook: LiveNotebook) -> str:
    """Return the list of what has changed, as the kernel prints it."""
    return notebook.value("[what for what, now in _ours().items() if now != _before[what]]")
