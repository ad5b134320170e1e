"""New names written into code, with its layout and comments kept, and the result checked.

Identifiers are numbered in the text with LibCST and the numbered text is parsed with `ast`. So a
decision taken on the syntax tree finds its identifier in the text without line and column, which
`ast` gets wrong inside f-strings before Python 3.12. The edited text is believed only if it parses
to the old tree with the new names put in.

Importing this module imports LibCST, which takes longer than most cells need: do so when a name has
to change, not before.
"""

# ruff: noqa: N802 (visitors are called after the nodes of LibCST)
from __future__ import annotations

import ast
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst

from creator_magic.kernel.hygiene.example_edits import rename_in_examples

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from creator_magic.kernel.hygiene.name_choice import FirstLine
    from creator_magic.kernel.hygiene.name_uses import Place


class EditError(Exception):
    """The text could not be read or edited in a way that can be trusted."""


@dataclass(frozen=True, slots=True)
class NumberedCode:
    """Code whose identifiers can be found in both its syntax tree and its text.

    Parameters
    ----------
    module : libcst.Module
        The text.
    tree : ast.Module
        Its syntax tree.
    names : frozenset of str
        The identifiers that are numbered.
    numbers : mapping of tuple to int
        The number of the identifier at a place in the tree.
    """

    module: libcst.Module
    tree: ast.Module
    names: frozenset[str]
    numbers: Mapping[Place, int]


def with_numbers(text: str, names: Collection[str]) -> NumberedCode:
    """Return `text` with its identifiers called `names` numbered.

    Parameters
    ----------
    text : str
        Python code without syntax errors.
    names : collection of str
        The identifiers of interest.

    Returns
    -------
    NumberedCode
        Text and tree, tied together.

    Raises
    ------
    EditError
        If LibCST cannot read the text, or reads it otherwise than Python does.
    """
    separator = "__n"
    while separator in text:
        separator += "n"
    try:
        module = libcst.parse_module(text)
    except (libcst.ParserSyntaxError, ValueError) as error:
        raise EditError("the code has syntax that the renaming does not know") from error
    marked = module.visit(_Marking(names, separator))
    tree = ast.parse(marked.code)
    numbers = dict(_unmark(tree, re.compile(rf"{separator}(\d+)_")))
    if ast.dump(tree) != ast.dump(ast.parse(text)):
        raise EditError("the code is read in two ways")
    return NumberedCode(module, tree, frozenset(names), numbers)


def _unmark(tree: ast.Module, mark: re.Pattern[str]) -> Iterator[tuple[Place, int]]:
    """Take the numbers out of the identifiers of `tree`; yield each with its place."""
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if isinstance(value, str) and (found := mark.search(value)):
                setattr(node, field, mark.sub("", value))
                if field in ("id", "name", "rest", "asname"):
                    yield (id(node), 0), int(found[1])
            elif isinstance(value, list):
                for position, part in enumerate(value):
                    if isinstance(part, str) and (found := mark.search(part)):
                        value[position] = mark.sub("", part)
                        yield (id(node), position), int(found[1])


class _Counting(libcst.CSTTransformer):
    """Meets the identifiers in the same order every time it goes through a module."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__()
        self._names = names
        self._count = 0

    def leave_Name(self, original_node: libcst.Name, updated_node: libcst.Name) -> libcst.Name:
        if unicodedata.normalize("NFKC", original_node.value) not in self._names:
            return updated_node
        number = self._count
        self._count += 1
        return self.changed(number, updated_node)

    def changed(self, number: int, name: libcst.Name) -> libcst.Name:
        raise NotImplementedError


class _Marking(_Counting):
    def __init__(self, names: Collection[str], separator: str) -> None:
        super().__init__(names)
        self._separator = separator

    def changed(self, number: int, name: libcst.Name) -> libcst.Name:
        return name.with_changes(value=f"{name.value}{self._separator}{number}_")


def rewrite(
    code: NumberedCode,
    new_names: Mapping[Place, str],
    first_lines: Sequence[FirstLine],
    in_examples: Mapping[str, str],
) -> str:
    """Return the text with new names.

    Parameters
    ----------
    code : NumberedCode
        What to edit; its tree is used up.
    new_names : mapping of tuple to str
        By place, the identifiers that change.
    first_lines : sequence of FirstLine
        Assignments to add.
    in_examples : mapping of str to str
        Names that also change, old to new, in the `>>>` lines of docstrings.

    Returns
    -------
    str
        The new text.

    Raises
    ------
    EditError
        If the new text does not mean what was asked for.
    """
    places: dict[int, int] = {}
    for position, statement in enumerate(code.tree.body):
        places.update((id(node), position) for node in ast.walk(statement))
    starts = _lines_of_statements(code.module)
    additions: list[tuple[int, FirstLine]] = []
    for line in first_lines:
        first = min((places[node] for node, _ in line.places), default=_first_free(code.tree))
        additions.append((max(row for row, start in enumerate(starts) if start <= first), line))

    edited = code.module.visit(_Renaming(code, new_names, in_examples))
    body = list(edited.body)
    additions.sort(key=lambda addition: addition[0])
    for row, line in reversed(additions):
        body.insert(row, libcst.parse_statement(f"{line.new} = {line.old}", edited.config_for_parsing))
    text = edited.with_changes(body=body).code

    _rename_in_tree(code.tree, new_names, in_examples)
    for row, line in reversed(additions):
        target, value = ast.Name(line.new, ast.Store()), ast.Name(line.old, ast.Load())
        code.tree.body.insert(starts[row], ast.Assign([target], value))
    try:
        agrees = ast.dump(ast.parse(text)) == ast.dump(code.tree)
    except SyntaxError:
        agrees = False
    if not agrees:
        raise EditError("the renamed code would not mean the same")
    return text


def _lines_of_statements(module: libcst.Module) -> list[int]:
    """Return, for each logical line at the top of `module`, the number of statements before it."""
    starts, count = [], 0
    for line in module.body:
        starts.append(count)
        count += len(line.body) if isinstance(line, libcst.SimpleStatementLine) else 1
    return starts


def _first_free(tree: ast.Module) -> int:
    """Return the position after the docstring and the imports from `__future__`."""
    for position, statement in enumerate(tree.body):
        match statement:
            case ast.Expr(value=ast.Constant(value=str())) if position == 0:
                continue
            case ast.ImportFrom(module="__future__"):
                continue
        return position
    return 0


class _Renaming(_Counting):
    def __init__(
        self, code: NumberedCode, new_names: Mapping[Place, str], in_examples: Mapping[str, str]
    ) -> None:
        super().__init__(code.names)
        self._new = {code.numbers[place]: new for place, new in new_names.items()}
        self._in_examples = in_examples

    def changed(self, number: int, name: libcst.Name) -> libcst.Name:
        return name.with_changes(value=self._new[number]) if number in self._new else name

    def leave_ImportAlias(
        self, original_node: libcst.ImportAlias, updated_node: libcst.ImportAlias
    ) -> libcst.ImportAlias:
        before, after = original_node.name, updated_node.name
        if (
            not isinstance(before, libcst.Name)
            or not isinstance(after, libcst.Name)
            or before.value == after.value
        ):
            return updated_node
        if updated_node.asname is not None:
            return updated_node.with_changes(name=before)
        return updated_node.with_changes(name=before, asname=libcst.AsName(libcst.Name(after.value)))

    def leave_FormattedStringExpression(
        self,
        original_node: libcst.FormattedStringExpression,
        updated_node: libcst.FormattedStringExpression,
    ) -> (
        libcst.BaseFormattedStringContent
        | libcst.FlattenSentinel[libcst.BaseFormattedStringContent]
        | libcst.RemovalSentinel
    ):
        """Spell out `{x=}`, which prints the name, so that the old one is still printed."""
        old = original_node
        if old.equal is None or old.expression.deep_equals(updated_node.expression):
            return updated_node
        parts = (old.whitespace_before_expression, old.expression, old.whitespace_after_expression, old.equal)
        shown = "".join(libcst.Module([]).code_for_node(part) for part in parts)
        text = libcst.FormattedStringText(shown.replace("{", "{{").replace("}", "}}"))
        conversion = old.conversion or (None if old.format_spec else "r")
        return libcst.FlattenSentinel([text, updated_node.with_changes(equal=None, conversion=conversion)])

    def leave_Expr(self, original_node: libcst.Expr, updated_node: libcst.Expr) -> libcst.Expr:
        string = original_node.value
        if not isinstance(string, libcst.SimpleString) or not self._in_examples:
            return updated_node
        edges = len(string.prefix) + len(string.quote)
        value = string.value
        inner = rename_in_examples(string.raw_value, self._in_examples)
        return updated_node.with_changes(
            value=string.with_changes(value=value[:edges] + inner + value[len(value) - len(string.quote) :])
        )


def _rename_in_tree(tree: ast.Module, new_names: Mapping[Place, str], in_examples: Mapping[str, str]) -> None:
    nodes = {id(node): node for node in ast.walk(tree)}
    for (identity, position), new in new_names.items():
        match nodes[identity]:
            case ast.Name() as node:
                node.id = new
            case ast.alias() as node:
                node.asname = new
            case ast.Global() as node:
                node.names[position] = new
            case ast.MatchMapping() as node:
                node.rest = new
            case node:
                node.name = new  # type: ignore[attr-defined]  # every other node that binds a name calls it so
    for node in nodes.values():
        match node:
            case ast.Expr(value=ast.Constant(value=str(text)) as constant):
                constant.value = rename_in_examples(text, in_examples)
