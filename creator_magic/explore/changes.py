"""What changed in a tool since it was first explored: versions with their trials, diffs, cases of trials."""

from __future__ import annotations

import difflib
from itertools import pairwise
from typing import TYPE_CHECKING

from creator_magic.explore.tool import NOTEBOOK
from creator_magic.tool_version import version_of
from creator_magic.toolbox.cases import annotated
from creator_magic.tools_command.page import Code, Table, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.explore.memory import LongTermMemory
    from creator_magic.explore.tool import ExploredTool
    from creator_magic.toolbox.collection import Toolbox
    from creator_magic.tools_command.page import Block

_MOST = 3
"""Changes that are shown as diffs, the last ones."""

_COUNTED = ("trials", "solved", "passed the judge")


def what_changed(tool: ExploredTool, toolbox: Toolbox, memory: LongTermMemory) -> list[Block]:
    """Return what changed in a tool; nothing where there is one version of it.

    Parameters
    ----------
    tool : ExploredTool
        The tool as it stands.
    toolbox : Toolbox
        Where kept tools have their history.
    memory : LongTermMemory
        The trials of every version.
    """
    counts = memory.counts(tool.name)
    if tool.place == NOTEBOOK or tool.bound[-1].module:
        return _of_versions(tool, counts)
    place, kept = toolbox.find(tool.name)
    history = toolbox.stores[place].history(tool.name)
    if len(history) == 1:
        return []
    helpers = [each.source for each in toolbox.helpers(kept, place)]
    rows = [
        (
            str(each.tool.revision),
            each.at[:16].replace("T", " "),
            each.reason,
            *_numbers(counts, version_of(*helpers, each.tool.source)),
        )
        for each in history
    ]
    table = Table(("revision", "when", "why", *_COUNTED), tuple(rows))
    blocks: list[Block] = [Text("What changed in the tool"), table]
    changes = [(old, new) for old, new in pairwise(history) if old.tool.source != new.tool.source]
    for old, new in changes[-_MOST:]:
        names = (f"revision {old.tool.revision}", f"revision {new.tool.revision}")
        texts = (old.tool.source.splitlines(), new.tool.source.splitlines())
        diff = "\n".join(difflib.unified_diff(*texts, *names, n=2, lineterm=""))
        blocks.append(Code(f"{names[1]}: {new.reason}", diff, "diff"))
    cases = [annotated(case) for case in kept.cases if case.origin == "trial"]
    if cases:
        blocks.append(Code("cases that came from trials", "\n\n".join(cases), "pycon"))
    return blocks


def _of_versions(tool: ExploredTool, counts: Mapping[str, tuple[int, ...]]) -> list[Block]:
    """Return the versions of a function whose earlier code is not kept."""
    if not counts.keys() - {tool.version}:
        return []
    versions = dict.fromkeys([*counts, tool.version])
    rows = [
        (f"{version}{', as it stands' if version == tool.version else ''}", *_numbers(counts, version))
        for version in versions
    ]
    return [Text("What changed in the tool"), Table(("version", *_COUNTED), tuple(rows))]


def _numbers(counts: Mapping[str, tuple[int, ...]], version: str) -> tuple[str, ...]:
    return tuple(map(str, counts.get(version, (0, 0, 0))))
