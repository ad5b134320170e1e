"""An answer brought back from a process whose code nobody vouches for.

Loading a pickle runs what it names; so only what builds plain data is let through: Python's own values,
NumPy's and pandas'.
"""

from __future__ import annotations

import io
import pickle
from typing import Any
from zoneinfo import ZoneInfo

_EXACT = {
    "builtins": """
        Ellipsis bool bytearray bytes complex dict float frozenset int list range set slice str tuple""",
    "collections": "Counter OrderedDict defaultdict deque",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "uuid": "UUID",
    "zoneinfo": "ZoneInfo",
}
_ALLOWED = frozenset((module, name) for module, names in _EXACT.items() for name in names.split())

# In whichever of their modules, since that changes from version to version.
_NUMPY = "MaskedArray _frombuffer _mareconstruct _reconstruct dtype ndarray scalar"
_PANDAS = """
    DataFrame Series NA NAType Period Interval Categorical
    Index MultiIndex RangeIndex CategoricalIndex DatetimeIndex TimedeltaIndex PeriodIndex IntervalIndex
    _new_Index _new_DatetimeIndex _new_TimedeltaIndex _new_PeriodIndex _new_IntervalIndex
    BlockManager SingleBlockManager new_block _unpickle_block
    BooleanArray IntegerArray FloatingArray StringArray DatetimeArray TimedeltaArray PeriodArray
    IntervalArray NumpyExtensionArray __pyx_unpickle_NDArrayBacked __pyx_unpickle_IntervalMixin
    BooleanDtype Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype
    Float32Dtype Float64Dtype StringDtype CategoricalDtype DatetimeTZDtype PeriodDtype IntervalDtype
    _nat_unpickle _unpickle_timestamp _timedelta_unpickle
    Day Hour Minute Second Milli Micro Nano Week BusinessDay
    MonthBegin MonthEnd QuarterBegin QuarterEnd YearBegin YearEnd
"""
_OF_PACKAGE = {"numpy": frozenset(_NUMPY.split()), "pandas": frozenset(_PANDAS.split())}


class ForeignAnswerError(Exception):
    """An answer of another kind, which is not loaded."""


def load_answer(pickled: bytes) -> Any:
    """Return the answer that was pickled.

    Raises
    ------
    ForeignAnswerError
        If it is anything but plain data, or no pickle.
    """
    try:
        return _Unpickler(io.BytesIO(pickled)).load()
    except Exception as error:
        raise ForeignAnswerError from error


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "getattr"):
            return _time_zone_from  # time zones are pickled by way of it
        of_package = _OF_PACKAGE.get(module.partition(".")[0], frozenset())
        if (module, name) not in _ALLOWED and name not in of_package:
            message = f"{module}.{name} is no plain data"
            raise pickle.UnpicklingError(message)
        return super().find_class(module, name)


def _time_zone_from(kind: Any, name: str) -> Any:
    if kind is not ZoneInfo or name != "_unpickle":
        message = f"{name} is no way to plain data"
        raise pickle.UnpicklingError(message)
    return ZoneInfo._unpickle  # type: ignore[attr-defined]  # noqa: SLF001 - what a pickled time zone names
