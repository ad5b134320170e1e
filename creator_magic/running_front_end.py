"""Which front end a cell was sent from, as its request says, and what it can do with generated cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.cells.protocol import VERSION
from creator_magic.check import Check

if TYPE_CHECKING:
    from creator_magic.cells.request import Request

_OFFERED = "the record under the magic cell shows the code, which is offered once as a new cell"
_COMPLETE = "`creator-magic complete FILE` puts the generated cells into the saved notebook"
_SAME_VERSION = "install the same version of creator-magic where JupyterLab runs, then reload the page"
_NO_EXTENSION = (
    "if creator-magic was installed since the page was opened: reload the page",
    "if JupyterLab runs in another environment: run `creator-magic install-frontend`, and reload the page",
    "if neither helps: run `creator-magic doctor` where JupyterLab is installed; it may be disabled there",
)


def running_front_end(request: Request, *, in_kernel: bool) -> Check:
    """Say what a request comes from, and what to do for generated cells to be placed.

    Parameters
    ----------
    request : Request
        The request that is being executed.
    in_kernel : bool
        Whether there is a kernel, and so a request, at all.

    Returns
    -------
    Check
        A warning where a front end that could place generated cells does not.
    """
    app = f"{request.app or 'the front end'} {request.app_version}".strip()
    advice: tuple[str, ...] = (_COMPLETE,)
    warn = False
    if not in_kernel:
        found = "terminal IPython: the code is printed, and is the text of the next prompt"
        advice = ()
    elif request.places_cells:
        how = "appear while a problem is solved" if request.interactive else "are put into the file"
        found = f"{app} (protocol {VERSION}): generated cells {how}"
        advice = ()
    elif request.protocol is not None:
        found = (
            f"{app} has the extension in another version: it speaks protocol {request.protocol}, "
            f"this kernel {VERSION}"
        )
        advice, warn = (_SAME_VERSION,), True
    elif request.app == "Colab":
        found = "Colab: the record under the magic cell shows the code; Colab takes no new cells"
    elif not request.interactive:
        found = "a program that runs the notebook and places no generated cells"
    elif request.app:
        found = f"{app}: {_OFFERED}"
    elif request.cell_id is not None:
        found = f"JupyterLab or Notebook 7 without the extension: {_OFFERED}"
        advice, warn = _NO_EXTENSION, True
    else:
        found = f"a front end that names no cells, such as nbclassic: {_OFFERED}"
    return Check("front end", "warn" if warn else "ok", found, advice)
