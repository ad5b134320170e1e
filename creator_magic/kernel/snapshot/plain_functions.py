"""Functions of the notebook that hold nothing that could change, as nearly all tools are.

A long session has thousands of them. Only code that speaks of one, or that looks names up by their text,
could change it, so that all others need not be saved before each attempt.
"""

from __future__ import annotations

from itertools import chain, compress
from operator import attrgetter
from types import FunctionType, GenericAlias, NoneType, UnionType
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.snapshot.attributes import LAZY_ANNOTATIONS
from creator_magic.kernel.users_code import is_users

if TYPE_CHECKING:
    from collections.abc import Mapping

_ATOMS = frozenset({NoneType, bool, int, float, complex, str, bytes})
_HINTS = frozenset({NoneType, str, GenericAlias, UnionType})
_HINTS_OF = attrgetter("__annotations__")


def without_plain_functions(names: Mapping[str, Any], namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return `names` but for those that mean a plain function.

    Parameters
    ----------
    names : mapping
        Names with what they mean.
    namespace : mapping
        The notebook's names, by which its functions are known.
    """
    plain = {
        name: value
        for name, value in names.items()
        if type(value) is FunctionType
        and value.__globals__ is namespace
        and value.__closure__ is None
        and value.__kwdefaults__ is None
        and not value.__dict__
        and ((given := value.__defaults__) is None or _ATOMS.issuperset(map(type, given)))
    }
    if not LAZY_ANNOTATIONS:
        hints = list(map(_HINTS_OF, plain.values()))
        # Thousands of annotations are a few hints, each of which is looked at once.
        each = list(chain.from_iterable(map(dict.values, hints)))
        leading = {at for at, hint in dict(zip(map(id, each), each, strict=True)).items() if _leads_on(hint)}
        if leading:
            lead_on = [not leading.isdisjoint(map(id, of.values())) for of in hints]
            for name in list(compress(plain, lead_on)):
                del plain[name]
    return {name: value for name, value in names.items() if name not in plain}


def _leads_on(hint: object) -> bool:
    kind = type(hint)
    return is_users(hint.__module__) if kind is type else kind not in _HINTS
