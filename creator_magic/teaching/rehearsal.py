"""A rehearsal, as the kernel sees it: only the course's recording answers, and what is asked is written down.

It restricts: what a rehearsing session may do, any session of the course may. It keeps its tools in a folder
of its own, so that it neither finds nor leaves any in the project.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.model.told_questions import told_of
from creator_magic.session import end_session, session_of

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.ports import Question

QUESTIONS = "questions.jsonl"


def rehearse(shell: InteractiveShell, folder: str, *, exact: bool) -> None:
    """Begin a session that rehearses, before the notebook's first cell; one that has begun is ended.

    Parameters
    ----------
    shell : InteractiveShell
        The kernel's shell.
    folder : str
        The project's folder while it rehearses; each question is written into `QUESTIONS` there.
    exact : bool
        Whether only a reply to the very question serves, and not one that students get in its place.
    """
    path = Path(folder, QUESTIONS)

    def tell(question: Question) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told_of(question)) + "\n")

    # A profile for all users may have loaded the extension, whose session works in the course's project.
    end_session(shell)
    session_of(shell, Path(folder)).models.rehearse(tell, exact=exact)
