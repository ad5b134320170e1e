"""What a SQL statement does, by its words: what it changes in its database, and what it reaches outside.

Words are enough to tell reading from writing; nothing is parsed, so that no dialect is missed. Where a
word could be either, it counts as the worse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from creator_magic.policy.effects import Effect

_TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|(?P<text>'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)"
    r"|(?P<name>\"[^\"]*\"|`[^`]*`|\[[^\]]*\])|(?P<word>[^\W\d]\w*)|(?P<sign>[^\s\w])",
    re.DOTALL,
)
_FIRST: dict[str, Effect | None] = {
    **dict.fromkeys(("select", "with", "from", "values", "table", "explain", "describe", "desc", "show")),
    **dict.fromkeys(("summarize", "pivot", "unpivot", "pragma", "begin", "start", "savepoint")),
    **dict.fromkeys(("insert", "update", "merge", "replace", "upsert", "create", "alter", "rename"), "write"),
    **dict.fromkeys(("vacuum", "reindex", "analyze", "grant", "revoke", "comment", "checkpoint"), "write"),
    **dict.fromkeys(("set", "reset", "use", "commit", "end", "release", "lock", "detach"), "write"),
    **dict.fromkeys(("delete", "drop", "truncate", "rollback"), "delete"),
    **dict.fromkeys(("call", "execute", "prepare", "do"), "dynamic"),
}
"""What a statement does in its database by the word that it begins with."""

_OUTSIDE: dict[str, Effect] = {
    **dict.fromkeys(("attach", "export", "copy"), "write"),
    **dict.fromkeys(("install", "force", "load", "import"), "install"),
}
_FUNCTIONS: dict[str, Effect] = {
    **dict.fromkeys(("postgres_scan", "mysql_scan", "postgres_query", "mysql_query", "dblink"), "network"),
    **dict.fromkeys(("load_extension", "fts3_tokenizer", "query", "query_table"), "dynamic"),
    **dict.fromkeys(("writefile", "lo_export", "pg_file_write"), "write"),
    "getenv": "environment",
}
_READS = re.compile(r"(read|scan|sniff)_\w+|\w+_scan|glob|st_read|pg_read_file|readfile")
_PRAGMAS = re.compile(r"(table|index|foreign_key|database|function|collation|pragma|module)_x?(info|list)")


@dataclass(slots=True)
class SqlEffects:
    """What statements do.

    Parameters
    ----------
    inside : set of str
        To their database.
    outside : set of str
        To files, to the network and to anything else.
    paths : list of str
        The files and addresses that they name.
    known : bool
        Whether all of them begin as SQL does.
    """

    inside: set[Effect] = field(default_factory=set)
    outside: set[Effect] = field(default_factory=set)
    paths: list[str] = field(default_factory=list)
    known: bool = True


def effects_of_sql(text: str) -> SqlEffects:
    """Return what the statements in a text do.

    Parameters
    ----------
    text : str
        One statement or several.
    """
    found = SqlEffects()
    for statement in _statements(text):
        _read(statement, found)
    return found


_Token = tuple[str, str]


def _statements(text: str) -> Iterator[list[_Token]]:
    statement: list[_Token] = []
    for match in _TOKEN.finditer(text):
        kind, said = match.lastgroup or "", match.group()
        if kind in ("tag", "text"):
            statement.append(("text", said.strip("'")))
        elif said == ";":
            yield statement
            statement = []
        elif kind:
            statement.append((kind, said.lower()))
    yield statement


def _read(statement: Sequence[_Token], found: SqlEffects) -> None:
    if statement and statement[0][1] == "explain":
        # With `analyze` it is carried out.
        statement = [token for token in statement if token[1] not in ("explain", "analyze")]
    words = [said for kind, said in statement if kind == "word"]
    if not words:
        return
    _read_beginning(words, [said for kind, said in statement if kind == "sign"], found)
    followed = [*statement[1:], ("", "")]
    for before, (kind, said), after in zip([("", ""), *statement], statement, followed, strict=False):
        if kind == "word":
            _read_word(said, after[1], found)
        elif kind == "text" and before[1] in ("from", "join"):
            # DuckDB reads the file of that name.
            found.outside.add("read")
    if found.outside:
        found.paths += [said for kind, said in statement if kind == "text"]


def _read_beginning(words: Sequence[str], signs: Sequence[str], found: SqlEffects) -> None:
    first = words[0]
    if first in _OUTSIDE:
        found.outside.add(_OUTSIDE[first])
    elif first == "pragma":
        if not {"=", "("}.isdisjoint(signs) and not any(map(_PRAGMAS.fullmatch, words[1:3])):
            found.inside.add("write")
    elif effect := _FIRST.get(first):
        found.inside.add(effect)
    found.known = found.known and (first in _OUTSIDE or first in _FIRST)


def _read_word(word: str, after: str, found: SqlEffects) -> None:
    if after == "(":
        if word in _FUNCTIONS:
            found.outside.add(_FUNCTIONS[word])
        elif _READS.fullmatch(word):
            found.outside.add("read")
    elif word in ("insert", "merge", "into"):
        found.inside.add("write")
    elif word == "delete" and after == "from":
        found.inside.add("delete")
    elif word == "update" and after not in ("of", "nowait", "skip", ""):
        found.inside.add("write")
