"""`creator-magic bench`: from what a person wishes to a file of results."""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creator_magic.bench import record
from creator_magic.bench.appending import Appending
from creator_magic.bench.data import bundled, read_problems
from creator_magic.bench.grading.grade import require_for
from creator_magic.bench.methods.tools import named_tools
from creator_magic.bench.progress import Progress
from creator_magic.bench.results_file import read_rows
from creator_magic.bench.setup import Setup
from creator_magic.bench.summary import summary
from creator_magic.bench.unit import key_of, units
from creator_magic.bench.work import lost, work_on
from creator_magic.build import Toolboxes
from creator_magic.config import CreatorMagic, shown_endpoint
from creator_magic.doctor import installed
from creator_magic.engines.opening import opened
from creator_magic.engines.running import LOST_IN_A_ROW, run
from creator_magic.engines.worker import Worker, described
from creator_magic.errors import InputError, Interrupted
from creator_magic.model.money import is_priced
from creator_magic.project import CASSETTE, kept_in, project_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from rich.console import Console

    from creator_magic.bench.problem import BenchProblem
    from creator_magic.bench.unit import Key, Unit
    from creator_magic.engines.opening import Engine
    from creator_magic.policy.effects import Effect
    from creator_magic.ports import Candidate
    from creator_magic.tools_command.page import Table


@dataclass(frozen=True, slots=True)
class Budget:
    """What the calls of a run may come to; 0 stands for no limit. What is in flight then is finished.

    Parameters
    ----------
    calls, tokens : int
        Of all problems together.
    money : float
        By the prices that are set.
    """

    calls: int = 0
    tokens: int = 0
    money: float = 0.0

    def reached(self, progress: Progress) -> str:
        """Return which limit is reached, as the beginning of a sentence; empty if none is."""
        if self.calls and progress.calls >= self.calls:
            return f"The limit of {self.calls:,} calls is reached"
        if self.tokens and progress.tokens >= self.tokens:
            return f"The limit of {self.tokens:,} tokens is reached"
        if self.money and progress.cost >= self.money:
            return f"The limit of {self.money:g} is reached"
        return ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants run, and how.

    Parameters
    ----------
    data : tuple of Path
        Files of problems; none for the bundled ones.
    columns : mapping of str to str
        Which column of them tells what, as `read_problems` takes it.
    setups : tuple of Setup
        The ways to work on each problem.
    out : Path or None
        Where results go; None for a new file in this folder.
    resume : bool
        Whether to go on with the results that are there.
    limit : int
        Problems of each data; 0 for all. With a seed they are picked at random, whole groups together.
    repeat : int
        How often each is worked on.
    seed : int or None
        Picks the problems, and is sent to the endpoint.
    jobs : int
        Problems in flight; 0 for the engine's usual number.
    engine : {"local", "dask"}
        Where they are worked on.
    scheduler : str
        Dask's.
    model : str
        Who is asked; empty for the model that is set.
    budget : Budget
        What ends the run early.
    allow : tuple of str
        What code may do beyond computing.
    timeout : float or None
        Time limit of an execution, in seconds; None for the one that is set.
    cassette : Path or None
        A file of recorded replies.
    mode : str
        How it is used; empty for `auto` where one is named, else for not at all.
    """

    data: tuple[Path, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    setups: tuple[Setup, ...] = (Setup("creator"),)
    out: Path | None = None
    resume: bool = False
    limit: int = 0
    repeat: int = 1
    seed: int | None = None
    jobs: int = 0
    engine: Engine = "local"
    scheduler: str = ""
    model: str = ""
    budget: Budget = Budget()
    allow: tuple[Effect, ...] = ()
    timeout: float | None = None
    cassette: Path | None = None
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Parameters
    ----------
    path : Path
        Its results.
    table : Table
        What they come to.
    why : str
        Why it ended before it was done, and how to go on; empty if it was done.
    """

    path: Path
    table: Table
    why: str = ""


def bench(wish: Wish, console: Console) -> Ended:
    """Work on problems, and append results as they come in.

    Parameters
    ----------
    wish : Wish
        What is wanted.
    console : Console
        Where progress is shown.

    Raises
    ------
    InputError
        If something cannot be used; nothing was asked and nothing written.
    NotConfiguredError
        If no model is set.
    Interrupted
        If the person interrupted; every result is kept.
    """
    worker = _worker(wish)
    problems = _problems(wish, console)
    tools = _named_tools(wish)
    path = wish.out or Path(time.strftime("bench-%Y%m%d-%H%M%S.jsonl"))
    if wish.resume and wish.out is None:
        raise InputError("--resume needs the file to go on with: --out FILE.")
    settings = _settings(wish, worker, problems, tools)
    done: set[Key] = set()
    resumed = wish.resume and (path.exists() or record.record_path(path).exists())
    if resumed:
        record.check(path, settings)
        done = {key_of(row) for row in (read_rows(path) if path.exists() else ()) if row.outcome != "lost"}
    else:
        record.refuse_to_overwrite(path)
    total = len(problems) * len(wish.setups) * wish.repeat
    todo = units(problems, wish.setups, wish.repeat, done, tools)
    why = ""
    try:
        with opened(wish.engine, wish.jobs, wish.scheduler) as (executor, jobs):
            if not resumed:
                endpoint = shown_endpoint(worker.configured.endpoint())
                record.begin(path, {**settings, "endpoint": endpoint})
            with Appending(path) as results, Progress(console, total, len(done)) as progress:
                why = _run(
                    todo,
                    worker,
                    executor,
                    jobs,
                    results=results,
                    progress=progress,
                    budget=wish.budget,
                    written=done,
                )
    except BrokenExecutor as broken:
        why = str(broken)
    except KeyboardInterrupt:
        raise Interrupted(f"Interrupted. {_go_on(path)}") from None
    finally:
        with suppress(OSError):
            worker.back_off_file().unlink()
    return Ended(path, summary(read_rows(path)), f"{why}\n{_go_on(path)}" if why else "")


def _run(
    todo: Iterator[Unit],
    worker: Worker,
    executor: Executor,
    jobs: int,
    *,
    results: Appending,
    progress: Progress,
    budget: Budget,
    written: set[Key],
) -> str:
    """Run units to their end; return why there are not results of all of them, if there are not."""
    in_a_row, error = 0, ""

    def ends() -> bool:
        return in_a_row >= LOST_IN_A_ROW or bool(budget.reached(progress))

    for done in run(todo, partial(work_on, worker=worker), executor, jobs, ends, progress.show):
        came = done.result
        if came is None:
            said = f"Its worker died: {type(done.error).__name__}: {done.error}"
            came = tuple(lost(problem, done.unit, worker, said) for problem in done.unit.problems)
        new = [each for each in came if key_of(each[0]) not in written]
        results.add(new)
        for row, _ in new:
            in_a_row, error = (in_a_row + 1, row.error) if row.outcome == "lost" else (0, error)
        progress.add(row for row, _ in new)
    why = [f"{progress.lost} lost, the last one since: {error}"] if progress.lost else []
    reached = budget.reached(progress)
    if reached and next(todo, None) is not None:
        why.append(f"{reached}.")
    return "\n".join(why)


def _go_on(path: Path) -> str:
    return f"The results so far are in {path}. To go on, say the same with --out {path} --resume."


def _worker(wish: Wish) -> Worker:
    settings = CreatorMagic()
    settings.course.check("bench")
    settings.course.check_allowed(wish.allow)
    settings.course.check_model(wish.model)
    changes: dict[str, Any] = {}
    if wish.model:
        changes["model"] = wish.model
    if wish.timeout is not None:
        changes["timeout"] = wish.timeout
    # A benchmark is not recorded unless that is wished for: it would fill the project's own cassette.
    wished = wish.cassette or settings.cassette or settings.cassette_mode != "auto"
    changes["cassette_mode"] = wish.mode or (settings.cassette_mode if wished else "off")
    recorded = wish.cassette or settings.cassette or kept_in(project_folder(Path.cwd()), CASSETTE)
    changes["cassette"] = str(Path(recorded).expanduser().absolute())
    worker = Worker(uuid.uuid4().hex[:12], described(settings, **changes), wish.allow, wish.seed)
    if wish.budget.money and not is_priced(worker.model, worker.configured.prices):
        raise InputError(
            f"A limit of money is set, but {worker.model} has no price. Set it in CREATOR_PRICES, as in "
            f'\'{{"{worker.model}": {{"input": 1.0, "output": 4.0}}}}\' for a million tokens.'
        )
    worker.asked(1, 1)  # it says what is missing, before anything is written
    return worker


def _problems(wish: Wish, console: Console) -> list[BenchProblem]:
    sets = [read_problems(path, wish.columns) for path in wish.data] or [bundled()]
    problems: list[BenchProblem] = []
    for each in sets:
        if each.left_out:
            console.print(f"{each.name}: {each.left_out}", soft_wrap=True, markup=False)
        problems += _picked(each.problems, wish.limit, wish.seed)
    for (name, key), count in Counter((problem.data, problem.id) for problem in problems).items():
        if count > 1:
            raise InputError(
                f"{count} problems of {name} have the id {key}, so their results could not be told apart."
            )
    if not problems:
        raise InputError("There is no problem to work on in the data.")
    require_for(problems)
    return problems


def _picked(problems: Sequence[BenchProblem], limit: int, seed: int | None) -> Sequence[BenchProblem]:
    if not limit or limit >= len(problems):
        return problems
    if seed is None:
        return problems[:limit]
    groups: dict[str, list[BenchProblem]] = {}
    for problem in problems:
        groups.setdefault(problem.group or f"\0{problem.id}", []).append(problem)
    order = list(groups.values())
    random.Random(seed).shuffle(order)  # noqa: S311 - a sample that can be drawn again
    return [problem for group in order for problem in group][:limit]


def _named_tools(wish: Wish) -> dict[str, tuple[Candidate, ...]]:
    named = [setup for setup in wish.setups if setup.tools]
    if not named:
        return {}
    toolboxes = Toolboxes(CreatorMagic(), project_folder(Path.cwd()))
    try:
        return {setup.label: named_tools(setup.tools, toolboxes.current()) for setup in named}
    finally:
        toolboxes.close()


def _settings(
    wish: Wish, worker: Worker, problems: Sequence[BenchProblem], tools: Mapping[str, tuple[Candidate, ...]]
) -> dict[str, Any]:
    """Return what must be the same for results to stand in one file."""
    settings = worker.configured
    return {
        "creator_magic": installed("creator-magic") or "",
        "model": worker.model,
        "parameters": dict(settings.parameters),
        "methods": [setup.label for setup in wish.setups],
        "problems": len(problems),
        "data": record.fingerprint(problems),
        "tools": sorted({tool.source for each in tools.values() for found in each for tool in found.tools}),
        "repeat": wish.repeat,
        "seed": wish.seed,
        "timeout": settings.timeout,
        "memory": settings.isolate_memory,
        "policy": dict(settings.policy),
        "allow": sorted(wish.allow),
        "share_errors": settings.share_errors,
        "prices": dict(settings.prices),
    }
