"""A real Jupyter server on loopback, whose settings, data and kernels are its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PATIENCE = 60.0
_PATIENCE_AT_END = 10.0
_CHECKOUT = Path(__file__).parents[2]
_KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}
_KERNEL = {
    **_KERNELSPEC,
    "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    "metadata": {"debugger": True},
}


TELL_STACKS: signal.Signals | None = getattr(signal, "SIGUSR2", None)
"""Has a warm server tell what each of its threads is doing, where there is such a signal."""


class Markdown(str):
    """The text of a Markdown cell."""

    __slots__ = ()


TAGS = ["mine"]
"""The tags of every cell that a test writes: whoever touches such a cell may lose them."""


def _new_cell(cell_id: str, source: str) -> dict[str, Any]:
    cell = {"id": cell_id, "source": source, "metadata": {"tags": TAGS}}
    if isinstance(source, Markdown):
        return {**cell, "cell_type": "markdown"}
    return {**cell, "cell_type": "code", "outputs": [], "execution_count": None}


class JupyterServer:
    """A server of JupyterLab, which serves Notebook 7 too.

    Parameters
    ----------
    folder : Path
        An empty folder for all that it writes.
    env : mapping of str to str
        What its kernels find in their environment.
    python : Path or str
        The Python of the environment that holds the front ends. The kernels, and the front-end
        half of creator-magic, are those of this process.
    """

    def __init__(self, folder: Path, env: Mapping[str, str], python: Path | str = sys.executable) -> None:
        self.url = ""
        # The oldest front ends are served as a person has them, and their kernels start as ever.
        warm = str(python) == sys.executable
        self._command = [str(python), "-m", "tests.browser.warm_server" if warm else "jupyterlab"]
        self._log = folder / "server.log"
        self._runtime = folder / "JUPYTER_RUNTIME_DIR"
        ours = ("OPENAI_", "CREATOR_", "JUPYTER")
        self._env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR")
        for name in (*places, "IPYTHONDIR"):
            (folder / name).mkdir()
            self._env[name] = str(folder / name)
        if str(python) != sys.executable:
            self._env["JUPYTER_PATH"] = str(_lend(folder / "lent"))
        # No question about news, which would lie over the page.
        settings = folder / "JUPYTERLAB_SETTINGS_DIR" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}', "utf-8")
        self._env.update(env)
        self.notebooks = folder / "notebooks"
        self.notebooks.mkdir()

    def __enter__(self) -> Self:
        options = [
            "--no-browser",
            "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            "--ServerApp.port=0",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.allow_root=True",
            "--IdentityProvider.token=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            f"--ServerApp.root_dir={self.notebooks}",
        ]
        with self._log.open("w") as log:
            command = [*self._command, *options]
            self._server = subprocess.Popen(command, cwd=_CHECKOUT, env=self._env, stdout=log, stderr=log)
        began = time.monotonic()
        while time.monotonic() - began < _PATIENCE and self._server.poll() is None:
            for file in self._runtime.glob("jpserver-*.json"):
                with contextlib.suppress(ValueError, OSError):
                    self.url = json.loads(file.read_text("utf-8"))["url"]
                    urllib.request.urlopen(f"{self.url}api", timeout=5).close()  # noqa: S310 - loopback
                    return self
            time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self._log.read_text('utf-8')}")

    def write(self, name: str, sources: Sequence[str]) -> None:
        """Write a notebook with a cell for each of `sources`, named `cell-0` and so on."""
        cells = [_new_cell(f"cell-{number}", source) for number, source in enumerate(sources)]
        metadata = {"kernelspec": _KERNELSPEC}
        content = {"nbformat": 4, "nbformat_minor": 5, "cells": cells, "metadata": metadata}
        (self.notebooks / name).write_text(json.dumps(content), "utf-8")

    def kernel_states(self) -> list[str]:
        """What the kernels are doing: `idle`, `busy`, `starting`."""
        with urllib.request.urlopen(f"{self.url}api/kernels", timeout=5) as reply:  # noqa: S310 - loopback
            return [kernel["execution_state"] for kernel in json.load(reply)]

    def said_last(self) -> str:
        """The end of its log."""
        return self._log.read_text("utf-8", errors="replace")[-8000:]

    def __exit__(self, *_: object) -> None:
        """End it; say what it was doing if it does not end, which is no matter of ours."""
        self._server.terminate()
        try:
            self._server.wait(_PATIENCE_AT_END)
        except subprocess.TimeoutExpired:
            if TELL_STACKS is not None:
                self._server.send_signal(TELL_STACKS)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(1)
            self._server.kill()
            self._server.wait()
            warnings.warn(
                f"A server did not end, and was killed. It said last:\n{self.said_last()}", stacklevel=1
            )


def _lend(folder: Path) -> Path:
    """Put what another environment needs of this one into a folder for `JUPYTER_PATH`."""
    kernel = folder / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps(_KERNEL), "utf-8")
    extensions = folder / "labextensions"
    extensions.mkdir()
    installed = Path(sys.prefix, "share", "jupyter", "labextensions", "creator-magic")
    (extensions / "creator-magic").symlink_to(installed)
    return folder
