"""A setup: one of the ways to work on problems that a run compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

from creator_magic.config import MOST_RECTIFICATIONS, MOST_SAMPLES
from creator_magic.errors import InputError, meant

MethodName = Literal["vanilla", "cot", "pot", "tools", "entangled", "creator"]
"""The methods of CREATOR's tables (arXiv 2305.14318, section 4): the answer at once, after a chain of
thought, by a program of thought, by a program that calls tools which are there, tool and decision in one
reply, and apart."""

HintLevel = Literal["none", "utility", "all"]
"""What is told about a fitting tool: nothing, its utility, or its arguments and returns too."""

USUAL_RECTIFICATIONS = 2

_WITHOUT_CODE = ("vanilla", "cot")
_OPTIONS = ("cot", "hints=LEVEL", "rectify=N", "samples=N", "transfer", "tools=NAME+NAME")


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
    def has_code(self) -> bool:
        """Whether its answers come from execution."""
        return self.method not in _WITHOUT_CODE

    @property
    def label(self) -> str:
        """The setup in a word or two, as rows carry it; no two setups have the same."""
        usual = USUAL_RECTIFICATIONS if self.has_code else 0
        parts: list[str] = [self.method]
        parts += ["cot"] if self.cot else []
        parts += [f"hints={self.hints}"] if self.hints != "none" else []
        parts += [f"rectify={self.rectifications}"] if self.rectifications != usual else []
        parts += ["transfer"] if self.transfer else []
        parts += [f"samples={self.samples}"] if self.samples > 1 else []
        parts += [f"tools={'+'.join(self.tools)}"] if self.tools else []
        return ",".join(parts)


def parse_setup(
    text: str,
    hints: HintLevel = "none",
    rectifications: int = USUAL_RECTIFICATIONS,
    tools: tuple[str, ...] = (),
) -> Setup:
    """Read a setup as a person writes it: `creator,cot,hints=all,rectify=3,samples=5,transfer`.

    Parameters
    ----------
    text : str
        The method, then options with commas between; a label is read as the setup it is the label of.
    hints, rectifications, tools
        What holds where the text does not say it.

    Raises
    ------
    InputError
        If a word is unknown, a number out of range, or the method has no such option.
    """
    method, *words = (word.strip() for word in text.split(","))
    names = get_args(MethodName)
    if method not in names:
        raise InputError(f"There is no method {method!r}.{meant(method, names, ' There is ')}.")
    said: dict[str, str] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name in said:
            raise InputError(f"--method {text}: {name} is said twice.")
        if name not in _NAMES or (name in _FLAGS) == bool(value):
            raise InputError(f"--method {text}: {word!r} is no option. Options: {', '.join(_OPTIONS)}.")
        if name not in _FITTING[cast("MethodName", method)]:
            fitting = ", ".join(_FITTING[cast("MethodName", method)])
            raise InputError(f"--method {text}: {method} has no option {name}. It has: {fitting}.")
        said[name] = value
    if method in _WITHOUT_CODE:
        rectifications = 0
    elif "rectify" in said:
        rectifications = _number(text, "rectify", said["rectify"], 0, MOST_RECTIFICATIONS)
    if "tools" in said:
        tools = tuple(said["tools"].split("+"))
    if method == "tools" and not tools:
        raise InputError(
            "The method tools needs tools to use: --tools NAME,NAME, as `creator-magic tools` lists."
        )
    return Setup(
        cast("MethodName", method),
        cot="cot" in said,
        hints=_level(text, said["hints"]) if "hints" in said else hints,
        rectifications=rectifications,
        transfer="transfer" in said,
        samples=_number(text, "samples", said["samples"], 1, MOST_SAMPLES) if "samples" in said else 1,
        tools=tools if method == "tools" else (),
    )


_FLAGS = ("cot", "transfer")
_NAMES = ("cot", "hints", "rectify", "samples", "transfer", "tools")
_OF_TEXT, _OF_CODE = ("hints", "samples"), ("cot", "hints", "rectify", "samples")
_FITTING: dict[MethodName, tuple[str, ...]] = {
    "vanilla": _OF_TEXT,
    "cot": _OF_TEXT,
    "pot": _OF_CODE,
    "tools": (*_OF_CODE, "tools"),
    "entangled": _OF_CODE,
    "creator": (*_OF_CODE, "transfer"),
}


def _level(text: str, value: str) -> HintLevel:
    levels = get_args(HintLevel)
    if value not in levels:
        raise InputError(f"--method {text}: hints are {', '.join(levels)}, not {value!r}.")
    return cast("HintLevel", value)


def _number(text: str, name: str, value: str, least: int, most: int) -> int:
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise InputError(f"--method {text}: {name} is a whole number from {least} to {most}, not {value!r}.")
    return int(value)
