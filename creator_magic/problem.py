"""The problem: what a person states in a magic cell, as pure data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Method = Literal["creator", "entangled", "plan", "create"]
"""How a problem is worked on.

`creator` makes the tool and the decision in separate replies, `entangled` both in one (CREATOR,
arXiv 2305.14318, §4 "entangled tool creation"), `plan` several tools from the bottom up and then the
decision (the paper's hierarchical creation), `create` the tool alone.
"""


@dataclass(frozen=True, slots=True)
class Variable:
    """What the model is told about one of the user's variables: its shape, and values only if shared.

    Parameters
    ----------
    name : str
        The variable's name in the notebook.
    description : str
        Its type, shape, dtypes and column names in words, without values.
    shared : str
        Its first rows or items, if the person shares them; these are data.
    rows : int
        How many of them there are.
    names : tuple of str
        Every name that code may write of it, such as its columns, also those that found no room in the
        description.
    left_out : tuple of str
        What found none, in words.
    use : str
        How code uses it beyond looking at it: `sqlite3`, `duckdb` or `sqlalchemy` for what is queried,
        `object` for what has methods; empty for data.
    ranges : bool
        Whether the description tells the first and the last of its dates, which are values.
    """

    name: str
    description: str
    shared: str = ""
    rows: int = 0
    names: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    use: str = ""
    ranges: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A stated problem, with everything that changes what is asked of the model.

    Parameters
    ----------
    text : str
        The body of the magic cell, verbatim.
    hints : tuple of str
        Hints from the person, in their order (CREATOR §4 studies hints on the tool's utility).
    variables : tuple of Variable
        The variables that generated code may use, as `--use` named them.
    method : {"creator", "entangled", "plan", "create"}
        How the problem is worked on.
    shares_errors : bool
        Whether the text of errors is sent as it is, and not by its shape.
    forbids : str
        What code must not do here, as the end of a sentence; empty if it may do anything.
    checks : tuple of str
        What must hold of the answer; a model is told of a check only when an answer fails it.
    plan : str
        The plan to go by, as it stands in the notebook; empty where there is none yet.
    notices : tuple of str
        What the person should know of how it was stated, such as a variable that it speaks of and does
        not name.
    """

    text: str
    hints: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    method: Method = "creator"
    shares_errors: bool = False
    forbids: str = ""
    checks: tuple[str, ...] = ()
    plan: str = ""
    notices: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """Hash of the problem and the options that matter, as generated cells carry it.

        Variables count by name only: a column added to a frame does not make an old solution
        a stranger to its problem. Nor does what is shared of them, and checks are made anew.
        """
        matters = [self.text, list(self.hints), [v.name for v in self.variables], self.method]
        return hashlib.sha256(
            json.dumps(matters, ensure_ascii=False).encode("utf-8", "surrogatepass")
        ).hexdigest()[:16]

    def tool_alone(self) -> Problem:
        """Return the problem as it is put where the decision is left to the person.

        What is asked first is what a whole solve asks first, tool and decision apart, so that one recording
        serves both, and the tool is the same.
        """
        return self if self.method == "create" else replace(self, method="creator", checks=(), plan="")

    @property
    def left_out(self) -> str:
        """What of the variables found no room in their descriptions, in a sentence; empty if all did."""
        of: dict[str, list[str]] = {}
        for variable in self.variables:
            for what in variable.left_out:
                of.setdefault(what, []).append(variable.name)
        said = [f"{what} of {_listed(names)}" for what, names in of.items()]
        return f"Left out for want of room: {_listed(said, '; ')}." if said else ""


_LISTED = 4


def _listed(words: Sequence[str], separator: str = ", ") -> str:
    """Return words one after the other, and how many more there are."""
    more = len(words) - _LISTED
    return separator.join([*words[:_LISTED], *([f"{more:,} more"] if more > 0 else [])])
