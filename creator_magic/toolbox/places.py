"""Where toolboxes are: the project's, the person's own, and shared ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.project import STORE, kept_in
from creator_magic.toolbox.collection import PERSONAL, Toolbox
from creator_magic.toolbox.store import ToolStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.toolbox.meaning import Meaning


def toolbox_of(
    project: Path, personal: str = "", shared: Sequence[str] = (), meaning: Meaning | None = None
) -> Toolbox:
    """Return the toolbox of a project, with those beside it; no file is opened or made yet.

    Parameters
    ----------
    project : Path
        The project's folder.
    personal : str
        The file of the personal toolbox; empty for the one in the person's data folder.
    shared : sequence of str
        Files of shared toolboxes. One that is not there, such as a drive that is not mounted, is
        empty.
    meaning : Meaning or None
        Search by embeddings, if it is wanted.
    """
    others = {PERSONAL: ToolStore(Path(personal).expanduser() if personal else personal_file())}
    for text in shared:
        path = Path(text).expanduser()
        others[f"shared: {path.parent.name}/{path.name}"] = ToolStore(path, read_only=True)
    return Toolbox(ToolStore(kept_in(project, STORE)), others, meaning=meaning)


def personal_file() -> Path:
    """Return where the personal toolbox is if no setting says otherwise."""
    import platformdirs

    return platformdirs.user_data_path("creator-magic", appauthor=False) / STORE
