"""What an expression can be, as far as it matters for what code may do.

A value is one of these:

- a dotted name as text: `os.remove` is that function, `pathlib.Path()` any object that calling
  `pathlib.Path` gives, `?` anything at all, `?.unlink` an attribute of anything;
- `Known`: a constant, or the known beginning of a text;
- `Items`: what a list, a tuple, a set or a dict holds;
- `Own`: a function or class of the code's, or an object of such a class;
- `Bound`: a method of a `Known` or an `Items`; `Partial`: a function with some of its arguments.

An expression is a set of them: whatever it can be, over all ways through the code.
"""

from __future__ import annotations

import base64
import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterable, Sequence

    from creator_magic.policy.scopes import Definition, Scope

ANYTHING = "?"
LONGEST = 2_000
"""Characters of a text that is worth putting together."""

_DEEPEST = 4

MOST = 32
"""Alternatives of one expression that are worth telling apart."""

_LONGEST_NAME = 160
_CONTAINERS = 3
"""Containers that are told apart in one expression."""


@dataclass(frozen=True, slots=True)
class Known:
    """A constant; with `whole` false, the text that is known of one: the rest stands as U+0000."""

    value: str | bytes | int | float | complex | bool | None
    whole: bool = True

    @property
    def text(self) -> str:
        """The text, empty where it is none."""
        if isinstance(self.value, bytes):
            return self.value.decode("utf-8", "replace")
        return self.value if isinstance(self.value, str) else ""


@dataclass(frozen=True, slots=True)
class Items:
    """The contents of a container; `exact` if each stands for one item, in order."""

    items: tuple[frozenset[Value], ...]
    exact: bool = True
    depth: int = 1

    @property
    def all(self) -> frozenset[Value]:
        """Whatever any item can be."""
        return frozenset().union(*self.items)


@dataclass(frozen=True, slots=True)
class Own:
    """A function or a class of the code's; with `made`, an object of that class."""

    definition: Definition
    made: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A method of a constant or of a container."""

    of: Known | Items
    name: str


@dataclass(frozen=True, slots=True)
class Partial:
    """A function that was given the arguments of `call`, but for its first."""

    functions: frozenset[Value]
    call: ast.Call
    scope: Scope


Value = str | Known | Items | Own | Bound | Partial
Values = frozenset[Value]

UNKNOWN: Values = frozenset({ANYTHING})


def holding(items: Iterable[frozenset[Value]], *, exact: bool = True) -> Value:
    """Return what holds `items`; of what is nested deeply, nothing is known."""
    kept = tuple(items)
    depth = 1 + max((v.depth for values in kept for v in values if isinstance(v, Items)), default=0)
    return Items(kept, exact, depth) if depth <= _DEEPEST else ANYTHING


def limited(values: Iterable[Value]) -> Values:
    """Return `values`, or what little is left to say of them where they are many."""
    found: set[Value] = {v if not isinstance(v, str) or len(v) < _LONGEST_NAME else ANYTHING for v in values}
    containers = [value for value in found if isinstance(value, Items)]
    if len(containers) > _CONTAINERS:
        everything = limited({value for one in containers for value in one.all})
        found = found.difference(containers) | {holding([everything], exact=False)}
    if len(found) > MOST:
        found = {ANYTHING, *(v for v in found if not isinstance(v, Known | Items) and not _vague(v))}
    return frozenset(found)


def _vague(value: Value) -> bool:
    return isinstance(value, str) and value.startswith(ANYTHING)


def texts(values: Iterable[Value]) -> list[str]:
    """Return the whole texts among `values`."""
    return [v.text for v in values if isinstance(v, Known) and v.whole and isinstance(v.value, str | bytes)]


def dotted(values: Iterable[Value]) -> list[str]:
    """Return the dotted names among `values`."""
    return [value for value in values if isinstance(value, str)]


def piece(value: Value) -> str:
    """Return what is known of a value as a piece of a text."""
    if isinstance(value, Known) and isinstance(value.value, str | int) and not isinstance(value.value, bool):
        return str(value.value)[:LONGEST]
    return "\0"


def joined(parts: Sequence[Values]) -> Values:
    """Return what texts come of parts put one behind the other."""
    found: set[str] = {""}
    for part in parts:
        pieces = set(map(piece, part))
        found = {before + after for before in found for after in pieces}
        if len(found) > MOST or any(len(text) > LONGEST for text in found):
            return UNKNOWN
    return frozenset(Known(text, "\0" not in text) if text.strip("\0") else ANYTHING for text in found)


def added(left: Values, right: Values) -> Values:
    """Return what `left + right` can be."""
    found: set[Value] = set()
    left, right = _as_texts(left), _as_texts(right)
    for one in left:
        for other in right:
            if isinstance(one, Items) and isinstance(other, Items):
                exact = one.exact and other.exact and len(one.items) + len(other.items) <= MOST
                found.add(
                    holding((*one.items, *other.items) if exact else (one.all | other.all,), exact=exact)
                )
            elif _both(bytes, one, other):
                found.add(Known(one.value + other.value))  # type: ignore[union-attr,operator]
            else:
                found |= joined([frozenset({one}), frozenset({other})])
    return _few(found)


def _as_texts(values: Values) -> Values:
    plain = frozenset(value for value in values if isinstance(value, Known | Items))
    return plain if len(plain) == len(values) else plain | UNKNOWN


def _both(kind: type, *values: Value) -> bool:
    return all(isinstance(v, Known) and isinstance(v.value, kind) and len(v.value) <= LONGEST for v in values)  # type: ignore[arg-type]


def formatted(template: Value, given: Sequence[Values]) -> Values:
    """Return what `template % given` or `template.format(*given)` can be, where that is simple."""
    if not isinstance(template, Known) or not isinstance(template.value, str):
        return UNKNOWN
    text = template.value
    mark = "%s" if "%s" in text else "{}"
    pieces = text.split(mark)
    if len(pieces) > len(given) + 1:
        return frozenset({Known(pieces[0] + "\0", whole=False)})
    parts: list[Values] = [frozenset({Known(pieces[0])})]
    for value, after in zip(given, pieces[1:], strict=False):
        parts += [value, frozenset({Known(after)})]
    return joined(parts)


_TEXT_METHODS = frozenset(
    [
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "replace",
        "removeprefix",
        "removesuffix",
        "swapcase",
        "title",
        "capitalize",
        "casefold",
        "decode",
        "encode",
        "hex",
    ]
)


def result_of_method(method: Bound, arguments: Sequence[Values]) -> Values:  # noqa: PLR0911 - a case each
    """Return what a method of a constant or a container gives."""
    of, name = method.of, method.name
    if isinstance(of, Items):
        if name == "items":
            return frozenset({holding([frozenset({holding([of.all], exact=False)})], exact=False)})
        if name in ("values", "copy", "keys", "__iter__"):
            return frozenset({of})
        return of.all | (arguments[1] if len(arguments) > 1 else frozenset())
    if name == "join" and arguments and isinstance(of.value, str):
        return _few(_joins(of.value, arguments[0]))
    if name == "format":
        return formatted(of, arguments)
    if name in ("split", "rsplit", "splitlines") and len(of.text) <= LONGEST:
        parts = _applied(of.value, name, arguments)
        if isinstance(parts, list):
            return frozenset({holding(frozenset({Known(part)}) for part in parts[:MOST])})
    if name in _TEXT_METHODS and len(of.text) <= LONGEST and of.whole:
        changed = _applied(of.value, name, arguments)
        if isinstance(changed, str | bytes) and len(changed) <= LONGEST:
            return frozenset({Known(changed)})
    return UNKNOWN


def _applied(value: Any, name: str, arguments: Sequence[Values]) -> Any:
    plain: list[Any] = []
    for argument in arguments:
        (one,) = argument if len(argument) == 1 else (ANYTHING,)
        if not isinstance(one, Known) or not one.whole or len(one.text) > LONGEST:
            return None
        plain.append(one.value)
    return _attempt(lambda: getattr(value, name)(*plain))


def _attempt(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except Exception:  # noqa: BLE001 - what Python itself cannot make of these constants is unknown
        return None


def _joins(separator: str, given: Values) -> set[Value]:
    found: set[Value] = set()
    for value in given:
        if not isinstance(value, Items) or not value.exact:
            return {ANYTHING}
        parts: list[Values] = []
        for item in value.items:
            parts += [frozenset({Known(separator)}), item]
        found |= joined(parts[1:])
    return found


def sliced(value: Value, bounds: Sequence[Value]) -> Value:
    """Return what a slice of a text is."""
    if isinstance(value, Known) and value.whole and isinstance(value.value, str | bytes):
        plain: list[Any] = [bound.value if isinstance(bound, Known) else ANYTHING for bound in bounds]
        changed = _attempt(lambda: value.value[slice(*plain)])  # type: ignore[index]
        if isinstance(changed, str | bytes):
            return Known(changed)
    return value if isinstance(value, Items) else ANYTHING


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "builtins.chr": chr,
    "builtins.str": str,
    "builtins.ord": ord,
    "builtins.bytes": bytes,
    "base64.b64decode": base64.b64decode,
    "base64.b32decode": base64.b32decode,
    "base64.b16decode": base64.b16decode,
    "base64.b85decode": base64.b85decode,
    "base64.urlsafe_b64decode": base64.urlsafe_b64decode,
    "builtins.bytes.fromhex": bytes.fromhex,
    "binascii.unhexlify": bytes.fromhex,
    "sys.intern": str,
}


def decoded(function: str, arguments: Sequence[Values]) -> Values | None:
    """Return what a function that only turns one constant into another gives; None for others."""
    if function == "codecs.decode" and len(arguments) == 2:  # noqa: PLR2004 - text and codec
        names = texts(arguments[1])
        plain = texts(arguments[0])
        if names in (["rot13"], ["rot_13"]):
            return frozenset(Known(codecs.decode(text[:LONGEST], "rot13")) for text in plain)
    decode = _DECODERS.get(function)
    if decode is None or len(arguments) != 1:
        return None
    if function == "builtins.str" and not any(isinstance(value, Known) for value in arguments[0]):
        # A path stays one as a text.
        return frozenset(value for value in arguments[0] if isinstance(value, str)) or UNKNOWN
    found: set[Value] = set()
    for value in arguments[0]:
        plain_value = value.value if isinstance(value, Known) and value.whole else None
        if plain_value is None or (isinstance(plain_value, int) and function == "builtins.bytes"):
            changed = None
        else:
            changed = _attempt(lambda plain_value=plain_value: decode(plain_value))  # type: ignore[misc]
        small = not isinstance(changed, str | bytes) or len(changed) <= LONGEST
        found.add(ANYTHING if changed is None or not small else Known(changed))
    return _few(found)


def _few(found: set[Value]) -> Values:
    constants = sum(isinstance(value, Known) for value in found)
    if constants <= MOST:
        return frozenset(found)
    return frozenset(value for value in found if not isinstance(value, Known)) | UNKNOWN
