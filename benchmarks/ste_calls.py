"""STE's own evaluation of recorded calls (arXiv 2403.04746, section 4.2), and what its definitions let pass.

    python -m benchmarks.ste_calls calls.jsonl tools.jsonl

A line of the first file has `model`, `api` (the right one), `action_input` (the right arguments, JSON),
`model_output`, and the paper's own verdicts `err`, `no_call`, `api_match`, `args_correct`; of the second, a
`name`. The verdicts are made anew from the outputs and compared, but for `args_correct`, which is a model's
judgement and is taken as it was recorded.

The reading rules are those that give the recorded verdicts. They are not ours: an exploration reads its
own replies by `creator_magic.reply`.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ACTION, INPUT, FINAL = "Action:", "Action Input:", "Final Answer:"
_AS_TOKEN = re.compile(r"<tool_(.*)>", re.DOTALL)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """What the paper's rules make of an output.

    Parameters
    ----------
    no_call : bool
        Whether it is an answer without a call.
    err : bool
        Whether the call is ill-formed.
    api : str
        The API that is taken to be called; empty where there is none.
    arguments : dict
        Its arguments.
    lets_pass : tuple of str
        What a strict reader would not have let pass.
    """

    no_call: bool = False
    err: bool = False
    api: str = ""
    arguments: Any = None
    lets_pass: tuple[str, ...] = ()


def read_output(text: str, names: Sequence[str]) -> Read:
    """Read a model's output by the paper's rules.

    Parameters
    ----------
    text : str
        The output.
    names : sequence of str
        The APIs that there are.
    """
    before, final, _ = text.partition(FINAL)
    if INPUT not in before:
        return Read(no_call=bool(final), err=not final)
    called, _, given = before.partition(INPUT)
    if INPUT in given or ACTION not in called:
        return Read(err=True)
    start, end = given.find("{"), given.rfind("}")
    arguments, doubled = _arguments(given[start : end + 1] if start >= 0 else "")
    if arguments is None:
        return Read(err=True)
    wanted = called.split(ACTION)[1].strip()
    token = _AS_TOKEN.fullmatch(wanted)
    wanted = token[1] if token else wanted
    lets_pass = []
    if wanted not in names:
        lets_pass.append("an API that there is not, taken for the nearest")
    if doubled:
        lets_pass.append("doubled braces")
    if given[end + 1 :].strip():
        lets_pass.append("text behind the arguments, mostly an observation that was made up")
    if final:
        lets_pass.append("an answer before anything ran")
    (api,) = [wanted] if wanted in names else difflib.get_close_matches(wanted, names, 1, 0.0)
    return Read(api=api, arguments=arguments, lets_pass=tuple(lets_pass))


def _arguments(text: str) -> tuple[Any, bool]:
    for doubled, each in ((False, text), (True, text.replace("{{", "{").replace("}}", "}"))):
        try:
            return json.loads(each), doubled
        except ValueError:
            continue
    return None, False


def verdicts(row: Row, names: Sequence[str]) -> tuple[int, int, int | None]:
    """Return `no_call`, `err` and `api_match` of a row, as the paper records them."""
    read = read_output(row["model_output"], names)
    judged = not (read.err or read.no_call)
    return int(read.no_call), int(read.err), int(read.api == row["api"]) if judged else None


def table(rows: Iterable[Row], names: Sequence[str]) -> list[tuple[str, int, float, float, float]]:
    """Return of each model its outputs, and the parts of them that are well-formed, match, and are correct.

    Each part is of all outputs: a call that is ill-formed matches nothing, and one that does not match is
    not correct.
    """
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        no_call, err, match = verdicts(row, names)
        count = counts.setdefault(row["model"], Counter())
        count.update(all=1, formed=not (no_call or err), match=match or 0)
        count.update(correct=int(bool(match and row["args_correct"])))
    return [
        (model, c["all"], *(round(100 * c[part] / c["all"], 1) for part in ("formed", "match", "correct")))  # type: ignore[misc]
        for model, c in sorted(counts.items())
    ]


def beside(rows: Iterable[Row], names: Sequence[str]) -> Counter[str]:
    """Return how many outputs the definitions let pass that they might not, or refuse, and for what."""
    said: Counter[str] = Counter()
    for row in rows:
        read = read_output(row["model_output"], names)
        if read.err:
            call = row["model_output"].partition("Observation")[0]
            said["refused: a call in order, for the braces in what stands behind it"] += not read_output(
                call, names
            ).err
            continue
        said.update(f"passed: {each}" for each in read.lets_pass)
        if read.api == row["api"] and row["args_correct"] is not None:
            same = read.arguments == json.loads(row["action_input"])
            said["correct by the judge: other arguments than the right ones"] += bool(
                row["args_correct"] and not same
            )
            said["not correct by the judge: just the right arguments"] += bool(
                not row["args_correct"] and same
            )
    return +said


def main(calls: str, tools: str) -> int:
    """Print the tables; return 1 if a verdict differs from the recorded one."""
    rows = [json.loads(line) for line in Path(calls).read_text("utf-8").splitlines()]
    names = sorted(json.loads(line)["name"] for line in Path(tools).read_text("utf-8").splitlines())
    same = sum(verdicts(row, names) == (row["no_call"], row["err"], row["api_match"]) for row in rows)
    print(f"Verdicts as recorded: {same} of {len(rows)} outputs\n")
    print(f"{'model':14}{'outputs':>8}{'well-formed':>13}{'API match':>11}{'correct':>9}")
    for model, number, formed, match, correct in table(rows, names):
        print(f"{model:14}{number:8}{formed:12.1f}%{match:10.1f}%{correct:8.1f}%")
    print("\nWhat the definitions let pass, and what they refuse; nothing of it was run:")
    for what, number in beside(rows, names).most_common():
        print(f"{number:5}  {what}")
    return 0 if same == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
