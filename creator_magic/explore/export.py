"""Export of trials for fine-tuning: chat messages as JSON Lines, for whichever trainer (STE, section 3.3).

Each trial that the judge let pass gives two samples: one that ends with the call, one that ends with
the answer. Their prompts are those that a model has in a trial. Tools that are held out stand in a file
of their own, so that what is measured on them was not trained on. Later rounds of tools rehearse a part
of each earlier one, against forgetting (STE, section 4.4). Paraphrases of a query, where they are wanted,
are samples of their own, which say so; they stand where their tool stands.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.data_fence import fenced
from creator_magic.errors import InputError, meant
from creator_magic.explore.paraphrases import Example
from creator_magic.stages.prompt import render
from creator_magic.toolbox.exchange.folder import new_folder, write_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from creator_magic.explore.memory import LongTermMemory
    from creator_magic.explore.paraphrases import Paraphraser
    from creator_magic.explore.trial import Trial

REHEARSAL = 0.1
"""Part of each earlier round's trials that a later one rehearses."""

Sample = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds.

    Parameters
    ----------
    files : mapping of str to int
        The samples of each file.
    rounds : tuple of tuple of str
        The tools of each round.
    held_out : tuple of str
        The tools that no round holds.
    repeated : int
        Trials that were left out, since the same query of the tool is there already.
    paraphrases : int
        Queries that were worded anew, of all tools.
    dropped : int
        Paraphrases that were left out, as hardly another query, or one that asks for something else.
    """

    files: Mapping[str, int]
    rounds: tuple[tuple[str, ...], ...]
    held_out: tuple[str, ...]
    repeated: int
    paraphrases: int = 0
    dropped: int = 0


def export_trials(
    memory: LongTermMemory,
    folder: Path,
    rounds: Sequence[Sequence[str]] = (),
    held_out: Sequence[str] = (),
    rehearsal: float = REHEARSAL,
    paraphraser: Paraphraser | None = None,
) -> Exported:
    """Write the trials that passed as a new folder: `round-1.jsonl` and so on, and what is in them.

    Parameters
    ----------
    memory : LongTermMemory
        The trials.
    folder : Path
        Where; nothing may be there yet.
    rounds : sequence of sequences of str
        The tools of each round, in order; none for one round of all tools that are not held out.
    held_out : sequence of str
        Tools that go into `held_out.jsonl` alone.
    rehearsal : float
        Part of each earlier round's queries that a round repeats, from 0 to 1.
    paraphraser : Paraphraser or None
        Words queries anew; None to ask no model.

    Raises
    ------
    InputError
        If a tool was not explored or is named twice, or the folder cannot be written.
    ModelError, LimitError, Interrupted
        If paraphrasing ended early; nothing was written.
    StoreError
        If the memory cannot be read.
    """
    new_folder(folder)
    newest = dict(memory.versions())
    named = [name for names in (*rounds, held_out) for name in names]
    for name in named:
        if name not in newest:
            hint = meant(name, sorted(newest), " There are trials of ") if newest else ""
            raise InputError(f"There are no trials of {name}.{hint}")
    twice = [name for name, number in Counter(named).items() if number > 1]
    if twice:
        raise InputError(f"{twice[0]} is named twice; a tool belongs to one round, or is held out.")
    groups = [tuple(names) for names in rounds] or [tuple(n for n in newest if n not in set(held_out))]
    passed = {name: _distinct(memory.trials(name, newest[name])) for name in (*sum(groups, ()), *held_out)}
    trials = {name: distinct for name, (distinct, _) in passed.items()}
    if not any(trials.values()):
        raise InputError("No trial has passed the judge yet, so there is nothing to export. Explore first.")
    worded, dropped = paraphraser(trials) if paraphraser is not None else ({}, 0)
    examples = {
        name: [each for trial in of_tool for each in (Example(trial), *worded.get(trial, ()))]
        for name, of_tool in trials.items()
    }
    files: dict[str, list[Example]] = {}
    for number, names in enumerate(groups, 1):
        earlier = [[each for name in group for each in examples[name]] for group in groups[: number - 1]]
        own = [each for name in names for each in examples[name]]
        rehearsed = [each for part in earlier for each in _part(part, rehearsal, f"round {number}")]
        files[f"round-{number}.jsonl"] = [*own, *rehearsed]
    if held_out:
        files["held_out.jsonl"] = [each for name in held_out for each in examples[name]]
    repeated = sum(number for _, number in passed.values())
    texts = {name: [s for each in held for s in samples_of(each)] for name, held in files.items()}
    exported = Exported(
        {name: len(samples) for name, samples in texts.items()},
        tuple(groups),
        tuple(held_out),
        repeated,
        sum(map(len, worded.values())),
        dropped,
    )
    about = {
        "files": exported.files,
        "rounds": exported.rounds,
        "held_out": exported.held_out,
        "rehearsal": rehearsal,
        "repeated": repeated,
        "paraphrases": exported.paraphrases,
        "dropped_paraphrases": dropped,
    }
    written = {name: "".join(map(_line, samples)) for name, samples in texts.items()}
    write_folder(folder, {**written, "export.json": json.dumps(about, indent=1) + "\n"})
    return exported


def samples_of(example: Example) -> list[Sample]:
    """Return the samples of a trial: up to its last call that ran, and up to its answer.

    Parameters
    ----------
    example : Example
        A trial that passed the judge. Calls that failed on the way are left out: they are nothing to learn.
    """
    trial = example.trial
    head, asked = render("trial", tool=trial.provenance.shown, query=trial.query, episode=())
    messages = [{"role": message.role, "content": message.content} for message in (head, asked)]
    samples: list[Sample] = []
    ran = [turn for turn in trial.turns if turn.observation is not None and turn.observation.ok]
    for turn in ran:
        messages.append({"role": "assistant", "content": f"```python decision\n{turn.code}\n```"})
        if turn is ran[-1]:
            samples.append(_sample(example, "call", messages))
        showed = turn.observation.text if turn.observation is not None else ""
        messages.append({"role": "user", "content": f"It showed (data):\n{fenced(showed)}"})
    if trial.answer:
        messages.append({"role": "assistant", "content": f"Answer: {trial.answer}"})
        samples.append(_sample(example, "answer", messages))
    return samples


def _sample(example: Example, kind: str, messages: Sequence[Mapping[str, str]]) -> Sample:
    trial = example.trial
    return {
        "messages": list(messages),
        "kind": kind,
        "tool": trial.tool,
        "version": trial.version,
        "episode": trial.episode,
        "trial": trial.number,
        "models": list(trial.provenance.models),
        "paraphrase": bool(example.imagined),
        "imagined": example.imagined or trial.query,
    }


def _distinct(trials: Sequence[Trial]) -> tuple[list[Trial], int]:
    """Return those that passed, each query once, and how many were left out."""
    passed = [trial for trial in trials if trial.passed]
    first: dict[str, Trial] = {}
    for trial in passed:
        first.setdefault(" ".join(trial.query.casefold().split()), trial)
    return list(first.values()), len(passed) - len(first)


def _part(examples: Sequence[Example], part: float, salt: str) -> list[Example]:
    """Return a part of examples, at least one of any, by chance that repeats itself."""
    number = max(round(part * len(examples)), 1) if examples and part else 0

    def chance(example: Example) -> str:
        trial = example.trial
        return hashlib.sha256(f"{salt}\0{trial.tool}\0{trial.query}".encode()).hexdigest()

    return sorted(examples, key=chance)[:number]


def _line(sample: Sample) -> str:
    return json.dumps(sample, ensure_ascii=False) + "\n"
