"""What a worker is told of the process that asks: its folder, its path, its environment without secrets."""

from __future__ import annotations

import os
import re
import sys

_SECRET = re.compile(
    r"(^|_)(API|ACCESS|AUTH|PRIVATE|SECRET|SIGNING|ENCRYPTION)?_?KEY(S|_ID)?($|_)"
    r"|TOKEN(?!IZER)|SECRET|PASSW|PASSPHRASE|CREDENTIAL|COOKIE|(^|_)(PWD|PAT|DSN)$|^JPY_|^(OPENAI|ANTHROPIC|CREATOR)_",
    re.IGNORECASE,
)
_URL_WITH_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
_KEPT = frozenset({"PWD", "OLDPWD"})  # folders


def environment() -> tuple[tuple[str, str], ...]:
    """Return the environment as code in isolation sees it: what looks like a secret is not in it."""
    return tuple((name, value) for name, value in os.environ.items() if not is_secret(name, value))


def is_secret(name: str, value: str) -> bool:
    """Tell whether an entry of the environment looks like a key, a token or a password.

    Parameters
    ----------
    name, value : str
        The entry.
    """
    return (name not in _KEPT and _SECRET.search(name) is not None) or (
        _URL_WITH_PASSWORD.search(value) is not None
    )


def folder() -> str:
    """Return the working directory, or the root where it is gone."""
    try:
        return os.getcwd()  # noqa: PTH109 - a text is what travels
    except OSError:
        return os.sep


def path() -> tuple[str, ...]:
    """Return where modules are found."""
    return tuple(entry for entry in sys.path if isinstance(entry, str))
