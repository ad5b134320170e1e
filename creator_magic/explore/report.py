"""What exploring a tool came to, to look at: success by episode, arguments covered, kinds of failure."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from creator_magic.explore.faults import suspects
from creator_magic.toolbox.admission import in_a_line
from creator_magic.tools_command.page import Page, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from creator_magic.explore.faults import Suspect
    from creator_magic.explore.tool import ExploredTool
    from creator_magic.explore.trial import Trial
    from creator_magic.tools_command.page import Block

SCRIPTED = "Scripted replies: written by hand, not by a model."
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_EXAMPLES = 3
_LONGEST = 60


def report(tool: ExploredTool, trials: Sequence[Trial], changed: Sequence[Block] = ()) -> Page:
    """Return the report on the trials of a tool.

    Parameters
    ----------
    tool : ExploredTool
        What was explored.
    trials : sequence of Trial
        Of this version of it.
    changed : sequence of Block
        What changed in the tool, as `what_changed` tells it.
    """
    if not trials:
        said = f"{tool.name} was not explored as it stands now. Use: %explore {tool.name}"
        return Page((Text(said), *changed))
    solved, passed = sum(t.solved is True for t in trials), sum(t.passed for t in trials)
    models = ", ".join(dict.fromkeys(m for t in trials if not is_scripted(t) for m in t.provenance.models))
    made = f"{len(trials)} trials by {models}" if models else f"{len(trials)} trials"
    head = f"{tool.name} ({tool.place}): {made}, {solved} solved, {passed} passed the judge"
    blocks: list[Text | Table] = [
        *([Text(SCRIPTED)] if any(is_scripted(trial) for trial in trials) else []),
        Text(head),
        Text("Success by episode"),
        Table(("episode", "trials", "solved", "passed the judge", "calls a trial"), tuple(_episodes(trials))),
        Text("Arguments that calls covered"),
        Table(("parameter", "calls", "from", "to", "values"), tuple(_arguments(tool, trials))),
    ]
    failures = tuple(_failures(trials))
    if failures:
        blocks += [Text("Kinds of failure"), Table(("what", "how often", "calls"), failures)]
    unsolved = [(f"{t.episode}.{t.number}", t.query, _why(t)) for t in trials if t.solved is False]
    if unsolved:
        blocks += [Text("Not solved"), Table(("trial", "query", "in hindsight"), tuple(unsolved))]
    found = suspects(trials)
    if found:
        blocks += [Text("What may be faults of the tool"), suspected(found)]
    return Page((*blocks, *changed))


def suspected(found: Sequence[Suspect]) -> Table:
    """Return the calls that may show faults of a tool."""
    rows = [
        (
            each.place,
            " ".join(each.turn.code.split()),
            in_a_line(each.showed),
            f"{each.why} {_why(each.trial)}",
        )
        for each in found
    ]
    return Table(("trial", "call", "showed", "what speaks for it"), tuple(rows))


def is_scripted(trial: Trial) -> bool:
    """Tell whether a person wrote replies of a trial."""
    return "scripted" in trial.provenance.origins


def _why(trial: Trial) -> str:
    return trial.reflection.why if trial.reflection is not None else ""


def _episodes(trials: Sequence[Trial]) -> Iterator[tuple[str, ...]]:
    for episode in dict.fromkeys(trial.episode for trial in trials):
        of_it = [trial for trial in trials if trial.episode == episode]
        solved, passed = sum(t.solved is True for t in of_it), sum(t.passed for t in of_it)
        calls = sum(bool(turn.code) for trial in of_it for turn in trial.turns) / len(of_it)
        yield str(episode), str(len(of_it)), str(solved), str(passed), f"{calls:.1f}"


def _failures(trials: Sequence[Trial]) -> Iterator[tuple[str, ...]]:
    calls: defaultdict[str, list[str]] = defaultdict(list)
    for turn in (turn for trial in trials for turn in trial.turns):
        if turn.observation is not None and not turn.observation.ok:
            what = turn.observation.error or turn.observation.kind
            calls[what].append(" ".join(turn.code.split())[-_LONGEST:])
    for what, codes in sorted(calls.items(), key=lambda each: -len(each[1])):
        yield what, str(len(codes)), "  |  ".join([*dict.fromkeys(filter(None, codes))][:_EXAMPLES])


def _arguments(tool: ExploredTool, trials: Sequence[Trial]) -> Iterator[tuple[str, ...]]:
    """Yield of each argument how often it was given, its range where it is a number, and its values."""
    given: defaultdict[str, list[Any]] = defaultdict(list)
    parameters = _parameters(tool)
    for turn in (turn for trial in trials for turn in trial.turns):
        if turn.observation is not None and turn.observation.ok:
            for place, value in _given(turn.code, tool.name, parameters):
                given[place].append(value)
    for place, values in given.items():
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        ends = (f"{min(numbers):g}", f"{max(numbers):g}") if numbers else ("", "")
        shown = Counter(map(_short, values)).most_common(_EXAMPLES)
        yield place, str(len(values)), *ends, ", ".join(text for text, _ in shown)


def _parameters(tool: ExploredTool) -> list[str]:
    function = next(n for n in ast.walk(ast.parse(tool.shown)) if isinstance(n, _FUNCTIONS))
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]


def _given(code: str, name: str, parameters: Sequence[str]) -> Iterable[tuple[str, Any]]:
    """Yield the arguments of the calls of a function, as far as they stand there as values."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            for number, argument in enumerate(node.args):
                place = parameters[number] if number < len(parameters) else f"argument {number + 1}"
                yield place, _value(argument)
            for keyword in node.keywords:
                yield keyword.arg or "**", _value(keyword.value)


_COMPUTED = object()


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError):
        return _COMPUTED


def _short(value: Any) -> str:
    text = "(computed)" if value is _COMPUTED else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
