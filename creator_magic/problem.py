"""The problem: what a person states in a magic cell, as pure data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

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
    """

    name: str
    description: str
    shared: str = ""
    rows: int = 0


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
    """

    text: str
    hints: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    method: Method = "creator"
    shares_errors: bool = False
    forbids: str = ""
    checks: tuple[str, ...] = ()
    plan: str = ""

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
