"""`creator-magic tools`: the commands of `%tools` in a terminal."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from creator_magic.accounts import Accounts
from creator_magic.asking import Asking
from creator_magic.build import Models, Toolboxes
from creator_magic.cells.person import PersonAtShell
from creator_magic.config import CreatorMagic
from creator_magic.errors import InputError
from creator_magic.project import STORE, kept_in, project_folder
from creator_magic.project_store import ProjectStore
from creator_magic.tools_command.register import run
from creator_magic.tools_command.rendering import as_text, show_in_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.toolbox.collection import Toolbox
    from creator_magic.tools_command.page import Page

PROG = "creator-magic tools"
_PERSON = PersonAtShell(None, timedelta)


def run_tools(words: Sequence[str]) -> bool:
    """Do what the words say, and show it.

    Parameters
    ----------
    words : sequence of str
        A command and its arguments.

    Returns
    -------
    bool
        Whether what was asked for failed to come about.

    Raises
    ------
    InputError
        If the words cannot be used.
    StoreError
        If a toolbox cannot be used.
    """
    settings, project = CreatorMagic(), project_folder(Path.cwd())
    settings.course.check("tools")
    if "--allow" in words:
        settings.course.check_allowed(("foreign",))
    toolboxes = Toolboxes(settings, project)
    store = ProjectStore(kept_in(project, STORE))
    asking = Asking(settings, Models(settings, project), Accounts(settings, store), lambda: PROG)
    try:
        toolbox = toolboxes.current()
        page, as_json = run(toolbox, words, PROG, person=_PERSON, ask=asking)
        if list(words[:1]) == ["edit"] and page.cell:
            return _edit(toolbox, words, page)
        if as_json:
            typer.echo(json.dumps(page.data, indent=1))
        elif page.cell:
            typer.echo(page.cell)
        else:
            _show(page)
        return page.failed
    finally:
        toolboxes.close()
        store.close()


def _edit(toolbox: Toolbox, words: Sequence[str], page: Page) -> bool:
    """Open the person's editor with the tool's source, and take what is written there."""
    before = page.cell.partition("\n")[2]
    if not sys.stdin.isatty():
        return _take(toolbox, words, sys.stdin.read())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tool.py"
        file.write_text(f"{before}\n", "utf-8")
        editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or _EDITOR)
        try:
            subprocess.run([*editor, str(file)], check=True)  # noqa: S603 - the person's own editor
        except (OSError, subprocess.CalledProcessError) as error:
            raise InputError(
                f"The editor {editor[0]} did not end well. Set EDITOR to another one; nothing was changed."
            ) from error
        written = file.read_text("utf-8").rstrip("\n")
    if written == before:
        typer.echo("Nothing was changed.")
        return False
    failed = _take(toolbox, words, written)
    if failed:
        typer.echo(f"What you wrote:\n\n{written}", err=True)  # the editor's file is gone
    return failed


def _take(toolbox: Toolbox, words: Sequence[str], source: str) -> bool:
    page, as_json = run(toolbox, words, PROG, source, _PERSON)
    if as_json:
        typer.echo(json.dumps(page.data, indent=1))
    else:
        _show(page)
    return page.failed


_EDITOR = "notepad" if os.name == "nt" else "vi"


def _show(page: Page) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if console.is_terminal:
        show_in_terminal(page, console)
    else:
        typer.echo(as_text(page))
