"""Preprocessors for `jupyter nbconvert`: run a notebook with its magic cells, or complete one that ran.

nbconvert takes preprocessors by their import path:

    jupyter nbconvert --to html --HTMLExporter.preprocessors=creator_magic.nbconvert.RunPreprocessor IN
    jupyter nbconvert --to html --HTMLExporter.preprocessors=creator_magic.nbconvert.CompletePreprocessor IN
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbconvert.preprocessors import ExecutePreprocessor, Preprocessor

from creator_magic.cells.notebook import complete
from creator_magic.cells.notebook_file import MINOR
from creator_magic.errors import InputError
from creator_magic.notebook_pass import NotebookPass, PassClient

if TYPE_CHECKING:
    from jupyter_client.manager import KernelManager
    from nbformat import NotebookNode

APP = "nbconvert"


class CompletePreprocessor(Preprocessor):
    """Puts the cells that records carry into a notebook that was run by other means.

    With `--execute`, nbconvert itself is those means.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Complete a notebook.

        Parameters
        ----------
        nb : NotebookNode
            The notebook; it is not changed.
        resources : dict
            What nbconvert knows besides.

        Returns
        -------
        notebook : NotebookNode
            The completed copy.
        resources : dict
            As they were.
        """
        return _with_ids(complete(nb)), resources


class RunPreprocessor(PassClient, ExecutePreprocessor):
    """Runs a notebook as `creator-magic run` does; takes the place of `--execute`.

    Its options are those of nbconvert's own: `--ExecutePreprocessor.timeout=600`,
    `--ExecutePreprocessor.kernel_name=python3`, `--allow-errors`.

    Raises
    ------
    InputError
        If `--execute` is given too: every cell would run twice.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        if self.config.ExecutePreprocessor.get("enabled"):
            raise InputError("RunPreprocessor runs the notebook itself; leave out --execute.")

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, km: KernelManager | None = None
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run a notebook, each cell once, and complete it.

        Parameters
        ----------
        nb : NotebookNode
            The notebook; it is not changed.
        resources : dict, optional
            What nbconvert knows besides: the kernel works in `resources["metadata"]["path"]`.
        km : KernelManager, optional
            The kernel to use.

        Returns
        -------
        notebook : NotebookNode
            The notebook as it ran, with its generated cells.
        resources : dict
            As nbconvert has them.

        Raises
        ------
        CellExecutionError
            If a cell failed, and errors are not allowed.
        """
        standing = _with_ids(complete(nb))
        name = (resources or {}).get("metadata", {}).get("name", "")
        self.notebook_pass = NotebookPass(standing, APP, f"{name}.ipynb" if name else "")
        ran, resources = super().preprocess(standing, resources, km)
        return complete(ran, told=True), resources


def _with_ids(notebook: NotebookNode) -> NotebookNode:
    """Raise a notebook to the version whose cells have ids, which it has."""
    notebook["nbformat_minor"] = max(notebook["nbformat_minor"], MINOR)
    return notebook
