"""What a cell binds at module level, and whether two cells bind the same."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from creator_magic.kernel.hygiene.name_scopes import bound_by_import
from creator_magic.kernel.hygiene.name_uses import uses

if TYPE_CHECKING:
    from creator_magic.kernel.hygiene.name_uses import Place


@dataclass(frozen=True, slots=True)
class Binding:
    """One place where a cell gives a name of the module a value.

    Parameters
    ----------
    name : str
        The name.
    place : tuple of int
        Where it stands.
    kind : {"variable", "definition", "import"}
        What binds it.
    value : str
        Text that is equal for two bindings only if they bind the same; empty if that cannot be told.
    module : str
        Of an import, the module.
    attribute : str or None
        Of an import, what is taken from the module.
    is_dotted : bool
        Whether it is `import a.b`, which binds `a` and has no place for another name.
    is_data : bool
        Whether the value is plain data, which nobody can call.
    """

    name: str
    place: Place
    kind: Literal["variable", "definition", "import"] = "variable"
    value: str = ""
    module: str = ""
    attribute: str | None = None
    is_dotted: bool = False
    is_data: bool = False


def bindings(tree: ast.Module) -> dict[str, list[Binding]]:
    """Return what a cell binds at module level, also from inside functions with `global`.

    Parameters
    ----------
    tree : ast.Module
        The cell.

    Returns
    -------
    dict of str to list of Binding
        By name, in the order of the text as far as one function or class goes.
    """
    known = {binding.place: binding for node in ast.walk(tree) for binding in _described(node)}
    found: dict[str, list[Binding]] = {}
    for use in uses(tree):
        if use.kind in ("write", "delete"):
            binding = known.get(use.place, Binding(use.name, use.place))
            found.setdefault(use.name, []).append(binding)
    return found


def _described(node: ast.AST) -> list[Binding]:
    match node:
        case ast.Import(names=aliases):
            return [
                Binding(
                    name := bound_by_import(alias),
                    (id(alias), 0),
                    "import",
                    value=f"import {module}",
                    module=module,
                    is_dotted=module != alias.name,
                )
                for alias in aliases
                for module in [alias.name if alias.asname else alias.name.partition(".")[0]]
            ]
        case ast.ImportFrom(names=aliases):
            module = "." * node.level + (node.module or "")
            return [
                Binding(
                    bound_by_import(alias),
                    (id(alias), 0),
                    "import",
                    value=f"from {module} import {alias.name}",
                    module=module,
                    attribute=alias.name,
                )
                for alias in aliases
            ]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [Binding(name, (id(node), 0), "definition", value=ast.dump(node))]
        case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
            text = ast.dump(value) if _is_literal(value) else ""
            return [Binding(name, (id(target), 0), value=text, is_data=_is_data(value))]
        case ast.For(target=ast.Name(id=name) as target, iter=ast.List(elts=items) | ast.Tuple(elts=items)):
            return [Binding(name, (id(target), 0), is_data=all(map(_is_data, items)))]
    return []


def _is_literal(value: ast.expr) -> bool:
    """Whether `value` is written out in full and cannot be changed afterwards."""
    return all(
        isinstance(
            part, ast.Constant | ast.BinOp | ast.UnaryOp | ast.Tuple | ast.operator | ast.unaryop | ast.Load
        )
        for part in ast.walk(value)
    )


def _is_data(value: ast.expr) -> bool:
    """Whether `value` is visibly a number, a text or a collection."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in {
            "int",
            "float",
            "str",
            "round",
            "len",
            "sum",
            "range",
        }
    if isinstance(value, ast.BinOp):
        return _is_data(value.left) or _is_data(value.right)
    return isinstance(
        value,
        ast.Constant
        | ast.UnaryOp
        | ast.Compare
        | ast.JoinedStr
        | ast.List
        | ast.Tuple
        | ast.Set
        | ast.Dict
        | ast.ListComp
        | ast.SetComp
        | ast.DictComp,
    )
