"""What in a set of notebooks was generated, and with how much help: a record, and no proof.

It is read from the metadata of cells and outputs, which whoever has a notebook can edit and remove. Generated
code that was copied without its metadata is seen only where a marked cell of the set has the same text.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creator_magic.cells.fixed_cells import is_answer, is_fixed
from creator_magic.cells.generated import is_edited, source_sha
from creator_magic.cells.notebook import complete
from creator_magic.cells.notebook_file import read_notebook
from creator_magic.cells.standing import mark_of
from creator_magic.course.steps import problem_id
from creator_magic.errors import NotebookError
from creator_magic.teaching.course_notebooks import notebooks_in
from creator_magic.teaching.recorded_help import recorded_help
from creator_magic.teaching.stated_problem import stated_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from nbformat import NotebookNode

    from creator_magic.cells.generated import CellRole
    from creator_magic.teaching.recorded_help import RecordedStep

GONE = "(its problem is not in the notebook)"

_HANDED_IN = ("submitted", "autograded")
_TELLING = 3
"""Lines that a cell must have for the same text elsewhere to say anything."""


@dataclass(frozen=True, slots=True)
class ReportedCell:
    """A generated cell.

    Parameters
    ----------
    role : {"tool", "decision", "plan"}
        What it is for.
    key : str
        Its slot.
    revision : int
        How often the slot was written.
    edited : bool
        Whether its text is not the one that was generated.
    ran : bool
        Whether the notebook holds a prompt number or an output of it.
    lines : int
        Lines that are not blank.
    """

    role: CellRole
    key: str
    revision: int
    edited: bool
    ran: bool
    lines: int


@dataclass(frozen=True, slots=True)
class ReportedProblem:
    """A magic cell, or generated cells whose magic cell is gone.

    Parameters
    ----------
    stated : str
        The first line of the problem, or `GONE`.
    cells : tuple of ReportedCell
        What was generated for it.
    help : tuple of RecordedStep
        The steps of help that the notebook records of it.
    """

    stated: str
    cells: tuple[ReportedCell, ...]
    help: tuple[RecordedStep, ...]


@dataclass(frozen=True, slots=True)
class SameText:
    """A cell without a mark that has the text of a generated one; two people may write the same.

    Parameters
    ----------
    begins : str
        The first line of the cell.
    path : Path
        The notebook of the generated cell, which may be the same.
    """

    begins: str
    path: Path


@dataclass(frozen=True, slots=True)
class ReportedNotebook:
    """One notebook.

    Parameters
    ----------
    path : Path
        The file.
    student, assignment : str
        By the folders of nbgrader; empty elsewhere.
    problems : tuple of ReportedProblem
        In notebook order.
    generated_lines, edited_lines, own_lines : int
        Lines of code, blank ones apart: in generated cells as they were generated, in those that were edited
        since, and in all others but magic cells and what the course has locked.
    same : tuple of SameText
        Cells without a mark that have the text of a generated one of the set.
    """

    path: Path
    student: str
    assignment: str
    problems: tuple[ReportedProblem, ...]
    generated_lines: int
    edited_lines: int
    own_lines: int
    same: tuple[SameText, ...]


@dataclass(frozen=True, slots=True)
class CourseReport:
    """What there is in a set of notebooks.

    Parameters
    ----------
    notebooks : tuple of ReportedNotebook
        Those that could be read.
    damaged : tuple of str
        Why the others could not, in a sentence each.
    """

    notebooks: tuple[ReportedNotebook, ...]
    damaged: tuple[str, ...]


def report_on(places: Sequence[Path]) -> CourseReport:
    """Report on notebooks.

    Parameters
    ----------
    places : sequence of Path
        Notebooks, and folders with notebooks below them; of the folder of an nbgrader course, what was
        submitted.

    Returns
    -------
    CourseReport
        A notebook that cannot be read is told, and the others are reported on.

    Raises
    ------
    InputError
        If a place is not there, or there is no notebook.
    """
    read: dict[Path, NotebookNode] = {}
    damaged = []
    for path in notebooks_in([_with_notebooks(place) for place in places]):
        try:
            # Cells that another front end left in records, or in one cell, count as what they are.
            read[path] = complete(read_notebook(path)[0])
        except NotebookError as error:
            damaged.append(error.message)
    texts = _texts(read)
    return CourseReport(
        tuple(_reported(path, notebook, texts) for path, notebook in read.items()), tuple(damaged)
    )


def _with_notebooks(place: Path) -> Path:
    """Return where the notebooks of a place are: of an nbgrader course, what was handed in."""
    handed_in = place / _HANDED_IN[0]
    return handed_in if handed_in.is_dir() else place


def _reported(path: Path, notebook: NotebookNode, texts: Mapping[str, Path]) -> ReportedNotebook:
    student, assignment = _handed_in_by(path)
    lines = {"generated": 0, "edited": 0, "own": 0}
    same = []
    for cell in notebook.cells:
        mark, source = mark_of(cell), cell["source"]
        if cell["cell_type"] != "code":
            continue
        if mark is not None:
            lines["edited" if is_edited(mark, source) else "generated"] += _count(source)
        elif _is_own(cell):
            lines["own"] += _count(source)
            if _tells(source) and _text_of(source) in texts:
                same.append(SameText(_first_line(source), texts[_text_of(source)]))
    return ReportedNotebook(
        path,
        student,
        assignment,
        tuple(_problems(notebook)),
        lines["generated"],
        lines["edited"],
        lines["own"],
        tuple(same),
    )


def _problems(notebook: NotebookNode) -> Iterator[ReportedProblem]:
    generated: dict[str | None, list[ReportedCell]] = defaultdict(list)
    for cell in notebook.cells:
        mark = mark_of(cell)
        if mark is not None:
            ran = bool(cell.get("execution_count") or cell.get("outputs"))
            edited = is_edited(mark, cell["source"])
            reported = ReportedCell(mark.role, mark.key, mark.revision, edited, ran, _count(cell["source"]))
            generated[mark.parent].append(reported)
    of_cells = {problem_id(text) for cell in notebook.cells if (text := _stated_in(cell)) is not None}
    left = recorded_help(notebook.cells)
    for cell in notebook.cells:
        cells, text = generated.pop(cell["id"], []), _stated_in(cell)
        # A check of the answer shows the steps too; they belong to the cell that states the problem.
        shown = [problem for problem in recorded_help([cell]) if problem not in of_cells]
        known = shown if text is None else [problem_id(text), *shown]
        steps = tuple(sorted(step for problem in known for step in left.pop(problem, ())))
        if text is not None or cells or steps:
            yield ReportedProblem(_first_line(cell["source"] if text is None else text), tuple(cells), steps)
    for cells in generated.values():
        yield ReportedProblem(GONE, tuple(cells), ())


def _stated_in(cell: Mapping[str, Any]) -> str | None:
    stated = stated_problem(cell["source"]) if cell["cell_type"] == "code" else None
    return stated.text if stated else None


def _texts(read: Mapping[Path, NotebookNode]) -> dict[str, Path]:
    """Return the texts of the generated cells of the set, with a notebook that has each."""
    texts: dict[str, Path] = {}
    for path, notebook in read.items():
        for cell in notebook.cells:
            if mark_of(cell) is not None and cell["cell_type"] == "code" and _tells(cell["source"]):
                texts.setdefault(_text_of(cell["source"]), path)
    return texts


def _text_of(source: str) -> str:
    return source_sha("\n".join(line.rstrip() for line in source.strip().splitlines()))


def _tells(source: str) -> bool:
    return _count(source) >= _TELLING


def _is_own(cell: Mapping[str, Any]) -> bool:
    given = is_fixed(cell["metadata"]) and not is_answer(cell["metadata"])
    return not given and stated_problem(cell["source"]) is None


def _handed_in_by(path: Path) -> tuple[str, str]:
    """Return student and assignment, as nbgrader's folders say: `submitted/STUDENT/ASSIGNMENT/FILE`."""
    parts = path.resolve().parts
    for index in range(len(parts) - 4, -1, -1):
        if parts[index] in _HANDED_IN:
            return parts[index + 1], parts[index + 2]
    return "", ""


def _count(source: str) -> int:
    return sum(bool(line.strip()) for line in source.splitlines())


def _first_line(text: str) -> str:
    lines: Iterable[str] = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line), "")
