"""Calls of a tool, each judged by the policy and then run in a process of its own."""

from __future__ import annotations

from contextlib import nullcontext
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from creator_magic.errors import InputError
from creator_magic.explore.call_runner import cut, run_call
from creator_magic.explore.trial import Observation
from creator_magic.isolation import CallError, IsolationLimits
from creator_magic.policy.person import Nobody
from creator_magic.ports import CodeCell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from creator_magic.explore.tool import ExploredTool
    from creator_magic.isolation import IsolatedExecutor
    from creator_magic.policy.effects import Effect, Verdict
    from creator_magic.ports import Policy

LONGEST = 2_000
"""Characters of an observation that go back to the model."""

NOBODY = Nobody("an exploration asks nobody")

UNLESS_SET: Mapping[Effect, Verdict] = MappingProxyType({"read": "deny"})
"""In a solve code may read files, since what it shows stays here. What a call shows is sent."""


class Calls(Protocol):
    """Where calls run."""

    def run(self, tool: ExploredTool, code: str) -> Observation:
        """Run code that calls a tool, and return what it showed."""
        ...


class IsolatedCalls:
    """Runs each call in a process of its own, in an empty folder, without the environment's secrets.

    Parameters
    ----------
    executor : IsolatedExecutor
        Where they run.
    policy : Policy
        What decides whether a call may run; the tool itself has been admitted.
    limits : IsolationLimits
        What each call is held to.
    meanwhile : callable
        Returns what is entered while a call runs.
    """

    def __init__(
        self,
        executor: IsolatedExecutor,
        policy: Policy,
        limits: IsolationLimits | None = None,
        meanwhile: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._executor = executor
        self._policy = policy
        self._limits = limits or IsolationLimits(timeout=10.0)
        self._meanwhile = meanwhile

    def admit(self, tool: ExploredTool, policy: Policy) -> None:
        """Make sure that a tool may be called at all, before a model is asked.

        Parameters
        ----------
        tool : ExploredTool
            The tool; one that is imported by its path, or that the person wrote, is their own code.
        policy : Policy
            Whom it is put to; unlike for the calls, a person may be asked.

        Raises
        ------
        InputError
            If it may not.
        """
        refusal = policy.judge(_cells(tool), lambda _: None).refusal if _cells(tool) else None
        if refusal is not None:
            raise InputError(f"{tool.name} cannot be explored. {refusal.message}")

    def run(self, tool: ExploredTool, code: str) -> Observation:
        """Run code that calls a tool; see `Calls`."""
        tools = _cells(tool)
        # What the tool itself would do has been admitted; here it says what its names mean.
        admitted = frozenset(cell.key for cell in tools)
        cells = [*tools, CodeCell("decision", "call", code)]
        refusal = self._policy.judge(cells, lambda _: None, edited=admitted).refusal
        if refusal is not None:
            return Observation(refusal.message.partition("\nTo permit")[0], ok=False, kind="denied")
        try:
            with self._meanwhile():
                told = self._executor.call(
                    run_call, tool.bound, code, LONGEST, limits=self._limits, warm=tool.libraries
                )
        except CallError as error:
            text = cut(f"{error.name}: {error.said}", LONGEST)
            return Observation(text, ok=False, kind=error.kind, error=error.name)
        error_name = str(told["error"])
        text = str(told["text"]) or "(nothing)"
        kind = "error" if error_name else ""
        return Observation(text, not error_name, kind, error_name, inside=bool(told["inside"]))


def _cells(tool: ExploredTool) -> list[CodeCell]:
    sources = [bound for bound in tool.bound if bound.source]
    keys = ["tool", *(f"tool-{number}" for number in range(2, len(sources) + 1))]
    return [
        CodeCell("tool", key, bound.source, foreign=tool.foreign)
        for key, bound in zip(keys, sources, strict=False)
    ]
