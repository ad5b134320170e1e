"""The front ends that the tests drive: JupyterLab and Notebook 7, each newest and oldest."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.browser.oldest import VARIABLE, VERSIONS, python_of_oldest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from _pytest.mark import ParameterSet


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


EVERYWHERE = "CREATOR_TESTS_EVERYWHERE"
"""What is set to have each test in every front end it is for."""


def params(front_ends: Sequence[FrontEnd]) -> list[ParameterSet]:
    """Return front ends as the parameters of a test."""
    # Servers and tabs are the dearest things here: each is in one process of pytest only.
    return [
        pytest.param(
            front_end,
            id=front_end.name,
            marks=pytest.mark.xdist_group("browser" if front_end == LAB else "browser-others"),
        )
        for front_end in front_ends
    ]


on_every_front_end = pytest.mark.front_ends(LAB, NOTEBOOK, LAB_OLDEST, NOTEBOOK_OLDEST, every=True)
"""For what the front ends are known to differ in."""

on_any_front_end = pytest.mark.front_ends(LAB, NOTEBOOK, LAB_OLDEST, NOTEBOOK_OLDEST)
"""For what should be the same in all: in newest JupyterLab; every second one in another too, by turns."""

on_any_lab = pytest.mark.front_ends(LAB, LAB_OLDEST)
"""For what Notebook 7 does not have: there a page shows one notebook, and shows it once."""


def drawn(mark: pytest.Mark, test: str) -> Sequence[FrontEnd]:
    """Return the front ends that a test is run in.

    Parameters
    ----------
    mark : Mark
        One of the marks above.
    test : str
        The test's name: it says whose turn it is.
    """
    newest, *others = mark.args
    if mark.kwargs.get("every") or os.environ.get(EVERYWHERE):
        return mark.args
    turn = zlib.crc32(test.encode()) % (2 * len(others))
    return newest, *others[turn : turn + 1]


def chromium() -> str | None:
    """The system's Chromium, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def python_of(front_end: FrontEnd) -> Path | str:
    """The Python that serves a front end."""
    return (python_of_oldest() if front_end.oldest else None) or sys.executable
