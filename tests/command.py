"""`creator-magic` as a person runs it in a terminal: a process of its own, which asks a test's server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import environment

if TYPE_CHECKING:
    from tests.model_server import ModelServer


def begin(server: ModelServer, folder: Path, *words: str, **settings: str) -> subprocess.Popen[str]:
    """Begin a command in a folder and a session of its own, with these settings in its environment."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "CREATOR_"))}
    return subprocess.Popen(
        [str(Path(sys.executable).parent / "creator-magic"), *words],
        cwd=folder,
        env={**env, **environment(server), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
