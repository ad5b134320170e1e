"""`creator-magic explore` and `creator-magic export-trials`: simulated trial and error, in a terminal."""

from __future__ import annotations

from argparse import ArgumentTypeError
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads it
from typing import Annotated

import typer

from creator_magic.command_line import FAILED, INTERRUPTED, Engine, one_line_errors, say
from creator_magic.errors import InputError, Interrupted

_EXPLORE = """Learn how tools are used by simulated trial and error; the trials help later problems.

A model imagines queries for each tool, answers them by calls that really run, each in a process of its
own, and looks back on them. Each finished trial is kept at once in the project's `.creator/` folder, so
that an exploration that is ended, however it ends, goes on where it stopped. An estimate comes first.
Several tools are explored side by side, each as it would be alone.

Examples:

- `creator-magic explore rectangle_area`
- `creator-magic explore statistics:quantiles textwrap:shorten --episodes 5 --calls 200`
- `creator-magic explore rectangle_area --dry-run`
- `creator-magic explore rectangle_area --learn`

Exit codes: 0 done or a limit reached, 1 what was learnt fails a case, 2 the input cannot be used, no model
can be asked or trials were lost with their workers, 130 interrupted.
"""

_EXPORT = """Write the trials that passed the judge as chat messages, to fine-tune a model on.

JSON Lines that trainers read as they are: a sample that ends with the call and one that ends with the
answer, for each trial; each query of a tool once. Tools that are held out stand in a file of their own.
With several rounds, each repeats a part of every earlier one, so that tools learnt first are not forgotten.

Examples:

- `creator-magic export-trials samples`
- `creator-magic export-trials samples --round rectangle_area,tank_volume --round toll --held-out fee`
- `creator-magic export-trials samples --paraphrases 5`

With `--paraphrases` a model words each query anew, with one call for each; how many comes first. Those
that are nearly the same, or have other numbers, are dropped; the samples of the others say what they are.

Exit codes: 0 done, 2 a tool was not explored, the folder cannot be written or no model can be asked,
130 interrupted.
"""

explore_app = typer.Typer()


class LeftOut(StrEnum):
    """The parts of exploring that can be left out; as `creator_magic.explore.trial.Part`."""

    EXECUTION = "execution"
    SHORT_TERM = "short-term"
    LONG_TERM = "long-term"
    REFLECTION = "reflection"


@explore_app.command(help=_EXPLORE)
def explore(  # noqa: PLR0913 - an argument for each option
    tools: Annotated[
        list[str], typer.Argument(metavar="TOOL…", help="Kept tools, or package.module:function.")
    ],
    *,
    episodes: Annotated[int, typer.Option("--episodes", min=1, help="Episodes of each tool.")] = 15,
    trials: Annotated[int, typer.Option("--trials", min=1, help="Trials of an episode.")] = 4,
    turns: Annotated[int, typer.Option("--turns", min=1, help="Calls of a trial at the most.")] = 4,
    model: Annotated[str, typer.Option("--model", help="Ask this model, and not the one that is set.")] = "",
    judge: Annotated[str, typer.Option("--judge", help="Have another model judge the trials.")] = "",
    calls: Annotated[int, typer.Option("--calls", min=0, help="End after so many calls of models.")] = 0,
    tokens: Annotated[int, typer.Option("--tokens", min=0, help="End after so many tokens.")] = 0,
    money: Annotated[float, typer.Option("--money", min=0, help="End at this cost, by your prices.")] = 0.0,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Time limit of one call of a tool.")
    ] = 10.0,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="EFFECTS", help="What calls may do beyond computing."),
    ] = None,
    without: Annotated[
        list[LeftOut] | None, typer.Option("--without", help="Leave a part out, to see what it is worth.")
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="Show what came of it; ask nothing.")] = False,
    learn: Annotated[
        bool, typer.Option("--learn", help="Rectify faults that trials showed, or better the docstring.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Accept that change beforehand.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as a page too.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask anew although replies are recorded.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the estimate and what would be sent first.")
    ] = False,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", min=0, help="Tools at a time; 0 for all, 16 at the most, or one for each Dask thread."
        ),
    ] = 0,
    engine: Annotated[Engine, typer.Option("--engine", help="Where trials are made.")] = Engine.LOCAL,
    scheduler: Annotated[
        str, typer.Option("--scheduler", metavar="ADDRESS", help="Dask's, as in tcp://host:8786.")
    ] = "",
) -> None:
    """Explore tools."""
    with one_line_errors():
        from creator_magic.explore.command import Wish
        from creator_magic.explore.terminal import explore_here, learn_here, report_here
        from creator_magic.explore.trial import Extent
        from creator_magic.magics import effects
        from creator_magic.model.limited import Limit

        if report or html is not None:
            report_here(tools, html)
            return
        extent = Extent(episodes, trials, turns, frozenset(part.value for part in without or ()))
        limit = Limit("exploration", calls, tokens, money)
        try:
            allowed = tuple(effect for text in allow or () for effect in effects(text))
        except ArgumentTypeError as error:
            raise InputError(str(error)) from error
        wish = Wish(
            tuple(tools),
            extent,
            model,
            judge,
            limit,
            allowed,
            fresh,
            timeout,
            jobs,
            engine.value,
            scheduler,
        )
        try:
            if not learn:
                explore_here(wish, dry_run=dry_run)
            elif learn_here(wish, dry_run=dry_run, accepted=yes):
                raise typer.Exit(FAILED)
        except Interrupted as stopped:
            say(stopped.message)
            raise typer.Exit(INTERRUPTED) from stopped


@explore_app.command("export-trials", help=_EXPORT)
def export_trials(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    *,
    rounds: Annotated[
        list[str] | None,
        typer.Option("--round", metavar="TOOLS", help="Tools of a round, with commas; repeatable, in order."),
    ] = None,
    held_out: Annotated[
        str, typer.Option("--held-out", metavar="TOOLS", help="Tools for a file of their own.")
    ] = "",
    rehearsal: Annotated[
        float,
        typer.Option("--rehearsal", min=0, max=1, help="Part of each earlier round that a round repeats."),
    ] = 0.1,
    paraphrases: Annotated[
        int, typer.Option("--paraphrases", min=0, help="Have each query worded anew, so often at the most.")
    ] = 0,
) -> None:
    """Export trials."""
    with one_line_errors():
        from creator_magic.explore.terminal import export_here

        groups = [_words(names) for names in rounds or ()]
        try:
            export_here(folder, groups, _words(held_out), rehearsal, paraphrases)
        except Interrupted as stopped:
            say(stopped.message)
            raise typer.Exit(INTERRUPTED) from stopped


def _words(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]
