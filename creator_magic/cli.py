"""The command line: each command turns its arguments into one call, and the outcome into lines.

Results go to stdout, progress and errors to stderr. Whatever is slow to import is imported in the
command that needs it.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from creator_magic.bench_cli import bench_app
from creator_magic.command_line import FAILED, INTERRUPTED, CassetteMode, one_line_errors, say
from creator_magic.course_cli import course_app
from creator_magic.errors import InputError, NotConfiguredError
from creator_magic.explore_cli import explore_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from creator_magic.run_report import Progress, RunReport

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(bench_app, name="bench")
app.add_typer(course_app, name="course")
app.add_typer(explore_app)

_ABOUT = """State a problem in a notebook cell; get a tool cell and a decision cell that have run.

First steps: `creator-magic demo`, then `creator-magic doctor`.

Exit codes: 0 done, 1 a cell or a check failed, 2 the input cannot be used, 130 interrupted.
"""

_RUN = """Run a notebook and put its generated cells, with outputs, into the file.

Without `-o` the result goes into IN itself. No text of yours is lost by that: only outputs and
generated cells that nobody edited are rewritten. A notebook that was solved runs again from its
own cells and asks no model, unless a problem changed.

The run stops at the first cell that fails; what ran is written all the same. Ctrl-C interrupts the
cell at work and writes what ran; a second Ctrl-C ends the kernel.

Examples:

- `creator-magic run report.ipynb`
- `creator-magic run report.ipynb -o solved.ipynb --html`
- `creator-magic run report.ipynb --allow-errors --timeout 300`
- `creator-magic run lesson.ipynb --cassette lesson.jsonl --mode replay`

Exit codes: 0 done, 1 a cell failed (not with `--allow-errors`) or the kernel ended, 2 a file
cannot be read or written or the kernel does not start, 130 interrupted.
"""

_COMPLETE = """Put the generated cells into a notebook that was run by other means; nothing is run.

Run by `jupyter execute`, by papermill without its engine, or in VS Code, a notebook holds its generated
cells in the records under its magic cells only. This puts them below, with their outputs. Code that was
offered to you as a new cell becomes these cells. What you edited stays as you have it, and completing
again changes nothing.

Examples:

- `creator-magic complete report.ipynb`
- `creator-magic complete report.ipynb -o completed.ipynb`

Exit codes: 0 done, also if there was nothing to do, 2 a file cannot be read or written.
"""

_DEMO = """Solve the problems of a small notebook and show the answers.

The replies are *scripted*: written by hand, not by a model, so neither a key nor a network is
needed. The code in them really runs. With `--live` your own model solves the same problems.

Examples:

- `creator-magic demo`
- `creator-magic demo ~/try --live`

Exit codes: 0 done, 1 a cell failed, 2 the folder cannot be used or no model is set, 130 interrupted.
"""

_TOOLS = """See to the tools that are kept: list, search, show, edit, check, export and more.

The toolbox is the one of the project that this folder belongs to, with your personal one and shared
ones beside it. `creator-magic tools help` lists the commands, `creator-magic tools COMMAND -h` tells
the arguments of one; they are those of `%tools` in a notebook. `--json` is for programs.

Examples:

- `creator-magic tools`
- `creator-magic tools search how far does a stone fly`
- `creator-magic tools export field-geometry area perimeter`
- `creator-magic tools import helpers.py`

Exit codes: 0 done, 1 a case failed or nothing came of it, 2 the input cannot be used.
"""

_DOCTOR = """Check this installation: versions, a kernel, JupyterLab, the model; and say what to do.

Whether the page that shows a notebook has the extension, only the notebook knows: `%creator doctor` there.

The endpoint that is set is asked for its list of models. If none is set, the usual ports of this
machine are looked at for a model server. Nothing else is sent, and no key is shown.

Exit codes: 0 no check failed (there may be warnings), 1 a check failed.
"""


_INSTALL = """Install the front-end half for a JupyterLab in another environment than the kernel.

`pip install` suffices where both share an environment. Where they do not, this copies the extension into
your own Jupyter data folder, in which every JupyterLab of yours looks; an older copy is replaced whole.
Reload the page afterwards; no server needs to be restarted.

Examples:

- `creator-magic install-frontend`
- `creator-magic install-frontend --to /opt/jupyter/share/jupyter`
- `creator-magic install-frontend --remove`

Exit codes: 0 done, 2 the folder cannot be written, or holds something else under our name.
"""


def _cassette_settings(cassette: Path | None, mode: CassetteMode | None) -> dict[str, str]:
    settings = {}
    if cassette is not None:
        settings["CREATOR_CASSETTE"] = str(cassette.absolute())
    if mode is not None:
        settings["CREATOR_CASSETTE_MODE"] = mode.value
    return settings


@app.callback(help=_ABOUT, invoke_without_command=True)
def main(
    *, show_version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False
) -> None:
    """Take the options that stand before a command."""
    if show_version:
        from creator_magic.doctor import installed

        typer.echo(f"creator-magic {installed('creator-magic') or 'from a checkout'}")
        raise typer.Exit


@app.command(help=_RUN)
def run(
    notebook: Annotated[Path, typer.Argument(metavar="IN", help="The notebook.")],
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="Write here instead of into IN.")
    ] = None,
    allow_errors: Annotated[
        bool, typer.Option("--allow-errors", help="Go on after a cell that fails.")
    ] = False,
    html: Annotated[
        bool, typer.Option("--html", help="Also write the result as one HTML file, beside it.")
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Time limit for each cell."),
    ] = None,
    cassette: Annotated[
        Path | None,
        typer.Option("--cassette", metavar="FILE", help="Recorded replies, instead of the project's."),
    ] = None,
    mode: Annotated[
        CassetteMode | None,
        typer.Option("--mode", help="replay: ask no model. auto: replay, else ask and record."),
    ] = None,
    kernel: Annotated[
        str | None,
        typer.Option("--kernel", metavar="NAME", help="Start this kernel, not the notebook's own."),
    ] = None,
) -> None:
    """Run a notebook file."""
    with one_line_errors():
        from creator_magic.headless import run_notebook
        from creator_magic.html import write_html
        from creator_magic.report_text import report_lines
        from creator_magic.run_report import KernelDiedError

        target = output or notebook
        if html and target.suffix == ".html":
            raise InputError(f"--html would write over {target}; give the notebook another name")
        with _progress() as show:
            try:
                report = run_notebook(
                    notebook,
                    output,
                    allow_errors=allow_errors,
                    kernel_name=kernel,
                    timeout=timeout,
                    env=_cassette_settings(cassette, mode),
                    on_progress=show,
                )
            except KernelDiedError as error:
                say(error.message)
                raise typer.Exit(FAILED) from error
        page = write_html(report.output) if html else None
        for line in report_lines(report):
            typer.echo(line)
        if page is not None:
            typer.echo(f"{page}: the same as a page")
        _leave(report, allow_errors=allow_errors)


@app.command("complete", help=_COMPLETE)
def complete_notebook(
    notebook: Annotated[Path, typer.Argument(metavar="FILE", help="The notebook.")],
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="Write here instead of into FILE.")
    ] = None,
) -> None:
    """Complete a notebook file."""
    with one_line_errors():
        from creator_magic.completion import complete_file
        from creator_magic.report_text import completion_lines

        for line in completion_lines(complete_file(notebook, output)):
            typer.echo(line)


@app.command(help=_DEMO)
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")] = Path(
        "creator-magic-demo"
    ),
    *,
    live: Annotated[bool, typer.Option("--live", help="Ask your own model.")] = False,
) -> None:
    """Run the bundled notebook."""
    with one_line_errors():
        from creator_magic.demo import live_model, run_demo
        from creator_magic.report_text import answer_lines

        if live:
            typer.echo(f"Asking {live_model()}.\n")
        else:
            typer.echo(
                "The replies in this demo are scripted: written by hand, not by a model. "
                "The code in them really runs here.\n"
            )
        with _progress() as show:
            done = run_demo(folder, live=live, on_progress=show)
        for line in answer_lines(done.report.solves):
            typer.echo(line)
        typer.echo(f"Notebook  {done.report.output}\nPage      {done.html}\n")
        if not live:
            typer.echo(_CONNECT)
        _leave(done.report, allow_errors=False)


_CONNECT = """To solve problems of your own, connect a model:
  OpenAI, or a service like it   set OPENAI_API_KEY and CREATOR_MODEL (and OPENAI_BASE_URL, if not OpenAI)
  Ollama, on this machine        set OPENAI_BASE_URL=http://localhost:11434/v1 and CREATOR_MODEL
  then                           creator-magic doctor, and creator-magic demo --live"""


@app.command(
    help=_TOOLS,
    # The register of `%tools` reads the words, so that the two cannot drift apart.
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    },
)
def tools(context: typer.Context) -> None:
    """See to the tools that are kept."""
    with one_line_errors():
        from creator_magic.tools_cli import run_tools

        raise typer.Exit(FAILED if run_tools(context.args) else 0)


@app.command(help=_DOCTOR)
def doctor() -> None:
    """Check the installation."""
    from creator_magic.doctor import check_lines, checks

    failed = False
    for check in checks():
        failed = failed or check.state == "fail"
        for line in check_lines(check):
            typer.echo(line)
    if failed:
        raise typer.Exit(FAILED)


@app.command("install-frontend", help=_INSTALL)
def install_frontend(
    *,
    user: Annotated[
        bool, typer.Option("--user", help="Into your own Jupyter data folder: the default.")
    ] = False,
    sys_prefix: Annotated[
        bool, typer.Option("--sys-prefix", help="Into the environment of this Python.")
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="Into a data folder that `jupyter --paths` lists there."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the copy instead.")] = False,
) -> None:
    """Copy the front-end half to where a JupyterLab finds it."""
    with one_line_errors():
        from creator_magic import labextension

        if user + sys_prefix + (to is not None) > 1:
            raise InputError("give one of --user, --sys-prefix and --to")
        folder = to or (labextension.prefix_folder() if sys_prefix else labextension.user_folder())
        if remove:
            gone = labextension.remove(folder)
            typer.echo(f"Removed {gone}; reload the page." if gone else f"There is no copy in {folder}.")
        else:
            copy = labextension.install(folder)
            typer.echo(f"The extension {copy.version} is in {copy.folder}; reload the page.")


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """Show each cell: the one at work where there is a terminal, and a line for each that ended."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    status = console.status("starting the kernel") if console.is_terminal else None

    def show(progress: Progress) -> None:
        place = f"[{progress.number}/{progress.total}]"
        if progress.seconds is not None:
            line = Text(f"{place} {progress.seconds:6.1f} s  {progress.title}")
            if progress.failed:
                line.append("  failed", style="bold red")
            console.print(line, soft_wrap=True)
        elif status is not None:
            status.update(Text(f"{place} {progress.title}"))

    with status or nullcontext():
        yield show


def _leave(report: RunReport, *, allow_errors: bool) -> NoReturn:
    for failure in report.failures:
        say(str(failure))
    if any(failure.reason.startswith(NotConfiguredError.__name__) for failure in report.failures):
        say("`creator-magic doctor` looks for a model and says what to set")
    if report.interrupted:
        say("interrupted")
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(FAILED if report.failures and not allow_errors else 0)
