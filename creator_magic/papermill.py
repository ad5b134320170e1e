"""A papermill engine: `papermill --engine creator-magic IN OUT` puts generated cells into OUT.

Everything else is papermill's: parameters, progress, times, what is saved meanwhile, errors. Its
engines are described in papermill's documentation, "Extending papermill".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import write_ipynb
from papermill.log import logger

from creator_magic.cells.notebook import complete
from creator_magic.notebook_pass import NotebookPass, PassClient

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from papermill.engines import NotebookExecutionManager

APP = "papermill"


class _Client(PassClient, PapermillNotebookClient):  # type: ignore[misc] # papermill is untyped
    pass


class CreatorMagicEngine(NBClientEngine):  # type: ignore[misc] # papermill is untyped
    """Papermill's own engine, for notebooks with magic cells."""

    @classmethod
    def execute_notebook(cls, nb: NotebookNode, kernel_name: str, **options: Any) -> NotebookNode:
        """Run a notebook and complete it; options are those of papermill's own engine.

        Parameters
        ----------
        nb : NotebookNode
            The notebook, with its parameters.
        kernel_name : str
            The kernel to start.
        **options
            `output_path`, `progress_bar`, `execution_timeout` and so on, and any trait of nbclient.

        Returns
        -------
        NotebookNode
            The notebook as it ran, with its generated cells.

        Raises
        ------
        PapermillExecutionError
            If a cell failed; what ran was written.
        """
        # Not at the top: papermill loads its engines while it is itself being imported.
        from papermill.execute import raise_for_execution_errors

        # Before papermill clears the outputs, which may carry the cells of an earlier run.
        ran = super().execute_notebook(complete(nb), kernel_name, **options)
        try:
            # Papermill would name the last cell with an error: the code that a model wrote, and not
            # the magic cell, whose error says what to do.
            raise_for_execution_errors(ran, None)
        except PapermillExecutionError:
            write_ipynb(complete(ran, told=True), ran.metadata.papermill["output_path"])
            raise
        return complete(ran, told=True)

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        start_timeout: float = 60,
        execution_timeout: float | None = None,
        input_path: str | None = None,
        **options: Any,
    ) -> None:
        """Run the cells; papermill calls this.

        Parameters
        ----------
        nb_man : NotebookExecutionManager
            The notebook, and who is told of each cell.
        kernel_name : str
            The kernel to start.
        start_timeout, execution_timeout : float, optional
            Time limits for the kernel's start and for each cell, in seconds.
        input_path : str, optional
            Where the notebook came from.
        **options
            Traits of papermill's client, which is an nbclient.
        """
        timeout = execution_timeout or options.pop("timeout", None)
        client = _Client(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=timeout,
            log=logger,
            **{name: value for name, value in options.items() if name != "timeout"},
        )
        client.notebook_pass = NotebookPass(nb_man.nb, APP, _local(input_path))
        client.execute()


_BEGUN_IN = Path.cwd()
"""Papermill loads this before it changes to the folder of `--cwd`; a notebook's path counts from here."""


def _local(path: str | None) -> str:
    """Return a notebook's path as the kernel can use it; its name alone if it is not a file here."""
    if not isinstance(path, str):
        return ""
    files = (folder / path for folder in (Path.cwd(), _BEGUN_IN))
    return next((str(file.resolve()) for file in files if file.is_file()), Path(path).name)
