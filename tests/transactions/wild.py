"""Random namespaces, and random code over every mutation that their types offer."""

from __future__ import annotations

import types
from collections import OrderedDict, deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

STANDING = """
import array, collections, dataclasses, random
import numpy as np, pandas as pd, polars as pl

LOG, COUNTER, DEEP = [], 0, {}

class Box:
    shared, count = [], 0
    def __init__(self, value):
        self.value, self.items = value, [value]
    def push(self, value):
        self.items.append(value); self.shared.append(value); Box.count += 1; LOG.append(value)
    def __setattr__(self, name, value):
        LOG.append(name); object.__setattr__(self, name, value)
    def __eq__(self, other):
        LOG.append("compared"); return True
    __hash__ = object.__hash__

class Slotted:
    __slots__ = ("first", "second")
    def __init__(self, value):
        self.first = value

class Both(Slotted):
    def __init__(self, value):
        self.first, self.extra = value, {"k": value}

@dataclasses.dataclass
class Record:
    name: str = "r"
    rows: list = dataclasses.field(default_factory=list)

class Rows(list):
    tag = 1

class Table(dict):
    def __setitem__(self, key, value):
        LOG.append("set"); super().__setitem__(key, value)

class Failure(Exception):
    pass

def bump(value=None):
    global COUNTER
    COUNTER += 1; LOG.append(value); helper()

def helper():
    DEEP.setdefault("n", []).append(1)

def counting():
    count, heard = 0, []
    def count_up():
        nonlocal count
        count += 1; heard.append(count); return count
    return count_up

closure = counting()

def remembering(value, seen=[]):
    seen.append(value); return seen
"""

_SIMPLE = ("1", "2.5", "'s'", "None", "True", "b'x'", "(1, 2)", "frozenset([1])", "10**20")

_VALUES = (
    "[{a}, {b}]", "[{a}, [{b}], 3]", "{{'a': {a}, 'b': {b}}}", "{{1: {a}, 'a': 2}}", "{{1, 2, 'z'}}",
    "({a}, {b})", "collections.deque([{a}, 2], maxlen=4)", "collections.defaultdict(list, {{'a': [{a}]}})",
    "collections.OrderedDict(a={a}, b=2)", "collections.Counter('aab')", "bytearray(b'abc')",
    "array.array('i', [1, 2, 3])", "np.arange(6.)", "np.arange(12).reshape(3, 4)[::2]",
    "np.array([{s}, [1], None], dtype=object)", "np.asfortranarray(np.ones((3, 2)))",
    "np.zeros(3, dtype=[('a', 'i4'), ('b', 'f8')])", "np.array(['a', 'bb'])",
    "np.array(['2020-01-01', 'NaT'], dtype='M8[D]')", "np.ma.array([1, 2, 3], mask=[0, 1, 0])",
    "np.random.default_rng(1)", "random.Random(1)",
    "pd.DataFrame({{'a': [1., 2, 3], 'b': [1, 2, 3], 's': list('xyz')}})",
    "pd.DataFrame({{'a': [3, 1, 2], 'o': pd.Series([[1], {{}}, {a}], dtype=object)}})",
    "pd.DataFrame(np.ones((3, 3)), columns=list('abc'), index=list('xyz'))",
    "pd.DataFrame({{'a': pd.Categorical(list('uvu')), 't': pd.date_range('2020', periods=3),"
    " 'n': pd.array([1, None, 3], dtype='Int64')}})",
    "pd.DataFrame({{'a': [1, 2], 'b': [3, 4]}}).set_index(['a', 'b'], drop=False)",
    "pd.Series([1., 2, 3], name='a')", "pd.Series([[1], [2]], dtype=object)", "pd.Series(list('xyz'))",
    "pd.Index([1, 2, 3], name='i')", "pl.DataFrame({{'a': [1, 2, 3], 'b': [.5, 1, 2]}})",
    "pl.Series('a', [1, 2, 3])", "Box({a})", "Slotted({a})", "Both({a})", "Record('n', [{a}])",
    "Rows([{a}])", "Table({{'a': {a}}})", "Failure({a})", "remembering", "counting()",
)  # fmt: skip
_OF_ANOTHER = (
    "{n}", "{n}", "{n}[1:]", "{n}['a']", "{n}.T", "{n}.iloc[:2]", "pd.DataFrame({n}, copy=False)",
    "pd.Series({n}, copy=False)", "{n}.to_numpy()", "{n}.values", "{n}.array", "{n}.index", "{n}.columns",
    "{n}.items", "{n}.dtype.hasobject or {n}.view(np.uint8)", "iter({n}) and [{n}] * 2", "{n}.append",
)  # fmt: skip


def build(draw: Random, namespace: dict[str, Any]) -> list[str]:
    """Fill `namespace`; return the names that may be mutated, in the order in which they were bound."""
    exec(STANDING, namespace)  # noqa: S102 - as a person's cells would
    names: list[str] = []
    for number in range(draw.randrange(4, 13)):
        source = _value(draw, names, 0)
        if names and draw.random() < 0.35:
            source = draw.choice(_OF_ANOTHER).format(n=draw.choice(names))
        with suppress(Exception):
            exec(f"v{number} = {source}", namespace)  # noqa: S102 - as above
            names.append(f"v{number}")
        if names and draw.random() < 0.1:
            # A cycle, mostly.
            with suppress(Exception):
                exec(f"{draw.choice(names)}.append({draw.choice(names)})", namespace)  # noqa: S102
    return names


def _value(draw: Random, names: list[str], depth: int) -> str:
    if names and draw.random() < 0.25:
        return draw.choice(names)
    if depth > 2 or draw.random() < 0.15:
        return draw.choice(_SIMPLE)
    made = draw.choice(_VALUES)
    parts = {key: _value(draw, names, depth + 1) for key in "ab" if f"{{{key}}}" in made}
    return made.format(**{"a": "", "b": "", **parts}, s=draw.choice(_SIMPLE[:5]))


FRAME_WAYS = (
    "{p}['new'] = 1", "{p}['a'] = 0", "del {p}['a']", "{p}.iloc[0, 0] = 9", "{p}.loc[:, 'a'] = 5",
    "{p}.loc[99] = 1", "{p}.iat[0, 0] = 8", "{p}.at[{p}.index[0], 'a'] = 7", "{p}[{p} > 1] = 0",
    "{p}.loc[{p}['a'] > 1, 'a'] = 0", "{p}.iloc[:2] *= 3", "{p}[:] = 0", "{p}['b'] += 1",
    "{p}[['a', 'b']] = {p}[['b', 'a']].values", "{p}.insert(0, 'ins', 7)", "{p}.pop('a')",
    "{p}.sort_values('a', inplace=True, ascending=False)", "{p}.sort_index(inplace=True, ascending=False)",
    "{p}.drop(index={p}.index[0], inplace=True)", "{p}.drop(columns='a', inplace=True)",
    "{p}.rename(columns=str.upper, inplace=True)", "{p}.rename(index=lambda i: (i, 1), inplace=True)",
    "{p}.rename_axis('w', inplace=True)", "{p}.set_index('a', inplace=True)", "{p}.reset_index(inplace=True)",
    "{p}.fillna(0, inplace=True)", "{p}.ffill(inplace=True)", "{p}.interpolate(inplace=True)",
    "{p}.replace(1, 5, inplace=True)", "{p}.where({p} > 1, 0, inplace=True)",
    "{p}.mask({p} > 1, 0, inplace=True)", "{p}.clip(0, 1, inplace=True)", "{p}.dropna(inplace=True)",
    "{p}.drop_duplicates(inplace=True)", "{p}.eval('a = a * 2', inplace=True)",
    "{p}.query('a > 1', inplace=True)", "{p}.update({p} * 2)", "{p}['a'] = {p}['a'].astype(str)",
    "{p}.columns = list(range({p}.shape[1]))", "{p}.index = range(100, 100 + len({p}))", "{p}.index.name = 'zz'", "{p}.columns.name = 'cc'",
    "{p}.index.names = ['w']", "{p}.index.rename('k', inplace=True)", "{p}.attrs['k'] = 1",
    "{p}.attrs = {{'z': 1}}", "{p}.flags.allows_duplicate_labels = False", "{p}.extra = 5",
    "{p}['o'].iloc[0].append(5)", "{p}['o'].iloc[1]['z'] = 1", "{p}.__init__({{'w': [1]}})",
    "{p}['a'].array[0] = 9", "{p}['b']._values[0] = 7", "{p}['t'].array[0] = None",
    "{p}['s'].array[0] = 'zz'", "{p}['s'].values[0] = 'zz'", "{p}['n'].array[0] = 5", "{p}['n'].values[0] = 5",
    "q = {p}['b'].values; q.flags.writeable = True; q[0] = 5",
    "{p}._mgr.blocks[0].values[...] = 0", "{p}.index._values[0] = 9",
)  # fmt: skip
SERIES_WAYS = (
    "{p}[0] = 9", "{p}.iloc[0] = 9", "{p}.loc[50] = 1", "{p}.at[0] = 4", "{p}.name = 'q'", "{p}.pop(0)",
    "{p}.rename('r', inplace=True)", "{p}.sort_values(inplace=True, ascending=False)",
    "{p}.sort_index(inplace=True, ascending=False)", "{p}.fillna(0, inplace=True)",
    "{p}.replace(1, 6, inplace=True)", "{p}.where({p} > 1, inplace=True)", "{p}.clip(1, 2, inplace=True)",
    "{p}.index = range(5, 5 + len({p}))", "{p}.index.name = 'n'", "{p}.drop(0, inplace=True)", "{p} += 1",
    "{p}.iloc[0].append(3)", "{p}.update({p} * 3)", "{p}.attrs['z'] = 1", "{p}.array[0] = 9",
    "{p}.values[0] = 9", "{p}._values[0] = 9", "{p}.drop_duplicates(inplace=True)", "{p}[{p} > 1] = 0",
    "{p}.dropna(inplace=True)", "{p}.reset_index(drop=True, inplace=True)", "{p}.mask({p} > 1, inplace=True)",
)  # fmt: skip
ARRAY_WAYS = (
    "{p}[...] = 0", "{p}[0] = -1", "{p}[{p} > 1] = 0", "{p} *= 2", "{p}.sort()", "{p}.fill(3)",
    "{p}.partition(1)", "{p}.put([0], [7])", "np.put({p}, [0], 5)", "np.place({p}, {p} > 0, 4)",
    "np.putmask({p}, {p} > 0, 4)", "np.copyto({p}, 3)", "np.fill_diagonal({p}, 7)",
    "np.add({p}, 1, out={p})", "np.clip({p}, 0, 1, out={p})", "np.random.shuffle({p})",
    "np.random.default_rng().shuffle({p})", "{p}.byteswap(inplace=True)", "{p}.shape = (-1,)",
    "{p}.strides = (0,) * {p}.ndim", "{p}.dtype.hasobject or setattr({p}, 'dtype', np.uint8)", "{p}.flags.writeable = False", "{p}.setflags(write=False)",
    "{p}.T[0] = 9", "{p}.ravel()[:1] = 8", "{p}.dtype.hasobject or {p}.view('u1').fill(7)", "{p}.reshape(-1)[0] = 6",
    "np.asarray({p})[0] = 8", "{p}.flat[0] = 5", "memoryview({p})[0] = 4", "{p}['a'] = 4", "{p}[0]['a'] = 4",
    "{p}.mask = True", "{p}[1] = np.ma.masked", "{p}.set_fill_value(7)", "{p}.harden_mask()", "{p}[1].append(4)",
    "{p}[1] = [{q}]", "np.lib.stride_tricks.as_strided({p})[0] = 2", "{p}[1:][0] = 3",
)  # fmt: skip
RESIZES = (
    "{p}.resize((40,), refcheck=False)", "{p}.resize((2,), refcheck=False)",
    "{p}.resize((9,), refcheck=False); {p}.strides = (0,)", "{p}.resize((3, 3), refcheck=False); {p}.fill(1)",
)  # fmt: skip
"""Apart: together with other code that writes through a view of such an array, they break NumPy itself."""

_OBJECT_WAYS = (
    "{p}.value = {q}", "{p}.items.append(1)", "{p}.push({q})", "{p}.extra = 1", "del {p}.value",
    "{p}.__class__ = type('Other', (Box,), {{}})", "{p}.__dict__.clear()", "{p}.__dict__ = {{}}",
    "vars({p})['value'] = [0]", "Box.shared.append(3)", "Box.count += 1", "Box.added = [1]", "del Box.push",
    "type({p}).push = None", "{p}.first = {q}", "{p}.second = [1]", "del {p}.first", "{p}.extra['u'] = 1",
    "{p}.rows.append({q})", "{p}.name = 5", "Record.__init__ = None", "{p}.args = (1, 2)", "{p}.add_note('n')",
    "raise {p}", "setattr({p}, 'new', {q})",
)  # fmt: skip
WAYS: dict[Any, tuple[str, ...]] = {
    list: (
        "{p}.append(77)", "{p}.clear()", "{p}[0] = 99", "del {p}[0]", "{p}[:] = [5, 6]", "{p}.insert(0, {q})",
        "{p} += [1]", "{p} *= 2", "{p}.reverse()", "{p}.sort(key=id)", "{p}.append({p})", "{p}.extend(range(5))",
        "{p}.pop()", "{p}.remove({p}[0])", "{p}.attribute = [1]", "Rows.tag = 2", "{p}[::2] = []",
    ),
    dict: (
        "{p}['new'] = 1", "{p}.clear()", "{p}.pop(next(iter({p})))", "{p}['a'] = {q}", "{p}.update(zz=3)",
        "{p}['self'] = {p}", "{p}.setdefault('k', []).append(1)", "{p}.popitem()", "x = {p}.pop('a'); {p}['a'] = x",
        "{p} |= {{'o': 1}}", "{p}.attribute = 1", "{p}['a'].append(2)",
    ),
    OrderedDict: ("{p}.move_to_end('a')", "{p}.popitem(False)"),
    set: (
        "{p}.add(55)", "{p}.discard(1)", "{p}.clear()", "{p} |= {{8, 9}}", "{p}.pop()", "{p} ^= {{1, 7}}",
        "{p} &= {{1}}", "{p}.update('abc')",
    ),
    deque: (
        "{p}.append(1)", "{p}.rotate()", "{p}.clear()", "{p}.popleft()", "{p}.appendleft({q})", "{p}.reverse()",
        "{p}[0] = 4",
    ),
    bytearray: ("{p}.append(1)", "{p}[0] = 0", "{p}.clear()", "{p} += b'zz'", "{p}.reverse()", "del {p}[0]"),
    pd.DataFrame: FRAME_WAYS,
    pd.Series: SERIES_WAYS,
    pd.Index: ("{p}.name = 'w'", "{p}.names = ['w'] * {p}.nlevels", "{p}.rename('k', inplace=True)", "{p}._data[0] = 9"),
    pd.api.extensions.ExtensionArray: ("{p}[0] = {p}[1]", "{p}[:] = {p}[0]"),
    pl.DataFrame: (
        "{p}[0, 'a'] = 9", "{p}.insert_column(0, pl.Series('z', [1, 2, 3]))", "{p}.drop_in_place('a')",
        "{p}.columns = ['x', 'y']", "{p}.extend({p})", "{p}.replace_column(0, pl.Series('r', [7, 8, 9]))",
        "{p}.vstack({p}, in_place=True)",
    ),
    pl.Series: (
        "{p}[0] = 9", "{p}.append({p})", "{p}.extend({p})", "{p}.scatter(0, 8)",
        "{p}.sort(in_place=True, descending=True)",
    ),
    np.ndarray: ARRAY_WAYS,
    np.random.Generator: ("{p}.random(3)", "{p}.bit_generator.advance(3)"),
    "Random": ("{p}.random()", "{p}.seed(9)", "{p}.gauss(0, 1)"),
    "array": ("{p}.append(9)", "{p}[0] = 9", "{p}.pop()", "{p}.byteswap()", "{p}.fromlist([4])"),
    "defaultdict": ("{p}['zzz'].append(1)", "{p}.default_factory = int"),
    types.FunctionType: (
        "{p}.note = [1]", "{p}({q})", "{p}()", "{p}.__defaults__ = ()", "{p}.__name__ = 'other'",
        "{p}.__code__ = helper.__code__", "{p}.__closure__[0].cell_contents = 7", "{p}.__kwdefaults__ = {{}}",
    ),
    types.BuiltinMethodType: ("{p}(5)",),
}  # fmt: skip
_ANYTHING = (
    "{n} = 0", "del {n}", "new_{k} = {n}", "{n} = [{n}]", "bump({n})", "closure()", "remembering({n})",
    "exec('{n} = 3')", "globals()['{n}'].clear()", "{n}, {m} = {m}, {n}", "other = {n}; other.clear()",
    "[each.append(4) for each in [{n}] if isinstance(each, list)]", "bump.note = 1", "del LOG[:]",
    "bump.__code__ = helper.__code__", "remembering.__defaults__[0].append(6)", "COUNTER = -1",
    "list(map(bump, [1, 2]))", "setattr(Box, 'dynamic', {n})", "import sys; sys._getframe().f_globals.pop('{n}')",
    "closure.__closure__[1].cell_contents.append(1)", "globals().pop('{n}')",
    "for each in ({n}, {m}):\n    try: each.append(1)\n    except Exception: each['loop'] = 1",
    "def change(z):\n    z.append(1)\n  change({n})", "def rebind():\n    global {n}\n    {n} = 5\n  rebind()",
)  # fmt: skip


def failing_code(draw: Random, namespace: dict[str, Any], names: list[str]) -> str:
    """Return code of one to six random mutations, whatever they do to each other, that fails in the end."""
    mutations = [_mutation(draw, namespace, names) for _ in range(draw.randrange(1, 7))]
    lines = [f"try:\n  {mutation}\nexcept Exception: pass" for mutation in mutations]
    return "\n".join([*lines, "raise ValueError('failed')"])


def _mutation(draw: Random, namespace: dict[str, Any], names: list[str]) -> str:
    name, other = draw.choice(names), draw.choice(names)
    if draw.random() < 0.25:
        return draw.choice(_ANYTHING).format(n=name, m=other, k=draw.randrange(9))
    path, value = draw.choice(list(_paths(name, namespace[name], 0)))
    ways = [way for kind, some in WAYS.items() if _is(value, kind) for way in some]
    if type(value).__module__ == "__main__":
        ways += _OBJECT_WAYS
    if not ways:
        return f"{name} = {draw.choice(_SIMPLE)}"
    return draw.choice(ways).format(p=path, q=other)


def _is(value: Any, kind: Any) -> bool:
    return type(value).__name__ == kind if isinstance(kind, str) else isinstance(value, kind)


def _paths(path: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    yield path, value
    if depth > 2:
        return
    if isinstance(value, list | tuple | deque):
        for number, each in enumerate(list(value)[:3]):
            yield from _paths(f"{path}[{number}]", each, depth + 1)
    elif isinstance(value, dict):
        for key in list(value)[:3]:
            if isinstance(key, str | int):
                yield from _paths(f"{path}[{key!r}]", dict.__getitem__(value, key), depth + 1)
    elif type(value).__module__ == "__main__":
        for attribute in ("value", "items", "first", "second", "extra", "rows"):
            if not isinstance(value, type) and hasattr(value, attribute):
                yield from _paths(f"{path}.{attribute}", getattr(value, attribute), depth + 1)
