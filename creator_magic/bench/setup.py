"""A setup: one of the ways to work on problems that a run compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MethodName = Literal["vanilla", "cot", "pot", "tools", "entangled", "creator"]
"""The methods of CREATOR's tables (arXiv 2305.14318, section 4): the answer at once, after a chain of
thought, by a program of thought, by a program that calls tools which are there, tool and decision in one
reply, and apart."""

HintLevel = Literal["none", "utility", "all"]
"""What is told about a fitting tool: nothing, its utility, or its arguments and returns too."""

USUAL_RECTIFICATIONS = 2


@dataclass(frozen=True, slots=True)
class Setup:
    """One way to work on problems.

    Parameters
    ----------
    method : str
        One of `MethodName`.
    cot : bool
        Whether the model is asked to reason before it writes code.
    hints : {"none", "utility", "all"}
        What it is told about a fitting tool.
    rectifications : int
        How often failed code may be rewritten; 0 for methods without code.
    transfer : bool
        Whether tools are kept, and offered to the later problems of their group.
    samples : int
        How many solutions are tried; the answer that most of them give is chosen.
    tools : tuple of str
        For the method `tools`, names of the tools that are there.
    """

    method: MethodName
    cot: bool = False
    hints: HintLevel = "none"
    rectifications: int = USUAL_RECTIFICATIONS
    transfer: bool = False
    samples: int = 1
    tools: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The setup in a word or two, as rows carry it; no two setups have the same."""
        parts: list[str] = [self.method]
        parts += ["cot"] if self.cot else []
        parts += [f"hints={self.hints}"] if self.hints != "none" else []
        parts += [f"rectify={self.rectifications}"] if self.rectifications != USUAL_RECTIFICATIONS else []
        parts += ["transfer"] if self.transfer else []
        parts += [f"samples={self.samples}"] if self.samples > 1 else []
        parts += [f"tools={'+'.join(self.tools)}"] if self.tools else []
        return ",".join(parts)
