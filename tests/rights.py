"""Taking root's rights from a process, so that files that may not be written are not."""

from __future__ import annotations

WITHOUT_PRIVILEGES = """
import ctypes as _ctypes, os as _os
if hasattr(_os, "geteuid") and _os.geteuid() == 0:
    # capset(2), version 3, of this thread: no capability is left, and root is an owner like any other.
    _header, _none = (_ctypes.c_uint32 * 2)(0x20080522, 0), (_ctypes.c_uint32 * 6)()
    assert _ctypes.CDLL(None, use_errno=True).capset(_header, _none) == 0, _ctypes.get_errno()
"""
"""Code to run first."""
