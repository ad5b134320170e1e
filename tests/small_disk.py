"""A disk that can be full."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live_notebook import LiveNotebook


class SmallDisk:
    """A folder on a file system of 512 KiB, where the system lets us mount one.

    Elsewhere it is an ordinary folder, and a kernel that works in it gets a limit on the size of files
    when the disk is to be full: the same writes fail, with another error ("File too large").

    Parameters
    ----------
    folder : Path
        Where it is.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        command = ["/bin/mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
        try:
            self.is_real = subprocess.run(command, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            self.is_real = False

    def fill(self, live: LiveNotebook) -> None:
        """Leave no room."""
        if not self.is_real:
            limit = (
                "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))"
            )
            assert live.run(limit).status == "ok"
            return
        with contextlib.suppress(OSError), (self.folder / "filling").open("wb", buffering=0) as filling:
            while True:
                filling.write(b"\0" * 512)

    def free(self, live: LiveNotebook) -> None:
        """Make room again."""
        if self.is_real:
            (self.folder / "filling").unlink()
        else:
            live.run("resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)")

    def close(self) -> None:
        """Take the file system away."""
        if self.is_real:
            subprocess.run(["/bin/umount", "--lazy", str(self.folder)], check=True)
