"""What is told of NumPy's arrays and scalars."""

from __future__ import annotations

from typing import Any

import numpy as np

from creator_magic.kernel.variables.form import Form, dtype_name, is_a


def form_of(value: object, *, ranges: bool) -> Form | None:
    """Return the form of a value of NumPy's, None for any other.

    Parameters
    ----------
    value : object
        Anything.
    ranges : bool
        Whether the first and the last of its dates are told.
    """
    if is_a(value, np.generic):
        return Form(f"numpy {type(value).__name__}")
    if not is_a(value, np.ndarray):
        return None
    array: Any = np.asarray(value)
    kind = "masked array" if is_a(value, np.ma.MaskedArray) else "array"
    said = _range(array) if ranges and array.dtype.kind == "M" else ""
    return Form(
        f"numpy {kind} of shape {array.shape}, dtype {dtype_name(array.dtype)}{said}", ranges=bool(said)
    )


def _range(array: Any) -> str:
    dates = array[~np.isnat(array)]
    return f", {dates.min()} to {dates.max()}" if dates.size else ""
