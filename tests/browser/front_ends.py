"""The front ends that the tests drive: JupyterLab and Notebook 7, each newest and oldest."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.browser.oldest import VARIABLE, VERSIONS, python_of_oldest

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class FrontEnd:
    """A front end in one version.

    Parameters
    ----------
    package : {"jupyterlab", "notebook"}
        What it is.
    oldest : bool
        Whether it is the oldest that is supported, from an environment of its own, or the newest.
    """

    package: str
    oldest: bool = False

    @property
    def name(self) -> str:
        """For the names of tests."""
        return f"{self.package}-{VERSIONS[self.package] if self.oldest else 'newest'}"

    @property
    def is_lab(self) -> bool:
        """Whether it shows many notebooks in one page, and one notebook in several views."""
        return self.package == "jupyterlab"

    @property
    def missing(self) -> str:
        """Why it cannot be driven; empty if it can."""
        for library in ("jupyterlab", "notebook", "playwright"):
            if importlib.util.find_spec(library) is None:
                return f"{library} is not installed"
        if chromium() is None:
            return "no Chromium was found"
        if self.oldest and python_of_oldest() is None:
            return f"{VARIABLE} names no environment; `python -m tests.browser.oldest FOLDER` makes one"
        return ""


LAB = FrontEnd("jupyterlab")
LAB_OLDEST = FrontEnd("jupyterlab", oldest=True)
NOTEBOOK = FrontEnd("notebook")
NOTEBOOK_OLDEST = FrontEnd("notebook", oldest=True)


def _on(*front_ends: FrontEnd) -> pytest.MarkDecorator:
    # A server is the dearest thing here. Each has its own process of pytest, if there are several.
    groups = {False: "browser", True: "browser-oldest"}
    params = [
        pytest.param(front_end, id=front_end.name, marks=pytest.mark.xdist_group(groups[front_end.oldest]))
        for front_end in front_ends
    ]
    return pytest.mark.parametrize("front_end", params, indirect=True)


on_every_front_end = _on(LAB, LAB_OLDEST, NOTEBOOK, NOTEBOOK_OLDEST)
on_every_lab = _on(LAB, LAB_OLDEST)
"""For what Notebook 7 does not have: there a page shows one notebook, and shows it once."""


def chromium() -> str | None:
    """The system's Chromium, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def python_of(front_end: FrontEnd) -> Path | str:
    """The Python that serves a front end."""
    return (python_of_oldest() if front_end.oldest else None) or sys.executable
