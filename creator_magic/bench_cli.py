"""`creator-magic bench`: options in, a run out."""

from __future__ import annotations

from argparse import ArgumentTypeError
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads it
from typing import Annotated

import typer

from creator_magic.command_line import FAILED, INTERRUPTED, CassetteMode, Engine, one_line_errors, say
from creator_magic.errors import InputError, Interrupted

_BENCH = """Compare methods, models and settings on problems with known answers.

Without options it works on the bundled problems by the method creator. Each problem's code runs in a process
of its own. A row of results is appended to `--out` as soon as its problem is done, and what was asked and run
stands in `NAME.traces.jsonl` beside it: a run that is ended, however it ends, goes on with `--resume`.

A method is `vanilla`, `cot`, `pot`, `tools`, `entangled` or `creator`, and options behind it with commas:
`cot` (reason before the code), `hints=utility` or `hints=all`, `rectify=N`, `samples=N`, `transfer` (creator:
tools are kept for the later problems of their group).

Examples:

- `creator-magic bench`
- `creator-magic bench --data problems.jsonl --method creator --method pot,cot --limit 100 --seed 1`
- `creator-magic bench --data mine.csv --column text=question --column answer=result --out mine.jsonl`
- `creator-magic bench --data problems.jsonl --out r.jsonl --engine dask --scheduler tcp://host:8786`

Exit codes: 0 done, 1 ended by a limit or problems were lost, 2 the input cannot be used or no model is set,
130 interrupted.
"""

_REPORT = """Show what came of runs, with intervals and tests, beside the paper's figures.

The tables that matter go to the terminal. A folder gets one page that needs no network, with every table,
and with the prompts, code and tracebacks behind each row that did not come out right; and the plots as SVG
and PNG. With several files, each model and each file is a way of its own. What each figure means is in
docs/bench-report.md.

Examples:

- `creator-magic bench report results.jsonl`
- `creator-magic bench report small-model.jsonl large-model.jsonl -o comparison`

Exit codes: 0 done, 2 a file is no results file, or the folder cannot be written.
"""

bench_app = typer.Typer(
    help=_BENCH,
    invoke_without_command=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Hints(StrEnum):
    """What is told about a fitting tool; as `creator_magic.bench.setup.HintLevel`."""

    NONE = "none"
    UTILITY = "utility"
    ALL = "all"


@bench_app.callback()
def bench(  # noqa: PLR0913 - an argument for each option
    context: typer.Context,
    *,
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", metavar="FILE", help="Problems, JSON Lines or CSV; repeatable."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="WHAT=NAME", help="Which column tells what; repeatable."),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option("--method", metavar="METHOD[,OPTION…]", help="A way to work on them; repeatable."),
    ] = None,
    hints: Annotated[Hints, typer.Option("--hints", help="For methods that do not say it.")] = Hints.NONE,
    rectifications: Annotated[
        int, typer.Option("--rectifications", min=0, max=20, help="For methods that do not say it.")
    ] = 2,
    tools: Annotated[
        str, typer.Option("--tools", metavar="NAMES", help="Kept tools for the method tools, with commas.")
    ] = "",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where results go.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the results in --out.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Problems of each file; 0 for all.")] = 0,
    repeat: Annotated[int, typer.Option("--repeat", min=1, help="How often each is worked on.")] = 1,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Picks the problems of a limit, and is sent to the model.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", min=0, help="Problems in flight; 0 for 16, or one for each Dask thread.")
    ] = 0,
    engine: Annotated[Engine, typer.Option("--engine", help="Where they are worked on.")] = Engine.LOCAL,
    scheduler: Annotated[
        str, typer.Option("--scheduler", metavar="ADDRESS", help="Dask's, as in tcp://host:8786.")
    ] = "",
    model: Annotated[str, typer.Option("--model", help="Ask this model, and not the one that is set.")] = "",
    calls: Annotated[int, typer.Option("--calls", min=0, help="End after so many calls.")] = 0,
    tokens: Annotated[int, typer.Option("--tokens", min=0, help="End after so many tokens.")] = 0,
    money: Annotated[
        float, typer.Option("--cost", "--money", min=0, help="End at this cost, by your prices.")
    ] = 0.0,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="EFFECTS", help="What code may do beyond computing."),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Time limit of one execution."),
    ] = None,
    cassette: Annotated[
        Path | None, typer.Option("--cassette", metavar="FILE", help="Record replies here, and replay them.")
    ] = None,
    mode: Annotated[
        CassetteMode | None,
        typer.Option("--mode", help="replay: ask no model. auto: replay, else ask and record."),
    ] = None,
) -> None:
    """Run a benchmark."""
    if context.invoked_subcommand is not None:
        return
    with one_line_errors():
        from rich.console import Console

        from creator_magic.bench.command import Budget, Wish
        from creator_magic.bench.command import bench as run_bench
        from creator_magic.bench.setup import parse_setup
        from creator_magic.magics import effects
        from creator_magic.tools_command.page import Page, Text
        from creator_magic.tools_command.rendering import show_in_terminal

        named = tuple(name.strip() for name in tools.split(",") if name.strip())
        setups = [parse_setup(text, hints.value, rectifications, named) for text in method or ("creator",)]
        try:
            allowed = tuple(effect for text in allow or () for effect in effects(text))
        except ArgumentTypeError as error:
            raise InputError(str(error)) from error
        wish = Wish(
            data=tuple(data or ()),
            columns=_columns(column or ()),
            setups=tuple(dict.fromkeys(setups)),
            out=out,
            resume=resume,
            limit=limit,
            repeat=repeat,
            seed=seed,
            jobs=jobs,
            engine=engine.value,
            scheduler=scheduler,
            model=model,
            budget=Budget(calls, tokens, money),
            allow=allowed,
            timeout=timeout,
            cassette=cassette,
            mode=mode.value if mode else "",
        )
        try:
            ended = run_bench(wish, Console(stderr=True, highlight=False))
        except Interrupted as stopped:
            say(stopped.message)
            raise typer.Exit(INTERRUPTED) from stopped
        show_in_terminal(Page((ended.table, Text(f"Results  {ended.path}"))), Console(highlight=False))
        if ended.why:
            say(ended.why)
            raise typer.Exit(FAILED)


def _columns(said: list[str] | tuple[str, ...]) -> dict[str, str]:
    columns = {}
    for text in said:
        what, found, name = text.partition("=")
        if not (what and found and name):
            raise InputError(f"--column {text!r} says no column: it is WHAT=NAME, as in text=question.")
        columns[what] = name
    return columns


@bench_app.command("report", help=_REPORT)
def report(
    results: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Results files.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Where the page and the plots go."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Let every row open to what led to it, whole.")
    ] = False,
) -> None:
    """Report on results."""
    with one_line_errors():
        from creator_magic.bench.report.terminal import report_here

        report_here(results, output, everything=everything)
