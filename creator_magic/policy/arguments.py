"""Calls that do more than compute only by what they are given: a mode, a path, an address, a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from creator_magic.policy.known_names import known_names
from creator_magic.policy.library_results import LOOKS_UP, TEMPORARY, is_mapping_of_names
from creator_magic.policy.sql import effects_of_sql
from creator_magic.policy.values import UNKNOWN, Known, texts

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterator

    from creator_magic.policy.effects import Effect
    from creator_magic.policy.known_names import Known as KnownName
    from creator_magic.policy.meaning import Meanings
    from creator_magic.policy.scopes import Scope
    from creator_magic.policy.values import Value, Values


class Arguments:
    """What a call gives.

    Parameters
    ----------
    call : ast.Call
        The call.
    scope : Scope
        Where it stands.
    meanings : Meanings
        What its arguments can be.
    """

    def __init__(self, call: ast.Call, scope: Scope, meanings: Meanings) -> None:
        self._meanings = meanings
        self._scope = scope
        self.positional: list[Values] = []
        self.unseen = False
        for argument in call.args:
            if type(argument).__name__ != "Starred":
                self.positional.append(meanings.of(argument, scope))
                continue
            self.unseen = True
        self._named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        self.unseen = self.unseen or any(keyword.arg is None for keyword in call.keywords)
        self.names = self._named.keys()

    def get(self, position: int, *names: str) -> Values | None:
        """Return what an argument can be; None if the call does not give it."""
        for name in names:
            if name in self._named:
                return self._meanings.of(self._named[name], self._scope)
        if position < len(self.positional):
            return self.positional[position]
        return UNKNOWN if self.unseen else None

    def are_temporary(self) -> bool:
        """Tell whether every path that is given leads to what is gone afterwards."""
        paths = [values for values in self.positional if not all(map(_is_no_path, values))]
        return bool(paths) and not self.unseen and all(values == {TEMPORARY} for values in paths)


def effects_by_argument(function: str, known: KnownName, given: Arguments) -> Iterator[Effect]:
    """Yield what a call of a known function does, by its arguments.

    Parameters
    ----------
    function : str
        The function's dotted name.
    known : KnownName
        What the table says of it.
    given : Arguments
        The call's arguments.
    """
    if known.by == "mode":
        yield from _opens(function, known, given)
    elif known.by == "target":
        target = given.get(known.position, *_TARGETS)
        if target is not None and not all(map(_stays_in_memory, target)):
            yield from _of_paths(target, "write")
    elif known.by == "source":
        source = given.get(known.position, *_SOURCES)
        if source is not None and not all(map(_stays_in_memory, source)):
            yield from _of_paths(source, "read")


def _opens(function: str, known: KnownName, given: Arguments) -> Iterator[Effect]:
    path = given.positional[0] if given.positional and known.position else given.get(_BY_KEYWORD, *_SOURCES)
    mode = given.get(known.position, "mode")
    if function.startswith("?"):
        # `open` of anything: of a path if a mode is given as one is.
        modes = texts(mode or ())
        if not modes or not all(_MODE.fullmatch(text) for text in modes):
            return
    if path is not None and all(map(_stays_in_memory, path)):
        return
    if mode is None:
        mode = frozenset({Known(known.otherwise)})
    modes = texts(mode)
    reads = len(modes) == len(mode) and not any(set(text) & set("wax+") for text in modes)
    yield from _of_paths(path or UNKNOWN, "read" if reads else "write")


def _of_paths(paths: Values, effect: Effect) -> Iterator[Effect]:
    yield effect
    for value in paths:
        if isinstance(value, Known):
            if _ADDRESS.match(value.text):
                yield "network"
            else:
                yield from effects_of_path(value.text)


def effects_of_path(path: str, *, strictly: bool = False) -> Iterator[Effect]:
    """Yield what it is to read a file besides reading a file, by where it lies.

    Parameters
    ----------
    path : str
        The path, or a part of it.
    strictly : bool
        Whether only what can hardly be anything else counts, for a text of unknown use.
    """
    if _PROCESSES.search(path):
        yield "environment" if "environ" in path else "processes"
    elif _SECRET.search(path) or (not strictly and _HIDDEN.search(path)):
        yield "credentials"


def _is_no_path(value: Value) -> bool:
    return isinstance(value, Known) and not isinstance(value.value, str | bytes)


def _stays_in_memory(value: Value) -> bool:
    if isinstance(value, Known):
        return value.value is None or value.value in (":memory:", "") or isinstance(value.value, bytes)
    return value in _IN_MEMORY


_TARGETS = (
    "path_or_buf",
    "path",
    "path_or_buffer",
    "buf",
    "fname",
    "file",
    "filename",
    "excel_writer",
    "con",
    "f",
)
_SOURCES = (
    "filepath_or_buffer",
    "path",
    "io",
    "path_or_buf",
    "file",
    "filename",
    "fname",
    "fp",
    "name",
    "f",
    "url",
)
_IN_MEMORY = frozenset(
    {
        *("io.StringIO()", "io.BytesIO()", "sys.stdout", "sys.stderr", "sqlite3.connect()", TEMPORARY),
        *("sqlalchemy.create_engine()", "duckdb.connect()", "sys.stdout.buffer", "pandas.ExcelWriter()"),
        *("builtins.open()", "pathlib.Path().open()", "gzip.open()", "zipfile.ZipFile().open()"),
    }
)
"""What is no file, or is one whose opening has been judged."""

_MODE = re.compile(r"(?=.*[rwax])[rwax][bt+U]{0,2}")
_ADDRESS = re.compile(r"(?!file:)[a-z][a-z0-9+]*://", re.IGNORECASE)
_PROCESSES = re.compile(r"(^|[\s/])/?proc/(self|\d+|[a-z_]+\b)|^/proc\b|^/dev/(mem|kmem|sd[a-z]|nvme)")
_SECRET = re.compile(
    r"(^|[/\\~])\.(ssh|aws|azure|gnupg|kube|docker|netrc|pgpass|git-credentials|env|npmrc|pypirc|vault-token"
    r"|config/gcloud|config/gh|jupyter|kaggle|huggingface|mozilla|bash_history|zsh_history|python_history"
    r"|ipython)\b"
    r"|^/etc/(shadow|passwd|sudoers|ssh)|\bid_(rsa|dsa|ecdsa|ed25519)\b|^/root\b|\b_netrc$|^/var/run/secrets"
    r"|^/run/secrets|(^|[/\\])(kaggle\.json|credentials(\.json)?|client_secrets?\.json|Login Data)$"
    r"|\.(pem|pfx|p12|keystore)$",
)
_HIDDEN = re.compile(r"(^|[/\\])\.[A-Za-z_]")


def effects_of_call(function: str, given: Arguments) -> Iterator[Effect]:
    """Yield what a call does where a rule of its own is needed.

    Parameters
    ----------
    function : str
        The dotted name of what is called.
    given : Arguments
        The call's arguments.
    """
    owner, _, last = function.rpartition(".")
    rule = _RULES.get(function)
    if rule is not None:
        yield from rule(given)
    elif last == "__getattribute__":
        if len(given.positional) == 1:
            yield from _gets(frozenset({owner}), given.get(0), given)
        else:
            yield from _getattr(given)
    elif owner == "os.environ" and last in LOOKS_UP:
        yield from _getenv(given)
    elif is_mapping_of_names(owner) and last in LOOKS_UP - {"pop"}:
        if _unseen(given.get(0)):
            yield "dynamic"
    elif owner == "subprocess":
        yield from _commands(given)
    elif last in _OF_ANY_DATABASE or (last in _STATEMENTS and f"{owner}.".startswith(_DATABASES)):
        yield from _statement(given.get(0, *_NAMES_OF_SQL), owner, last)


def _statement(said: Values | None, owner: str, method: str = "") -> Iterator[Effect]:
    """Yield what SQL does; in a database of the code's own, only what it does outside of it."""
    own = owner == "duckdb" or owner.startswith(_OWN_DATABASES)
    database = f"{owner}.".startswith(_DATABASES)
    for value in said or ():
        found = effects_of_sql(value.text if isinstance(value, Known) else "")
        yield from found.outside
        for path in found.paths:
            yield from _of_named(path)
        if own or not (database or found.known):
            continue
        yield from found.inside
        if isinstance(value, Known):
            readable = value.whole and found.known
        else:
            # SQLAlchemy takes expressions, and no text but what went through its `text`.
            readable = not database or (owner.startswith("sqlalchemy") and method != "exec_driver_sql")
        if not readable:
            yield "dynamic"


def _of_named(path: str) -> Iterator[Effect]:
    if _ADDRESS.match(path):
        yield "network"
    else:
        yield from effects_of_path(path)


def _sql_of_library(given: Arguments) -> Iterator[Effect]:
    connections = given.get(1, "con", "connection") or UNKNOWN
    own = all(isinstance(value, str) and value.startswith(_OWN_DATABASES) for value in connections)
    yield from _statement(given.get(0, *_NAMES_OF_SQL), _OWN_DATABASES[0] if own else "?")


def _sql_text(given: Arguments) -> Iterator[Effect]:
    if _unseen(given.get(0, "text")):
        yield "dynamic"


def _import(given: Arguments) -> Iterator[Effect]:
    if not texts(given.get(0, "name") or ()):
        yield "dynamic"


def _getattr(given: Arguments) -> Iterator[Effect]:
    return _gets(given.get(0) or UNKNOWN, given.get(1, "name"), given)


def _gets(of: Values, name: Values | None, given: Arguments) -> Iterator[Effect]:
    if _unseen(name) and (_is_guarded(of) or given.unseen):
        yield "dynamic"


def _setattr(given: Arguments) -> Iterator[Effect]:
    of = given.get(0) or UNKNOWN
    if _is_guarded(of):
        yield "kernel"


def _getenv(given: Arguments) -> Iterator[Effect]:
    if not are_harmless_variables(given.get(0, "key") or UNKNOWN):
        yield "environment"


def _yaml(given: Arguments) -> Iterator[Effect]:
    if not (given.get(1, "Loader") or UNKNOWN) <= _SAFE_LOADERS:
        yield "dynamic"


def _numpy_load(given: Arguments) -> Iterator[Effect]:
    if (given.get(2, "allow_pickle") or _FALSE) != _FALSE:
        yield "dynamic"


def _torch_load(given: Arguments) -> Iterator[Effect]:
    if (given.get(_BY_KEYWORD, "weights_only") or _TRUE) != _TRUE:
        yield "dynamic"


def _timer(given: Arguments) -> Iterator[Effect]:
    if any(isinstance(value, Known) for value in given.get(0, "stmt") or ()):
        yield "dynamic"


def _log(given: Arguments) -> Iterator[Effect]:
    if "filename" in given.names:
        yield "write"


def _engine(given: Arguments) -> Iterator[Effect]:
    for value in given.get(0, "url") or UNKNOWN:
        text = value.text if isinstance(value, Known) else ""
        if not text.startswith("sqlite"):
            yield "network"
        elif ":memory:" not in text and text not in ("sqlite://", "sqlite:///"):
            yield "write"


def _commands(given: Arguments) -> Iterator[Effect]:
    words = [v.text for values in given.positional for v in _flat(values) if isinstance(v, Known)]
    if _INSTALLS.search(" ".join(words)):
        yield "install"


def _place(given: Arguments) -> Iterator[Effect]:
    for values in given.positional:
        for value in values:
            if isinstance(value, Known):
                yield from effects_of_path(value.text, strictly=True)


def _is_guarded(values: Values | None) -> bool:
    return any(isinstance(value, str) and known_names().is_guarded(value) for value in values or ())


def _unseen(values: Values | None) -> bool:
    return values is None or len(texts(values)) < len(values)


def are_harmless_variables(names: Values) -> bool:
    """Tell whether `names` are variables of the environment that hold no secrets."""
    known = texts(names)
    return len(known) == len(names) and all(
        name in known_names().harmless_variables or name.endswith(_HARMLESS_ENDS) for name in known
    )


def _flat(values: Values) -> Iterator[Value]:
    for value in values:
        items = getattr(value, "items", None)
        if items is None:
            yield value
        else:
            for item in items:
                yield from item


_HARMLESS_ENDS = ("_NUM_THREADS", "_LOG_LEVEL", "_DISABLE", "_VERBOSE")
_BY_KEYWORD = 99
"""The position of an argument that is only ever given by name."""

_FALSE: Values = frozenset({Known(value=False)})
_TRUE: Values = frozenset({Known(value=True)})
_SAFE_LOADERS = frozenset({"yaml.SafeLoader", "yaml.CSafeLoader", "yaml.BaseLoader"})
_INSTALLS = re.compile(
    r"\b(pip3?|conda|mamba|uv|apt|apt-get|brew|npm|poetry|easy_install)\b.*\b(install|add)\b", re.DOTALL
)
_OF_ANY_DATABASE = frozenset({"execute", "executemany", "executescript"})
_STATEMENTS = _OF_ANY_DATABASE | {
    "sql",
    "query",
    "query_df",
    "from_query",
    "exec_driver_sql",
    "scalar",
    "scalars",
}
_NAMES_OF_SQL = ("sql", "query", "statement", "operation")
_DATABASES = ("sqlite3.", "duckdb.", "sqlalchemy.")
_OWN_DATABASES = ("sqlite3.connect()", "duckdb.connect()", "sqlalchemy.create_engine()")
_RULES: dict[str, Callable[[Arguments], Iterator[Effect]]] = {
    **dict.fromkeys(("builtins.__import__", "importlib.import_module", "importlib.__import__"), _import),
    **dict.fromkeys(("builtins.getattr", "inspect.getattr_static"), _getattr),
    **dict.fromkeys(("builtins.setattr", "builtins.delattr"), _setattr),
    "os.getenv": _getenv,
    **dict.fromkeys(("yaml.load", "yaml.load_all"), _yaml),
    "numpy.load": _numpy_load,
    "torch.load": _torch_load,
    **dict.fromkeys(("timeit.timeit", "timeit.repeat", "timeit.Timer"), _timer),
    "logging.basicConfig": _log,
    "sqlalchemy.create_engine": _engine,
    "sqlalchemy.text": _sql_text,
    **dict.fromkeys(("pandas.read_sql", "pandas.read_sql_query", "polars.read_database"), _sql_of_library),
    **dict.fromkeys(("os.system", "os.popen"), _commands),
    **dict.fromkeys(("asyncio.create_subprocess_shell", "asyncio.create_subprocess_exec"), _commands),
    **dict.fromkeys(("pathlib.Path", "os.path.join", "os.path.expanduser"), _place),
    "pathlib.Path().joinpath": _place,
}
