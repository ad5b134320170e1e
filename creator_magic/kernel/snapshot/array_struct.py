"""An array's C structure, for the three things that NumPy changes and offers no way back from.

`PyArrayObject` is part of NumPy's binary interface: extensions that were compiled years ago read it.
Whether it is as expected is tried once all the same.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

_DATA, _STRIDES, _FLAGS = 16, 40, 64
"""Where it keeps the addresses of its data and of its strides, and its flags."""

_WRITEABLE = 0x400


def data_address(array: Array) -> int:
    """Return where an array's first element stands."""
    address: int = array.__array_interface__["data"][0]
    return address


def put_data_address(array: Array, address: int) -> None:
    """Let a view show other memory, since that of the array it was made of stands elsewhere now.

    Raises
    ------
    ValueError
        If this NumPy has other structures.
    """
    _check()
    ctypes.c_void_p.from_address(id(array) + _DATA).value = address


def put_strides(array: Array, strides: tuple[int, ...]) -> None:
    """Set strides that lead to memory which the array owns, but does not use at the moment.

    Raises
    ------
    ValueError
        As above.
    """
    _check()
    place = ctypes.c_void_p.from_address(id(array) + _STRIDES).value or 0
    (ctypes.c_ssize_t * array.ndim).from_address(place)[:] = list(strides)
    # Setting the shape has the flags worked out anew.
    vars(np.ndarray)["shape"].__set__(array, array.shape)


def put_writeable(array: Array) -> None:
    """Let an array be written again whose memory belongs to another library.

    Raises
    ------
    ValueError
        As above.
    """
    _check()
    ctypes.c_int.from_address(id(array) + _FLAGS).value |= _WRITEABLE


def _check() -> None:
    if not _holds():
        message = f"arrays of NumPy {np.__version__} are built in a way that is not known here"
        raise ValueError(message)


@cache
def _holds() -> bool:
    array = np.arange(6.0).reshape(2, 3)
    data, strides = (ctypes.c_void_p.from_address(id(array) + offset).value for offset in (_DATA, _STRIDES))
    if data != data_address(array) or not strides:
        return False
    flags = ctypes.c_int.from_address(id(array) + _FLAGS).value
    array.flags.writeable = False
    if flags - ctypes.c_int.from_address(id(array) + _FLAGS).value != _WRITEABLE:
        return False
    return tuple((ctypes.c_ssize_t * 2).from_address(strides)) == array.strides
