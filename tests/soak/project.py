"""A project that processes died in: what they had reported as kept, and whether it is there."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from creator_magic.cells.generated import CellMark
from creator_magic.cells.notebook_file import read_notebook, write_notebook
from creator_magic.errors import CreatorError
from creator_magic.model.cassette import Cassette
from creator_magic.project import CASSETTE, STORE, kept_in
from creator_magic.toolbox.store import ToolStore
from tests.soak.writer import NOTEBOOK, question, reply

if TYPE_CHECKING:
    from creator_magic.ports import CodeStage

_LEFTOVER = re.compile(r"\..*\.[0-9a-f]{8}\.part")


@dataclass
class Reported:
    """What was reported as kept.

    Parameters
    ----------
    solved : set of str
        Problems whose replies are in the cassette.
    written : set of str
        Likewise, by the writer.
    tools : set of str
        Tools in the toolbox.
    saved : str
        The last state of the writer's notebook.
    run : set of str
        Notebooks that `creator-magic run` said it had written.
    """

    solved: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    tools: set[str] = field(default_factory=set)
    saved: str = ""
    run: set[str] = field(default_factory=set)


@dataclass
class Project:
    """A project's folder.

    Parameters
    ----------
    folder : Path
        Where it is.

    Attributes
    ----------
    reported : Reported
        What was reported so far.
    torn : int
        How often a last line of the cassette was cut off by a kill.
    left : int
        Parts of files that kills left.
    """

    folder: Path
    reported: Reported = field(default_factory=Reported)
    torn: int = 0
    left: int = 0

    def faults(self) -> list[str]:
        """Look at every file as it was left, and as it opens; return what is wrong, in a line each."""
        found = [*self._cassette(), *self._toolbox(), *self._notebooks()]
        kept = self.folder / ".creator"
        found += [f"{path.name} was set aside" for path in kept.glob(f"{STORE}*.damaged-*")]
        return found

    def finish(self) -> list[str]:
        """Write once more where kills may have left parts; return those that stay."""
        for path in self.folder.glob("*.ipynb"):
            write_notebook(read_notebook(path)[0], path)
        return [f"{path.name} stayed" for path in self.folder.iterdir() if _LEFTOVER.fullmatch(path.name)]

    def _cassette(self) -> list[str]:
        path = kept_in(self.folder, CASSETTE)
        if not path.exists():
            return ["there is no cassette"] if self.reported.solved | self.reported.written else []
        *lines, last = path.read_bytes().split(b"\n")
        found = [
            f"line {n} of the cassette is damaged" for n, line in enumerate(lines, 1) if not _is_json(line)
        ]
        self.torn += bool(last)
        cassette = Cassette(path)
        for text in self.reported.solved:
            # The first reply is one or the other, by whether the toolbox had something to offer.
            ways: tuple[tuple[CodeStage, ...], ...] = (("creation", "reuse"), ("decision",))
            found += [
                f"the {' or '.join(stages)} of {text!r} is lost"
                for stages in ways
                if not any(cassette.find(question(text, stage)) for stage in stages)
            ]
        for text in self.reported.written:
            kept = cassette.find(question(text))
            if kept is None or kept.text != reply(text):
                found.append(f"the reply to {text!r} is lost")
        return found

    def _toolbox(self) -> list[str]:
        path = kept_in(self.folder, STORE)
        if not path.exists():
            return ["there is no toolbox"] if self.reported.tools else []
        with tempfile.TemporaryDirectory() as name:
            copy = Path(name) / STORE
            for end in ("", "-wal"):
                if Path(f"{path}{end}").exists():
                    shutil.copyfile(f"{path}{end}", f"{copy}{end}")
            with closing(sqlite3.connect(copy)) as connection:
                found = [said for (said,) in connection.execute("PRAGMA integrity_check") if said != "ok"]
        store = ToolStore(path)
        try:
            missing = self.reported.tools - set(store.names())
            found += [f"the tool {name} is lost" for name in missing]
            whole = {tool.name for tool in store.tools()}
            found += [f"the tool {name} is not whole" for name in self.reported.tools - missing - whole]
        except CreatorError as error:
            found.append(error.message)
        finally:
            store.close()
        return found

    def _notebooks(self) -> list[str]:
        found = []
        self.left += sum(_LEFTOVER.fullmatch(path.name) is not None for path in self.folder.iterdir())
        for path in self.folder.glob("*.ipynb"):
            try:
                notebook = nbformat.read(path, as_version=4)
                nbformat.validate(notebook)
            except Exception as error:  # noqa: BLE001 - whatever it says, the file is damaged
                found.append(f"{path.name}: {error}")
                continue
            if path.name == NOTEBOOK:
                found += self._saved(notebook)
                continue
            own = [cell.source for cell in notebook.cells if CellMark.from_metadata(cell.metadata) is None]
            if own != sources_of(path.stem):
                found.append(f"{path.name} has lost a cell of the person's")
            if path.name in self.reported.run and len(own) == len(notebook.cells):
                found.append(f"{path.name} has lost its generated cells")
        return found

    def _saved(self, notebook: nbformat.NotebookNode) -> list[str]:
        texts = {cell.source for cell in notebook.cells}
        if len(texts) != 1:
            return [f"{NOTEBOOK} is mixed of several"]
        (writer, number), (by, least) = texts.pop().split(), (self.reported.saved or "- -1").split()
        if writer == by and int(number) < int(least):
            return [f"{NOTEBOOK} is older than what was reported as saved"]
        return []


def problem(name: str, number: int) -> str:
    """State a problem of round `name`."""
    return f"What is {number} and {number} more, in round {name}?"


def sources_of(name: str) -> list[str]:
    """The cells of the notebook that `creator-magic run` is given."""
    return ["%load_ext creator_magic", *(f"%%solve\n{problem(name, n)}" for n in (1, 2)), "'the end'"]


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
