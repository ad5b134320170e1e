"""Export of trials for fine-tuning: chat messages as JSON Lines, for whichever trainer (STE, section 3.3).

Each trial that the judge let pass gives two samples: one that ends with the call, one that ends with
the answer. Their prompts are those that a model has in a trial. Tools that are held out stand in a file
of their own, so that what is measured on them was not trained on. Later rounds of tools rehearse a part
of each earlier one, against forgetting (STE, section 4.4).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.data_fence import fenced
from creator_magic.errors import InputError, meant
from creator_magic.stages.prompt import render
from creator_magic.toolbox.exchange.folder import write_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from creator_magic.explore.memory import LongTermMemory
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
    """

    files: Mapping[str, int]
    rounds: tuple[tuple[str, ...], ...]
    held_out: tuple[str, ...]
    repeated: int


def export_trials(
    memory: LongTermMemory,
    folder: Path,
    rounds: Sequence[Sequence[str]] = (),
    held_out: Sequence[str] = (),
    rehearsal: float = REHEARSAL,
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
        Part of each earlier round's trials that a round repeats, from 0 to 1.

    Raises
    ------
    InputError
        If a tool was not explored or is named twice, or the folder cannot be written.
    StoreError
        If the memory cannot be read.
    """
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
    trials = {name: _distinct(memory.trials(name, newest[name])) for name in (*sum(groups, ()), *held_out)}
    files: dict[str, list[Trial]] = {}
    for number, names in enumerate(groups, 1):
        earlier = [[t for name in group for t in trials[name][0]] for group in groups[: number - 1]]
        own = [trial for name in names for trial in trials[name][0]]
        rehearsed = [t for each in earlier for t in _part(each, rehearsal, f"round {number}")]
        files[f"round-{number}.jsonl"] = [*own, *rehearsed]
    if held_out:
        files["held_out.jsonl"] = [trial for name in held_out for trial in trials[name][0]]
    if not any(files.values()):
        raise InputError("No trial has passed the judge yet, so there is nothing to export. Explore first.")
    repeated = sum(number for _, number in trials.values())
    texts = {name: [s for trial in held for s in samples_of(trial)] for name, held in files.items()}
    exported = Exported({n: len(s) for n, s in texts.items()}, tuple(groups), tuple(held_out), repeated)
    about = {
        "files": exported.files,
        "rounds": exported.rounds,
        "held_out": exported.held_out,
        "rehearsal": rehearsal,
        "repeated": repeated,
    }
    written = {name: "".join(map(_line, samples)) for name, samples in texts.items()}
    write_folder(folder, {**written, "export.json": json.dumps(about, indent=1) + "\n"})
    return exported


def samples_of(trial: Trial) -> list[Sample]:
    """Return the samples of a trial: up to its last call that ran, and up to its answer.

    Parameters
    ----------
    trial : Trial
        One that passed the judge. Calls that failed on the way are left out: they are nothing to learn.
    """
    head, asked = render("trial", tool=trial.provenance.shown, query=trial.query, episode=())
    messages = [{"role": message.role, "content": message.content} for message in (head, asked)]
    samples: list[Sample] = []
    ran = [turn for turn in trial.turns if turn.observation is not None and turn.observation.ok]
    for turn in ran:
        messages.append({"role": "assistant", "content": f"```python decision\n{turn.code}\n```"})
        if turn is ran[-1]:
            samples.append(_sample(trial, "call", messages))
        showed = turn.observation.text if turn.observation is not None else ""
        messages.append({"role": "user", "content": f"It showed (data):\n{fenced(showed)}"})
    if trial.answer:
        messages.append({"role": "assistant", "content": f"Answer: {trial.answer}"})
        samples.append(_sample(trial, "answer", messages))
    return samples


def _sample(trial: Trial, kind: str, messages: Sequence[Mapping[str, str]]) -> Sample:
    return {
        "messages": list(messages),
        "kind": kind,
        "tool": trial.tool,
        "version": trial.version,
        "episode": trial.episode,
        "trial": trial.number,
        "models": list(trial.provenance.models),
    }


def _distinct(trials: Sequence[Trial]) -> tuple[list[Trial], int]:
    """Return those that passed, each query once, and how many were left out."""
    passed = [trial for trial in trials if trial.passed]
    first: dict[str, Trial] = {}
    for trial in passed:
        first.setdefault(" ".join(trial.query.casefold().split()), trial)
    return list(first.values()), len(passed) - len(first)


def _part(trials: Sequence[Trial], part: float, salt: str) -> list[Trial]:
    """Return a part of trials, at least one of any, by chance that repeats itself."""
    number = max(round(part * len(trials)), 1) if trials and part else 0

    def chance(trial: Trial) -> str:
        return hashlib.sha256(f"{salt}\0{trial.tool}\0{trial.query}".encode()).hexdigest()

    return sorted(trials, key=chance)[:number]


def _line(sample: Sample) -> str:
    return json.dumps(sample, ensure_ascii=False) + "\n"
