"""What generated code would do beyond computing, found in its syntax tree before it runs.

A guard-rail, not a sandbox: it reads what code says, and Python can do things that nobody can read.
`docs/policy.md` lists what is caught and what is missed.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from creator_magic.policy.arguments import (
    Arguments,
    are_harmless_variables,
    effects_by_argument,
    effects_of_call,
    effects_of_path,
)
from creator_magic.policy.effects import DOES, Finding
from creator_magic.policy.known_names import known_names
from creator_magic.policy.library_results import NAMESPACES, is_mapping_of_names
from creator_magic.policy.meaning import Meanings, together
from creator_magic.policy.notebook_lines import masked
from creator_magic.policy.reading import Code
from creator_magic.policy.relevance import relevant_statements
from creator_magic.policy.values import Partial, dotted, texts
from creator_magic.python_source import parse, parse_anew

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from creator_magic.policy.effects import Effect
    from creator_magic.policy.reading import Place
    from creator_magic.policy.values import Value

_ROUNDS = 3
"""How often values that depend on themselves are followed."""


def findings(
    cells: Sequence[tuple[str, str]], outside: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """Return everything that code would do beyond computing.

    Parameters
    ----------
    cells : sequence of (str, str)
        The cells in the order in which they run, each with its key and its source.
    outside : mapping of str to str, optional
        What names of the notebook mean: `os.remove` for that function, `pathlib.Path()` for an
        object of that class.

    Returns
    -------
    tuple of Finding
        In the order of cells and lines; one for each effect of each thing in a line.
    """
    return _Analysis(cells, outside or {}).run()


class _Analysis:
    def __init__(self, cells: Sequence[tuple[str, str]], outside: Mapping[str, str]) -> None:
        self.cells = cells
        self.names = known_names()
        self.code = Code(self.names.quiet)
        self.outside = outside
        self.meanings = Meanings(self.code, outside)
        self.found: dict[tuple[int, int, Effect, str], None] = {}
        self.trees: list[ast.Module] = []

    def run(self) -> tuple[Finding, ...]:
        for number, (_, source) in enumerate(self.cells):
            try:
                self.read(number, source)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self.add(number, 1, "dynamic", "this is no Python that can be read beforehand")
        self.code.link()
        words = self.names.words | {name for name, means in self.outside.items() if self.names.matters(means)}
        relevant = relevant_statements(self.code, words)
        if any(map(self.names.matters, self.code.stars)):
            relevant = set(range(len(self.code.bindings.bound_by)))
        self.places = [place for place in self.code.places if place.statement in relevant]
        self.stores = [place for place in self.code.stores if place.statement in relevant]
        for _ in range(_ROUNDS):
            self.judge()
            if not self.meanings.again():
                break
        return tuple(self.finding(*place) for place in sorted(self.found))

    def read(self, number: int, source: str) -> None:
        try:
            tree = parse(source)
        except SyntaxError:
            source, lines = masked(source)
            for line, effect in lines:
                self.add(number, line, effect, f"this line {DOES[effect]}")
            tree = parse(source)
        # What an expression means in one cell, it need not mean in another of the same text.
        tree = parse_anew(source) if tree in self.trees else tree
        self.trees.append(tree)
        self.code.read(number, tree)

    def finding(self, cell: int, line: int, effect: Effect, what: str) -> Finding:
        key, source = self.cells[cell]
        lines = source.splitlines()
        return Finding(effect, key, line, lines[line - 1].strip() if line <= len(lines) else "", what)

    def add(self, cell: int, line: int, effect: Effect, what: str) -> None:
        self.found[cell, line, effect, what] = None

    def note(self, place: Place, effect: Effect, name: str) -> None:
        self.add(place.cell, place.node.lineno, effect, f"`{_shown(name)}` {DOES[effect]}")

    # Places

    def judge(self) -> None:
        for node, module, cell in self.code.imports:
            effect = self.names.on_import.get(module)
            if effect is not None:
                self.add(cell, node.lineno, effect, f"importing `{module}` {DOES[effect]}")
        for place in self.places:
            try:
                self.judge_place(place)
            except RecursionError:
                self.add(place.cell, place.node.lineno, "dynamic", "this is nested too deeply to be read")
        for place in self.stores:
            self.judge_store(place)
        for place in self.code.texts:
            self.judge_text(place)

    def judge_place(self, place: Place) -> None:
        node = place.node
        if isinstance(node, ast.Attribute) and node.attr in _LADDERS:
            self.note(place, "dynamic", f".{node.attr}")
        values = self.meanings.of(node, place.scope, place.cell)
        plainly = id(node) in self.code.used_plainly
        for name in dotted(values):
            self.judge_mention(place, name, plainly=plainly)
        if isinstance(node, ast.Call):
            for function in self.meanings.of(node.func, place.scope, place.cell):
                self.judge_call(place, function, node)
        elif isinstance(node, ast.Subscript):
            self.judge_subscript(place, node)

    def judge_mention(self, place: Place, name: str, *, plainly: bool) -> None:
        known = self.names.find(name)
        if known is not None and known.effect in _ON_FILES and id(place.node) in self.code.called:
            return  # what it is called with counts
        if known is not None and (known.by == "mention" or not plainly):
            self.note(place, known.effect, name)
        elif name == "os.environ" and not plainly:
            self.note(place, "environment", name)
        elif name in _BY_NAME and not plainly:
            self.note(place, "dynamic", name)
        elif name == "os.getenv" and not plainly:
            self.note(place, "environment", name)
        owner, _, last = name.rpartition(".")
        if owner == "os.environ" and last in _READS_ALL:
            self.note(place, "environment", name)
        elif (
            owner in NAMESPACES
            and last in ("values", "items", "popitem", "__dict__")
            and owner != "builtins.vars()"
        ):
            self.note(place, "dynamic", name)

    def judge_call(self, place: Place, function: Value, call: ast.Call) -> None:
        if isinstance(function, Partial):
            for inner in function.functions:
                self.judge_call(place, inner, together(function.call, call))
        elif isinstance(function, str):
            given = Arguments(call, place.scope, self.meanings)
            known = self.names.find(function)
            effects: list[Effect] = list(effects_of_call(function, given))
            if known is not None:
                effects += effects_by_argument(function, known, given)
                # `replace` with two arguments is that of a text.
                of_text = function == "pathlib.Path().replace" and len(call.args) > 1
                if known.by == "mention" and known.effect in _ON_FILES and not of_text:
                    effects += [] if given.are_temporary() else [known.effect]
            for effect in effects:
                self.note(place, effect, function)

    def judge_subscript(self, place: Place, node: ast.Subscript) -> None:
        values = self.meanings.of(node.value, place.scope, place.cell)
        keys = self.meanings.of(node.slice, place.scope, place.cell)
        if "os.environ" in values and not are_harmless_variables(keys):
            self.note(place, "environment", "os.environ")
        for name in dotted(values):
            if is_mapping_of_names(name) and name[0] != "?" and len(texts(keys)) < len(keys):
                self.note(place, "dynamic", name)

    def judge_store(self, place: Place) -> None:
        node = place.node
        if isinstance(node, ast.Attribute | ast.Subscript):
            of = self.meanings.of(node.value, place.scope, place.cell)
            for name in dotted(of):
                stored = f"{name}.{node.attr}" if isinstance(node, ast.Attribute) else name
                known = self.names.find(stored)
                if (
                    name in _PYTHONS_OWN
                    or stored in _HOOKS
                    or (known is not None and known.effect == "kernel")
                ):
                    self.note(place, "kernel", stored)

    def judge_text(self, place: Place) -> None:
        text = place.node.value if isinstance(place.node, ast.Constant) else ""
        if not isinstance(text, str):
            return
        if "__" in text and _LADDER_IN_TEXT.search(text):
            self.add(place.cell, place.node.lineno, "dynamic", f"this text {DOES['dynamic']}")
        elif "/" in text or "." in text or "_" in text:
            for effect in effects_of_path(text, strictly=True) if " " not in text else ():
                self.add(place.cell, place.node.lineno, effect, f"this path {DOES[effect]}")


def _shown(name: str) -> str:
    plain = name.replace("()", "").replace("[]", "").removeprefix("builtins.").lstrip("?")
    return plain.rpartition(".")[2] if len(plain) > 60 else plain  # noqa: PLR2004 - a line's worth


_ON_FILES = frozenset({"write", "delete"})
_BY_NAME = frozenset(
    {"builtins.getattr", "builtins.__import__", "importlib.import_module", "importlib.__import__"}
)
_READS_ALL = frozenset({"items", "values", "copy", "__dict__", "_data", "popitem", "__repr__", "__str__"})
_PYTHONS_OWN = frozenset({"builtins", "builtins.__dict__", "sys.modules", "sys.meta_path", "sys.path_hooks"})
_HOOKS = frozenset({"sys.excepthook", "sys.displayhook", "sys.unraisablehook", "threading.excepthook"})
_LADDERS = frozenset(
    {
        *(
            "__subclasses__",
            "__globals__",
            "__builtins__",
            "__code__",
            "__closure__",
            "__self__",
            "__loader__",
        ),
        *("f_globals", "f_locals", "f_builtins", "f_back", "gi_frame", "cr_frame", "ag_frame", "tb_frame"),
        *("gi_code", "cr_code", "func_globals", "__import__", "__spec__", "__reduce_ex__", "cell_contents"),
    }
)
_LADDER_IN_TEXT = re.compile(r"__(globals|subclasses|builtins|import|code|closure|class|mro|bases)__")
