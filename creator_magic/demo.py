"""The demo: the quickstart notebook, run on replies written by hand or on the person's own model."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.cells.notebook import without_generated
from creator_magic.cells.notebook_file import read_notebook, write_notebook
from creator_magic.config import CreatorMagic, shown_endpoint
from creator_magic.errors import NotConfiguredError, NotebookError
from creator_magic.headless import run_notebook
from creator_magic.html import write_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.run_report import Progress, RunReport

NAME = "01_quickstart"
FOLDER = Path("creator-magic-demo")

SCRIPTED = "scripted"
"""The tag of cells in the bundled notebook that depend on the scripted replies."""

_SETTINGS = ("CREATOR_", "OPENAI_")


@dataclass(frozen=True, slots=True)
class Demo:
    """What a demo left behind.

    Parameters
    ----------
    report : RunReport
        The run, with the problems and answers.
    html : Path
        The executed notebook as a page.
    """

    report: RunReport
    html: Path


def bundled(name: str) -> Path:
    """Return a file that comes with the package.

    Parameters
    ----------
    name : str
        Its name in the folder of demo notebooks.

    Returns
    -------
    Path
        In the installed package, or in a checkout beside it.

    Raises
    ------
    NotebookError
        If it is in neither.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "demo_notebooks", package.parent / "demo_notebooks"):
        if (folder / name).is_file():
            return folder / name
    raise NotebookError(f"{name} is missing from this installation; install creator-magic again")


def live_model() -> str:
    """Name the model that `run_demo(live=True)` will ask, and its endpoint.

    Returns
    -------
    str
        In a few words, without a key.

    Raises
    ------
    NotConfiguredError
        If none is set.
    """
    settings = CreatorMagic()
    if not settings.model_name() or not (settings.key() or settings.endpoint()):
        raise NotConfiguredError(
            "no model is set for `demo --live`: set CREATOR_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL; "
            "`creator-magic doctor` looks for what there is"
        )
    return f"{settings.model_name()} at {shown_endpoint(settings.endpoint())}"


def run_demo(
    folder: Path,
    *,
    live: bool = False,
    notebook: Path | None = None,
    replies: Path | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Demo:
    """Copy the quickstart notebook into a folder, run it there, and write it as a page too.

    Parameters
    ----------
    folder : Path
        Where it goes; made if need be. No file that stands there is overwritten: a second demo
        gets names of its own.
    live : bool, optional
        Ask the configured model instead of replaying the bundled replies.
    notebook, replies : Path, optional
        Another notebook and its replies than the bundled ones.
    on_progress : callable, optional
        As for `run_notebook`.

    Returns
    -------
    Demo
        Where everything is.

    Raises
    ------
    NotebookError
        If something cannot be read, run or written. If pandas is missing, which the bundled
        notebook needs, nothing is made.
    """
    if notebook is None:
        _check_pandas()
    source = notebook or bundled(f"{NAME}.ipynb")
    env: dict[str, str | None] = {}
    if not live:
        # The replies answer everything: neither a key nor a person's settings have business here.
        env = {name: None for name in os.environ if name.startswith(_SETTINGS)}
        env["CREATOR_CASSETTE"] = str((replies or bundled(f"{NAME}.replies.jsonl")).resolve())
        env["CREATOR_CASSETTE_MODE"] = "replay"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotebookError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    pristine, _ = read_notebook(source)
    target = _free(folder, source.stem)
    bare = without_generated(pristine)
    if live:
        # A model chooses names of its own, so cells that call a scripted tool by name cannot run.
        bare.cells = [cell for cell in bare.cells if SCRIPTED not in cell["metadata"].get("tags", ())]
    write_notebook(bare, target)
    report = run_notebook(target, env=env, on_progress=on_progress)
    return Demo(report, write_html(report.output))


def _check_pandas() -> None:
    # The kernel of the bundled notebook, `python3`, is this Python.
    if importlib.util.find_spec("pandas") is None:
        raise NotebookError(
            'the demo notebook needs pandas, which is not installed; run `pip install "creator-magic[demo]"`'
        )


def _free(folder: Path, stem: str) -> Path:
    number = 1
    while True:
        path = folder / (f"{stem}.ipynb" if number == 1 else f"{stem}-{number}.ipynb")
        if not path.exists() and not path.with_suffix(".html").exists():
            return path
        number += 1
