"""How secrets are named: keys, tokens and passwords in an environment."""

from __future__ import annotations

import re
from functools import lru_cache

_SECRET = re.compile(
    r"(?<!MON)KEY(?!BOARD)|TOKEN(?!IZER)|SECRET|PASSW|PASSPHRASE|CREDENTIAL|COOKIE|(^|_)(PWD|PAT|DSN)$",
    re.IGNORECASE,
)
_FOLDERS = frozenset({"PWD", "OLDPWD"})


@lru_cache(maxsize=1024)
def names_a_secret(name: str) -> bool:
    """Tell whether an entry of the environment with this name is a key, a token or a password.

    Parameters
    ----------
    name : str
        The name.
    """
    return name not in _FOLDERS and _SECRET.search(name) is not None
