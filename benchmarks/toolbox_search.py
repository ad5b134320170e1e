"""How fast a toolbox of 100,000 tools is searched, and how much is missed by reading rare terms only.

    python -m benchmarks.toolbox_search [--tools N] [--transfer FILE] [--others FILE]

hides tools among others that are recombined from their parts: names, sentences of problems and lines
of docstrings of different tools. Each hidden tool was made for the first scenario of its kind; the
others are searched for. `transfer.jsonl` beside this file is used, and words of many trades; other
files of the same form may be given (also with the fields `intro`, `tool`, `scn1` to `scn3`, and for
`--others` with `tool` and `question`).

Times are of this thread: what the machine does beside it does not count; the wall clock is shown too.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError
from creator_magic.reply import read_reply
from creator_magic.toolbox.reading import tools_in
from creator_magic.toolbox.search import count, search
from creator_magic.toolbox.store import ToolStore
from creator_magic.toolbox.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from creator_magic.toolbox.search import Hit

ROUNDS = 5
HERE = Path(__file__).parent

_THINGS, _QUANTITIES, _WORK = (
    paragraph.split() for paragraph in (HERE / "words.txt").read_text("utf-8").split("\n\n")
)


@dataclass(frozen=True, slots=True)
class Hidden:
    """A tool to be found, and the problems to find it by."""

    tool: Tool
    searched_by: tuple[str, ...]


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tools", type=int, default=100_000)
    add_sources(parser)
    arguments = parser.parse_args(words)
    chance = random.Random(11)
    hidden, made = collected(arguments, chance)
    with tempfile.TemporaryDirectory() as folder:
        store = ToolStore(Path(folder) / "toolbox.sqlite")
        made += [each.tool for each in hidden]
        chance.shuffle(made)
        for start in range(0, len(made), 1000):
            store.add_all(made[start : start + 1000])
        store.close()
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        _measure(ToolStore(store.path), hidden, arguments.tools, size)
    return 0


def add_sources(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where tools and problems are from."""
    parser.add_argument("--transfer", type=Path, default=HERE / "transfer.jsonl")
    parser.add_argument("--others", type=Path)


def collected(arguments: argparse.Namespace, chance: random.Random) -> tuple[list[Hidden], list[Tool]]:
    """Return the tools to be found, and as many others as make up `arguments.tools` with them."""
    hidden = [_hidden(row) for row in _rows(arguments.transfer)]
    others = list(_others(_rows(arguments.others)) if arguments.others else _made_up(chance))
    parts = [*others, *(each.tool for each in hidden)]
    made = [_recombined(parts, number, chance) for number in range(arguments.tools - len(hidden))]
    return hidden, made


def _measure(store: ToolStore, hidden: Sequence[Hidden], tools: int, size: int) -> None:
    queries = [(each.tool.name, text) for each in hidden for text in each.searched_by]
    first, _ = _timed(lambda: store.search(queries[0][1]))
    cpu, wall, found = [], [], []
    for number in range(ROUNDS):
        for _, text in queries:
            (of_thread, of_wall), hits = _timed(lambda text=text: store.search(text, 3))  # type: ignore[misc]
            cpu.append(of_thread)
            wall.append(of_wall)
            if not number:
                found.append(hits)
    with store.reading() as connection:
        assert connection is not None, "tools were put there"
        every = [search(connection, count(connection, text), 3, exhaustive=True) for _, text in queries]
    store.close()
    print(f"{tools:,} tools, {size / 1e6:.0f} MB, {len(queries)} problems")
    print(f"first search after opening  {1e3 * first[0]:6.1f} ms, by the clock {1e3 * first[1]:.1f} ms")
    for name, times in (("of the thread", cpu), ("by the clock", wall)):
        ordered = sorted(times)
        p99 = ordered[int(0.99 * len(ordered))]
        print(
            f"a search, {name:15}   median {1e3 * statistics.median(ordered):.2f} ms, p99 {1e3 * p99:.2f} ms"
        )
    print(f"recall@3 {_recall(queries, found):.3f}; scoring every tool {_recall(queries, every):.3f}")


def _timed(act: Callable[[], tuple[Hit, ...]]) -> tuple[tuple[float, float], tuple[Hit, ...]]:
    thread, clock = time.thread_time(), time.perf_counter()
    hits = act()
    return (time.thread_time() - thread, time.perf_counter() - clock), hits


def _recall(queries: Sequence[tuple[str, str]], found: Sequence[Sequence[Hit]]) -> float:
    right = sum(name in {hit.name for hit in hits} for (name, _), hits in zip(queries, found, strict=True))
    return right / len(queries)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _hidden(row: dict[str, Any]) -> Hidden:
    if "scenarios" in row:
        first, *later = row["scenarios"]
        tool = _tool(row["name"], row["signature"], row["doc"], first)
    else:
        first, *later = (row[f"scn{number}"] for number in (1, 2, 3))
        tool = _read(row["tool"], first)
    return Hidden(replace(tool, name=f"{tool.name}_hidden"), tuple(later))


def _others(rows: Sequence[dict[str, Any]]) -> Iterator[Tool]:
    for row in rows:
        try:
            yield _read(row["tool"], row["question"])
        except InputError:
            continue  # a row without a tool that can be read has no parts to give


def _read(text: str, problem: str) -> Tool:
    reply = read_reply(text, "creation", "stop", frozenset())
    source = getattr(reply, "tool", None) or ""
    return replace(tools_in(source)[0].tool, problem=problem)


def _tool(name: str, signature: str, doc: str, problem: str) -> Tool:
    source = f'def {signature}:\n    """{doc}"""\n    raise NotImplementedError'
    return Tool(name, source, signature, doc, doc, problem=problem)


def _made_up(chance: random.Random) -> Iterator[Tool]:
    for _ in range(3000):
        thing, other, third = chance.sample(_THINGS, 3)
        wanted, given, also = chance.sample(_QUANTITIES, 3)
        work = chance.choice(_WORK)
        yield _tool(
            f"{work}_{wanted}_of_{thing}",
            f"{work}_{wanted}_of_{thing}({given}: float, {also}: float) -> float",
            f"Return the {work} {wanted} of a {thing}.\n\n{given} : float\n    The {given} of the {other}.",
            f"The {given} of a {thing} near the {other} is {chance.randint(2, 900)}, its {also} is known. "
            f"Somebody at the {third} asks for its {work} {wanted}. How large is the {wanted}?",
        )


def _recombined(parts: Sequence[Tool], number: int, chance: random.Random) -> Tool:
    one, other, third = chance.sample(parts, 3)
    head, tail = one.name.split("_"), other.name.split("_")
    name = "_".join([*head[: max(1, len(head) // 2)], *tail[len(tail) // 2 :], str(number)])
    lines, more = one.docstring.split("\n"), third.docstring.split("\n")
    said, asked = _sentences(one.problem), _sentences(other.problem)
    return replace(
        one,
        name=name,
        signature=f"{name}({one.signature.partition('(')[2]}",
        docstring="\n".join([*lines[: max(1, len(lines) // 2)], *more[len(more) // 2 :]]),
        problem=" ".join([*said[: max(1, len(said) // 2)], *asked[len(asked) // 2 :]]),
        cases=(),
    )


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in re.split(r"(?<=[.!?])\s+", text) if sentence]


if __name__ == "__main__":
    sys.exit(main())
