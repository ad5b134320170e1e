"""Grading put to the test: answers in LaTeX against themselves, and the paper's rule against ours.

    python -m benchmarks.grading math.jsonl     every answer of a file, its rewritings, its alterations
    python -m benchmarks.grading --table        the table of `docs/bench-grading.md`

The 50 pairs are chosen, not drawn: they show where rules differ, not how often. Of each the verdict is told
that a person would give, and the one that the code published with CREATOR gives
(https://github.com/qiancheng0/CREATOR, commit 55b794a; run once, and recorded).
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rewritings import alterations, rewritings
from creator_magic.bench.data import read_problems
from creator_magic.bench.grading import Grade, grade
from creator_magic.bench.problem import BenchProblem, GradedBy

PAIRS = Path(__file__).with_name("grading_pairs.jsonl")
_THREADS = 2
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """An answer, and what is said of it.

    Parameters
    ----------
    graded_by : {"number", "latex"}
        How it is compared.
    right, shown : str
        The right answer, and the one to judge.
    person, paper : bool
        Whether a person, and the published code, take it for right.
    about : str
        What it is an example of.
    """

    graded_by: GradedBy
    right: str
    shown: str
    person: bool
    paper: bool
    about: str


def pairs() -> list[Pair]:
    """Return the 50 pairs."""
    return [Pair(**json.loads(line)) for line in PAIRS.read_text("utf-8").splitlines()]


def graded(right: str, shown: str, graded_by: GradedBy = "latex") -> Grade:
    """Grade an answer."""
    return grade(BenchProblem("answer", "", right, graded_by), shown)


def judged() -> list[tuple[Pair, Grade]]:
    """Return the pairs, and what we say of them."""
    with ThreadPoolExecutor(_THREADS) as threads:
        said = threads.map(lambda pair: graded(pair.right, pair.shown, pair.graded_by), pairs())
        return list(zip(pairs(), said, strict=True))


def table(judged: list[tuple[Pair, Grade]]) -> str:
    """Return what people, the paper's rule and ours say of the pairs, in Markdown."""
    differ = sum(pair.paper != ours.correct for pair, ours in judged)
    as_person = sum(pair.paper == pair.person for pair, _ in judged)
    ours_as_person = sum(ours.correct == pair.person for pair, ours in judged)
    counts = f"The paper's rule says what a person says of {as_person}, ours of {ours_as_person}."
    lines = [
        f"Of {len(judged)} chosen pairs, the paper's rule and ours decide {differ} differently. {counts}",
        "",
        "| right answer | shown | a person | the paper's rule | ours | about |",
        "|---|---|---|---|---|---|",
    ]
    for pair, ours in judged:
        verdicts = (_said(each, pair.person) for each in (pair.person, pair.paper, ours.correct))
        cells = (f"`{pair.right}`", f"`{pair.shown}`", *verdicts, pair.about)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines)


def _said(verdict: bool, person: bool) -> str:
    word = "right" if verdict else "wrong"
    return word if verdict == person else f"**{word}**"


def written(page: str, table: str) -> str:
    """Return a page with the table in it.

    Parameters
    ----------
    page : str
        With the lines that the table stands between.
    table : str
        The table.
    """
    before, begin, rest = page.partition(_BEGIN)
    return f"{before}{begin}\n\n{table}\n\n{_END}{rest.partition(_END)[2]}"


def main(argument: str) -> int:
    """Print the table, or what becomes of the answers of a file; return 1 if one is not as it must be."""
    if argument == "--table":
        page = Path(__file__).parents[1] / "docs" / "bench-grading.md"
        page.write_text(written(page.read_text("utf-8"), table(judged())), "utf-8")
        return 0
    golds = list(dict.fromkeys(problem.answer for problem in read_problems(argument).problems))
    wrong = 0
    for title, variants, wanted in (
        ("equal themselves", lambda gold: [gold], True),
        ("rewritings that are right", rewritings, True),
        ("alterations that are wrong", alterations, False),
    ):
        jobs = [(gold, each) for gold in golds for each in variants(gold)]
        begun = time.perf_counter()
        with ThreadPoolExecutor(_THREADS) as threads:
            verdicts = [each.correct for each in threads.map(graded, *zip(*jobs, strict=True))]
        seconds = time.perf_counter() - begun
        missed = [job for job, verdict in zip(jobs, verdicts, strict=True) if verdict != wanted]
        wrong += len(missed)
        each = 1000 * seconds / len(jobs)
        print(f"{title:28}{len(jobs) - len(missed):6} of {len(jobs):6}   {each:6.1f} ms each")
        for gold, shown in missed[:_SHOWN]:
            print(f"    not so: {gold!r} and {shown!r}")
    print(f"\n{table(judged())}")
    return 1 if wrong else 0


_BEGIN = "<!-- the table: made by python -m benchmarks.grading --table -->"
_END = "<!-- end of the table -->"

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
