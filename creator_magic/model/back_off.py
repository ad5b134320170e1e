"""A pause that all share who call an endpoint which limits their rate, threads and processes alike.

Without it each of many callers finds out by itself, calls again too early, and makes it worse. The pause
is a file whose time of change lies ahead: to look at it costs a microsecond, and nobody has to serve it.
"""

from __future__ import annotations

import os
import random
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from creator_magic.model.kinds import headers_of, is_out_of_credit, status_of
from creator_magic.model.retries import FIRST_PAUSE, retry_after

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 600.0
"""Seconds that one call waits for an endpoint that keeps on limiting its rate."""

_LONGEST = 60.0
_SPREAD = 0.25
"""Part of a pause by which callers come later than others, so that not all come at once."""


class BackOff:
    """The pause.

    Parameters
    ----------
    path : Path
        The file; it is made when somebody first has to wait, and means nothing once its time has passed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._next = FIRST_PAUSE

    def wait(self) -> float:
        """Wait until the pause is over, if there is one; return the seconds that took."""
        began = time.monotonic()
        while (left := self._left()) > 0:
            time.sleep(left * (1 + _SPREAD * random.random()))  # noqa: S311 - who goes first guards no secret
        return time.monotonic() - began

    def hold(self, error: Exception, waited: float) -> bool:
        """Have everybody wait if an error says that calls come too fast; tell whether to try again.

        Parameters
        ----------
        error : Exception
            Why a call failed.
        waited : float
            Seconds that it has waited before.

        Returns
        -------
        bool
            False for any other error, and for a call that has waited long enough.
        """
        if status_of(error) != HTTPStatus.TOO_MANY_REQUESTS or is_out_of_credit(error):
            return False
        if waited >= PATIENCE:
            return False
        stated = retry_after(headers_of(error))
        if stated is None:
            stated, self._next = self._next, min(2 * self._next, _LONGEST)
        else:
            self._next = FIRST_PAUSE
        until = time.time() + min(stated, PATIENCE)
        if until > time.time() + self._left():
            self.path.touch()
            os.utime(self.path, (until, until))
        return True

    def _left(self) -> float:
        try:
            return self.path.stat().st_mtime - time.time()
        except OSError:
            return 0.0
