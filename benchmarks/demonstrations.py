"""Whether a problem is shown the trials of its own tool, the more similar first, within the budget.

    python -m benchmarks.demonstrations groups.jsonl [TOKENS]

A line of the file is a group: `tool`, a tool in a fenced block, and three scenarios `scn1` to `scn3` with
their decisions `sol1` to `sol3`. All tools are kept, the first two scenarios of each group become trials of
its tool, and the prompt for each third scenario is made as `%%solve` makes it.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from statistics import mean

from creator_magic.explore.memory import LongTermMemory
from creator_magic.explore.tool import find_tool
from creator_magic.explore.trial import ASPECTS, Judgement, Observation, Reflection, Trial, Turn
from creator_magic.problem import Problem
from creator_magic.project_store import ProjectStore
from creator_magic.stages.reuse import reuse
from creator_magic.tool_stub import last_function
from creator_magic.toolbox.demonstrations import likely_tools, with_demonstrations
from creator_magic.toolbox.places import toolbox_of
from creator_magic.toolbox.reading import describe
from creator_magic.toolbox.reuse import offer

_BLOCK = re.compile(r"```(?:python)?\n(.*?)```", re.DOTALL)


def code(text: str) -> str:
    """Return the first fenced block of a text."""
    found = _BLOCK.search(text)
    return (found[1] if found else text).strip()


def trial(tool: str, version: str, number: int, query: str, call: str) -> Trial:
    """Return a scenario and its decision as a trial that passed."""
    turns = (Turn(call, call, Observation("(not run)")),)
    judged = Judgement(ASPECTS)
    return Trial(tool, version, 1, number, query, turns, "", Reflection(solved=True), judged)


def main(path: str, tokens: int = 1500) -> int:
    """Print what the prompts hold; return 1 if one holds another tool's trials under a tool, or too much."""
    groups = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        toolbox = toolbox_of(Path(folder), str(Path(folder) / "personal.sqlite"), [], None)
        store = ProjectStore(Path(folder) / ".creator" / "toolbox.sqlite")
        own: dict[str, list[str]] = {}
        names = []
        for group in groups:
            source = code(group["tool"])
            kept = toolbox.keep(describe(source, last_function(source)), "made")
            explored = find_tool(kept.name, toolbox, {})
            names.append(kept.name)
            for n in (1, 2):
                call = code(group[f"sol{n}"])
                LongTermMemory(store).keep(trial(kept.name, explored.version, n, group[f"scn{n}"], call))
                own.setdefault(kept.name, []).append(call)
        searched = offered = right = strange = over = 0
        sizes = []
        for name, group in zip(names, groups, strict=True):
            problem = Problem(group["scn3"])
            likely = likely_tools(problem, store)
            found = offer(problem, toolbox, (), lambda _: "", (), likely).candidates
            searched += name in [each.name for each in offer(problem, toolbox, (), lambda _: "").candidates]
            shown = with_demonstrations(found, problem, store, {}, tokens)
            text = "".join(message.content for message in reuse(problem, shown).messages)
            held = [(each.name, each_shown.code) for each in shown for each_shown in each.demonstrations]
            strange += sum(call not in own[tool] or call not in text for tool, call in held)
            mine = next((each for each in shown if each.name == name), None)
            offered += mine is not None
            right += mine is not None and bool(mine.demonstrations)
            taken = [d for each in shown for d in each.demonstrations]
            sizes.append(sum(len(d.query) + len(d.code) + len(d.showed) for d in taken))
            over += sizes[-1] > 3 * tokens
        store.close()
        toolbox.close()
    print(f"{len(groups)} third scenarios. Own tool offered: {offered}; {searched} by the search alone.")
    print(f"With its own trials: {right}. Trials of another tool under one: {strange}.")
    print(
        f"Trials in a prompt: {mean(sizes):,.0f} characters on average, {max(sizes):,} at the most; ", end=""
    )
    print(f"{over} over {tokens} tokens of 3 characters.")
    return int(bool(strange or over))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:3])))
