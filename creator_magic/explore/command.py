"""`%explore` and `creator-magic explore`: from what a person wishes to finished trials."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from html import escape
from typing import TYPE_CHECKING

from creator_magic.cells.notebook_file import write_output
from creator_magic.doctor import installed
from creator_magic.engines.opening import USUAL_JOBS, opened
from creator_magic.engines.worker import Worker, described
from creator_magic.errors import CreatorError, InputError, Interrupted, LimitError
from creator_magic.explore.calls import NOBODY, UNLESS_SET, IsolatedCalls
from creator_magic.explore.changes import what_changed
from creator_magic.explore.exploration import explore, missing
from creator_magic.explore.faults import suspects
from creator_magic.explore.memory import LongTermMemory
from creator_magic.explore.on_engine import ExplorationOnEngine
from creator_magic.explore.progress import Progress
from creator_magic.explore.report import report
from creator_magic.explore.stages import imagination
from creator_magic.explore.tool import ExploredTool, find_tool
from creator_magic.explore.trial import USUAL, Extent, Trial
from creator_magic.explore.trial_unit import make_trial
from creator_magic.isolation import IsolationLimits, shared_executor
from creator_magic.model.limited import Limit
from creator_magic.policy.gate import Gate
from creator_magic.tools_command.page import Code, Page, Text
from creator_magic.tools_command.rendering import as_html

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from creator_magic.accounts import SolveAccount
    from creator_magic.engines.opening import Engine
    from creator_magic.policy.effects import Effect
    from creator_magic.policy.person import Person
    from creator_magic.session import Session
    from creator_magic.tools_command.page import Block


_MORE = "More: --episodes."


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants explored, and how.

    Parameters
    ----------
    tools : tuple of str
        Their names, as `find_tool` takes them.
    extent : Extent
        How long, and with which parts.
    model, judge : str
        Who is asked, and who judges; empty for the model that is set, and the same.
    limit : Limit
        What all calls together may come to.
    allow : tuple of str
        What calls may do beyond computing.
    fresh : bool
        Whether to pass over recorded replies.
    timeout : float
        Time limit of one call, in seconds.
    jobs : int
        Tools that are explored at a time; 0 for as many as are named, or as the engine's usual number.
        One after the other is without an engine, in this process, unless the engine is a cluster.
    engine : {"local", "dask"}
        Where trials are made.
    scheduler : str
        Dask's.
    """

    tools: tuple[str, ...]
    extent: Extent = USUAL
    model: str = ""
    judge: str = ""
    limit: Limit = field(default_factory=lambda: Limit("exploration"))
    allow: tuple[Effect, ...] = ()
    fresh: bool = False
    timeout: float = 10.0
    jobs: int = 1
    engine: Engine = "local"
    scheduler: str = ""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A tool that may be explored, and the number of trials that its course still lacks."""

    tool: ExploredTool
    lacks: int


def explore_tools(session: Session, wish: Wish, show: Callable[[Page], None]) -> Page:
    """Explore tools, and show that while it goes on.

    Parameters
    ----------
    session : Session
        The shell's session.
    wish : Wish
        What is wanted.
    show : callable
        Draws a page in the place of the one before.

    Returns
    -------
    Page
        What was drawn last.

    Raises
    ------
    InputError
        If a tool cannot be explored; no model was asked.
    ModelError, StoreError
        If a model cannot be asked, or a trial cannot be kept. What was finished is kept.
    Interrupted
        If the person interrupted; likewise.
    """
    calls, prepared = _prepare(session, wish)
    estimate = _estimate(session, wish, prepared)
    if not any(each.lacks for each in prepared):
        page = Page(tuple(map(Text, estimate)))
        show(page)
        return page
    memory = LongTermMemory(session.store)
    account = session.accounts.begin(session.notebook, wish.limit)
    model = session.models.solving(account, wish.model, fresh=wish.fresh)
    judge = session.models.solving(account, wish.judge, fresh=wish.fresh) if wish.judge else None
    progress = Progress(show, sum(each.lacks for each in prepared), estimate)
    progress.draw()
    lacking = [each.tool for each in prepared if each.lacks]
    jobs = wish.jobs if wish.engine == "dask" else min(wish.jobs or USUAL_JOBS, len(lacking))
    try:
        if wish.engine == "dask" or jobs > 1:
            _explore_on_engine(session, wish, lacking, jobs, account, progress)
        else:
            for tool in lacking:
                explore(
                    tool,
                    wish.extent,
                    model,
                    calls,
                    memory,
                    redact=session.redaction(),
                    emit=progress,
                    judge=judge,
                    version=installed("creator-magic") or "",
                )
    except LimitError as reached:
        return progress.draw(f"{reached.message} {_kept(progress)}")
    except KeyboardInterrupt:
        said = f"Interrupted. {_kept(progress)}"
        with suppress(KeyboardInterrupt):
            progress.draw(said)
        raise Interrupted(said) from None
    except CreatorError as error:
        progress.draw(f"{error.message} {_kept(progress)}")
        raise
    finally:
        session.keep_accounts()
    return progress.draw(_ended(prepared, wish, memory))


def _explore_on_engine(
    session: Session,
    wish: Wish,
    tools: Sequence[ExploredTool],
    jobs: int,
    account: SolveAccount,
    progress: Progress,
) -> None:
    settings, redact = session.settings, session.redaction()
    told = described(
        settings,
        model=wish.model or settings.model_name(),
        timeout=_timeout(session, wish),
        cassette=str(session.models.cassette_path()),
    )
    worker = Worker(uuid.uuid4().hex[:12], told, wish.allow)
    # What a person had to be asked about they were; and a worker may not know this machine's secrets.
    admitted = [replace(tool, foreign=False, shown=redact(tool.shown)) for tool in tools]
    try:
        with opened(wish.engine, jobs, wish.scheduler) as (executor, at_a_time):
            ExplorationOnEngine(
                partial(make_trial, worker=worker),
                executor,
                jobs or at_a_time,
                wish.extent,
                wish.judge,
                wish.fresh,
                LongTermMemory(session.store),
                account,
                progress,
            ).explore(admitted)
    finally:
        with suppress(OSError):
            worker.back_off_file().unlink()
    if progress.lost:
        raise CreatorError(f"Lost, since the workers that made them died: {', '.join(progress.lost)}.")


def what_would_be_asked(session: Session, wish: Wish) -> Page:
    """Return the estimate, and what a model would be asked first; nothing is sent."""
    _, prepared = _prepare(session, wish)
    blocks: list[Text | Code] = [Text(line) for line in _estimate(session, wish, prepared)]
    memory, redact = LongTermMemory(session.store), session.redaction()
    for each in prepared:
        finished = memory.trials(each.tool.name, each.tool.version, wish.extent.known_as)
        for episode, number in missing(wish.extent, finished)[:1]:
            blank = Trial(each.tool.name, each.tool.version, episode, number, "")
            question = redact.of_question(imagination(each.tool.shown, blank, (), ()))
            blocks += [Code(f"{m.role}:", m.content, "markdown") for m in question.messages]
    return Page(tuple(blocks))


def reports(session: Session, names: Sequence[str]) -> Page:
    """Return what exploring tools came to; no model is asked, and nothing is run."""
    blocks: list[Block] = []
    for name in dict.fromkeys(names):
        tool = find_tool(name, session.toolbox, session.kernel.namespace)
        memory = LongTermMemory(session.store)
        changed = what_changed(tool, session.toolbox, memory)
        blocks += report(tool, memory.trials(tool.name, tool.version), changed).blocks
    return Page(tuple(blocks))


def write_page(page: Page, path: Path) -> None:
    """Write a page as an HTML file that asks nothing of the network.

    Raises
    ------
    NotebookError
        If it cannot be written.
    """
    title = escape(path.stem)
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    text = (
        f'{head}<body style="font-family:sans-serif;margin:2em;max-width:80em">{as_html(page)}</body></html>'
    )
    write_output(path, text.encode("utf-8", "replace"))


def _prepare(session: Session, wish: Wish) -> tuple[IsolatedCalls, list[_Prepared]]:
    if not wish.tools:
        raise InputError(
            "Name what is to be explored: a tool of the toolbox, a function of the notebook, or "
            "package.module:function."
        )
    session.settings.course.check_allowed(wish.allow)
    if session.settings.sharing == "forbidden":
        kept = set(session.toolbox.names())
        for name in wish.tools:
            if name not in kept:
                raise InputError(
                    f"Sharing is forbidden here, and what {name} returns would be sent. Explore a tool of "
                    "the toolbox instead."
                )
    memory_limit = session.settings.isolate_memory
    limits = IsolationLimits(_timeout(session, wish), memory_limit, carried=memory_limit)
    calls = IsolatedCalls(shared_executor(), _gate(session, wish, NOBODY), limits)
    memory, prepared = LongTermMemory(session.store), []
    for name in dict.fromkeys(wish.tools):
        tool = find_tool(name, session.toolbox, session.kernel.namespace)
        calls.admit(tool, _gate(session, wish, session.person))
        finished = memory.trials(tool.name, tool.version, wish.extent.known_as)
        prepared.append(_Prepared(tool, len(missing(wish.extent, finished))))
    return calls, prepared


def _timeout(session: Session, wish: Wish) -> float:
    return session.settings.course.limited("timeout", wish.timeout)


def _gate(session: Session, wish: Wish, person: Person) -> Gate:
    return Gate(session.settings.verdicts(UNLESS_SET), wish.allow, person, lambda _: {}, session.seals)


def _estimate(session: Session, wish: Wish, prepared: Sequence[_Prepared]) -> list[str]:
    model = wish.model or session.settings.model_name() or "the model"
    lines = []
    for each in prepared:
        least, most = wish.extent.calls(each.lacks)
        total = wish.extent.episodes * wish.extent.trials
        if not each.lacks:
            lines.append(f"{each.tool.name} ({each.tool.place}): every trial of the course is there. {_MORE}")
            continue
        before = f"{total - each.lacks} of {total} trials are there, " if each.lacks < total else ""
        lines.append(
            f"{each.tool.name} ({each.tool.place}): {before}{each.lacks} to be made, by {least} to {most} "
            f"calls of {model}. What the function returns is sent to it{_computed_with(each.tool)}."
        )
    return lines


def _computed_with(tool: ExploredTool) -> str:
    names = ", ".join(f"`{name}`" for name in tool.data)
    return f", which is computed with {names} of this notebook" if names else ""


def _kept(progress: Progress) -> str:
    made = "1 trial is" if progress.done == 1 else f"{progress.done} trials are"
    return f"{made} kept; explore again to go on."


def _ended(prepared: Sequence[_Prepared], wish: Wish, memory: LongTermMemory) -> str:
    names = ", ".join(each.tool.name for each in prepared)
    said = f"{names}: every trial of the course is there. {_MORE}"
    for tool in (each.tool for each in prepared):
        found = len(suspects(memory.trials(tool.name, tool.version, wish.extent.known_as)))
        if found:
            way = f"{tool.place} --report" if tool.bound[-1].module else f"{tool.name} --learn"
            trials = "1 trial" if found == 1 else f"{found} trials"
            said += f"\n{trials} may show a fault of {tool.name}: %explore {way}"
    return said
