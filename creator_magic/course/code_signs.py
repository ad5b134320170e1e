"""The signs of code in a piece of text, whatever the language, programmed or spoken.

What cannot be told apart by its meaning is told apart by its form. ``total = price * count`` is a
formula, as a textbook prints it: a name, an equals sign, names and numbers joined by the marks of
arithmetic. Once there is a call, a subscript, an attribute, text in quotes, a keyword, a name with an
underscore that is given a value, or a value that depends on itself (``n = n + 1``), it is code.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import tomllib
from importlib import resources
from typing import TYPE_CHECKING

from creator_magic.course.disguises import is_encoded, readings
from creator_magic.python_source import parsed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_SIGNS: dict[str, dict[str, str]] = tomllib.loads(
    resources.files("creator_magic.course").joinpath("code_signs.toml").read_text(encoding="utf-8")
)

ALLOWED = "\ue000"
"""Stands for an expression that the teacher allows."""

_LONGEST_PARSED = 400
_MOST_CLAUSES = 60
_FEWEST_WORDS = 3
_MARK = re.compile(r"[=(\[{<>%:]")
_MARK_ALONE = re.compile(r"[=(\[{<>%:&@]|\b(?:if|and|or|is|in|not)\b")

_BUILTINS = frozenset(name for name in dir(builtins) if name.islower())
_WORDS_OF_CODE = _BUILTINS | {
    *keyword.kwlist,
    *("append", "mean", "head", "read_csv", "groupby", "items", "keys", "values", "split", "join", "strip"),
    *("printf", "println", "function", "return", "const", "let", "var", "echo", "SELECT", "select", "cat"),
}
_ERROR = re.compile(
    r"(?<!raise )(?<!except )\b[A-Z]\w{2,40}(?:Error|Exception|Warning|Interrupt|Iteration)\b(?!\():? ?"
)
_FUNCTION_WORDS = frozenset(_SIGNS["words"]["joining"].split())

# Names that are followed by a parenthesis and are not calls.
_MATHEMATICS = frozenset(_SIGNS["words"]["mathematics"].split())
_COUNTED = frozenset(_SIGNS["words"]["counted"].split())
_ENDINGS = frozenset(_SIGNS["words"]["endings"].split())
_CALL = re.compile(r"(?<![\w\\])(\.?)([A-Za-z_]\w{0,60})\(([^()\n]{0,200})(\)?)(.?)")
_MATHEMATICAL = re.compile(r"[^\"\[\]:;@#\\$]*")
_LETTERS = re.compile(r"[A-Za-z]{3,}")
_BEYOND_LATIN = re.compile(
    r"[\u0590-\u08ff\u0900-\u0dff\u0e00-\u0e7f\u1100-\u11ff\u3040-\u9fff\uac00-\ud7af]"
)
_UNKNOWN_VALUE = re.compile(r"\s*[.…]{1,3}\s*")

_ATTRIBUTE = re.compile(
    r"(?<![\w./@\\-])([A-Za-z_]\w{0,60})\.([A-Za-z_]\w{0,60})(?![\w@])((?:\.\w{1,60})*)(\(?)"
)
_KINDS_OF_FILE = frozenset(_SIGNS["words"]["kinds of file"].split())
_DOMAINS = frozenset(_SIGNS["words"]["domains"].split())
_MODULES = frozenset(_SIGNS["words"]["modules"].split())
_ABBREVIATIONS = frozenset(_SIGNS["words"]["abbreviations"].split())

_SUBSCRIPT = re.compile(r"(?<![\w\\^\[])([A-Za-z_]\w{0,60})\[(?!\^)([^\]\n]{0,200})")
_EXPECTATION = frozenset({"E", "Var", "Cov", "P"})

_ASSIGNED = re.compile(
    r"(?<![\w.\\=<>!:+*/%-])([A-Za-z_]\w{0,60})\s{0,3}(?::\s?\w{1,30}\s?)?=(?![=>~])\s{0,3}"
)
_SPELLED_NAME = re.compile(
    r"[A-Za-z]\w*_[A-Za-z]{2}\w*|[a-z]+[A-Z][A-Za-z]*|_\w+|[A-Za-z]{2,}_\w+|\w+_[a-z]{2,}"
)
_LISTED = re.compile(r"[\[{]")
_INTERVAL = re.compile(r"\[[^\[\],;]{1,20}[,;][^\[\],;]{1,20}\]|\{[^{}:]{1,80}\}")
_QUOTED = re.compile(r"[rbfuRBFU]{0,2}[\"'][^\"'\n]{0,200}[\"']")
_UNPACKED = re.compile(r"(?<!\w)[A-Za-z_]\w*\s?,\s?[A-Za-z_]\w*\s?=\s?[\w.]+\s?,\s?[\w.]+(?![\w.]|\s?=)")
_CONSTANT = re.compile(r"(?:True|False|None|null|nil|NULL|TRUE|FALSE|new|lambda|await|not)\b")
_DEFINED = re.compile(r"[(\s]*[\w.]{1,60}[)\s]*(?:[-+*/%^\u00d7·]\s*[(\s]*[\w.]{1,60}[)\s]*){0,12}")
_NAMES = re.compile(r"[A-Za-z_]\w*")

_OPERATED = re.compile(
    r"([\w\])\"']{1,60})(\s{0,3})(===?|!==?|<>|//=?|\*\*=?|[-+*/%&|]=|<<=?|>>=?|&&|\|\||%%|%/%|%in%|\?\?)"
    r"(\s{0,3})([-\w(\[{\"'$.~!]{1,60})"
)

_REMAINDER = re.compile(r"(?:\b[A-Za-z_]\w{0,60}|[)\]])\s?%\s?\d")

_ANYWHERE = re.compile("|".join(_SIGNS["anywhere"].values()), re.VERBOSE | re.MULTILINE)
_ALONE = re.compile(_SIGNS["alone"]["form"], re.VERBOSE)
_KEYWORDED = re.compile(
    r"(?:for|while|if|elif|with|return|import|from|def|class|lambda|yield|raise|assert|del|global|nonlocal)\b.*[\w\])]"
)
_PSEUDO = re.compile(_SIGNS["pseudo-code"]["form"], re.VERBOSE | re.MULTILINE)
_SPOKEN = re.compile(_SIGNS["spoken marks"]["form"], re.VERBOSE | re.IGNORECASE)
_BRACKET_SPOKEN = re.compile(r"(?i)paren|bracket|klammer|par[eé]nt")
_KEYWORD_SPOKEN = re.compile(
    r"\b(?:def|define|import|return|print|len|sum|range|for|while|equals?|gleich|[eé]gale?|igual|append)\b"
)
_EXTENDED = re.compile(
    rf"(?:\w\(|[=\[+/%]|\w\s?[-*])\s?{ALLOWED}|{ALLOWED}(?:\s?[=+/%]|[(\[]|\.\w|\s?[-*]\s?\w)"
)
_LETTERED = re.compile(r"(?<!\w)(?:\w[\s.,·•_|/+~:*\"'`-]{1,4}){2,40}\w(?!\w)")
_LETTER_GAPS = re.compile(r"[^\w]+|_")
_CLAUSES = re.compile(
    r"[.!?:;,]\s+|[。\uff01\uff1f\uff1a\uff1b\uff0c、—\u2013…\"“”„«»「」『』]|\s-\s|\s(?:and|then|und|dann|et|puis|y|luego|write|type|enter)\s"
)


def shows_code(text: str, *, alone: bool = False, suspects: Collection[str] = ()) -> bool:
    """Tell whether a piece of text carries code.

    Parameters
    ----------
    text : str
        A line, or what stands in backticks, with `ALLOWED` for what the teacher allows.
    alone : bool
        Whether it is set apart as code is, so that words of a program need no other sign.
    suspects : collection of str
        Names in code that was found in the same reply: a formula that gives one of them a value belongs to
        it, and so does any that is set apart.
    """
    return any(_is_code(reading, alone, suspects) for reading in readings(text))


def is_prose(text: str) -> bool:
    """Tell whether a line says something to a person: several words, some of them of prose.

    Parameters
    ----------
    text : str
        A line.
    """
    if _BEYOND_LATIN.search(text):
        return True
    words = re.findall(r"[^\W\d_]+", text.lower())
    if text.rstrip().endswith((".", "?", "!", ":")):
        return len(words) >= _FEWEST_WORDS
    return len(words) > _FEWEST_WORDS and not _FUNCTION_WORDS.isdisjoint(words)


def is_pseudo_code(text: str) -> bool:
    """Tell whether a line is a step of pseudo-code: a word of command, names, and no article.

    Parameters
    ----------
    text : str
        A line without its list marker.
    """
    return _PSEUDO.match(text.strip("`* ")) is not None


def _is_code(text: str, alone: bool, suspects: Collection[str]) -> bool:
    if alone and not any(map(str.isalnum, text)):
        return False
    if is_encoded(text) or _is_spelled(text) or _is_spoken(text):
        return True
    text = _ERROR.sub("", text)
    stripped = text.strip("`*_ \t")
    return (
        _ANYWHERE.search(text) is not None
        or any(_calls(text))
        or any(_reaches(text))
        or any(_subscribes(text))
        or any(_operates(text))
        or any(_assigns(text, suspects))
        or _extends_allowed(text)
        or (alone and suspects and _ASSIGNED.match(stripped) is not None)
        or _is_statement_alone(stripped, alone)
        or any(_is_python(clause, alone) for clause in (stripped, *_clauses(stripped)))
    )


def _is_statement_alone(text: str, alone: bool) -> bool:
    """Tell whether a whole line, or what is set apart as code, is a statement or the head of one."""
    if _is_mention(text):
        return not alone and text.endswith(")")
    if alone and "..." not in text and "…" not in text and _KEYWORDED.fullmatch(text):
        return True
    return _ALONE.fullmatch(text) is not None and (alone or not is_prose(text))


def _is_mention(text: str) -> bool:
    """Tell whether code only names a word of the language, or a function, as ``len()``."""
    return text.isidentifier() or re.fullmatch(r"\w+\(\)", text) is not None


def _calls(text: str) -> Iterator[bool]:
    for dot, name, arguments, closed, after in _CALL.findall(text):
        inside = arguments.strip()
        if (closed and not inside) or _UNKNOWN_VALUE.fullmatch(arguments):
            yield closed == ")" and after in {"[", "*", "/", "+", ";", "="}
        elif not dot and (name in _MATHEMATICS or len(name) == 1):
            event = name.isupper() and "," not in inside and not _QUOTED.search(inside)
            yield not (event or _is_mathematical(arguments))
        else:
            yield not (
                (name in _COUNTED and inside == "s")
                or (closed and inside in _ENDINGS and name not in _WORDS_OF_CODE)
                or (_BEYOND_LATIN.search(inside) and not _QUOTED.search(inside))
            )


def _is_mathematical(arguments: str) -> bool:
    words = _LETTERS.findall(arguments)
    return _MATHEMATICAL.fullmatch(arguments) is not None and all(word in _MATHEMATICS for word in words)


def _reaches(text: str) -> Iterator[bool]:
    for match in _ATTRIBUTE.finditer(text):
        left, right, further, opens = match.groups()
        last = further.rpartition(".")[2] or right
        if opens or left in _MODULES:
            yield True
        else:
            initial = len(left) == 1 and right in {left, left.upper(), left.lower(), "B", "h"}
            new_sentence = right.istitle() and len(right) > 1
            named = last.lower() in _KINDS_OF_FILE or last in _DOMAINS or left.lower() == "www"
            abbreviated = match[0].lower() in _ABBREVIATIONS
            yield not (initial or new_sentence or named or abbreviated)


def _subscribes(text: str) -> Iterator[bool]:
    for name, inside in _SUBSCRIPT.findall(text):
        yield not (
            (name in _EXPECTATION and _is_mathematical(inside) and not inside.isdigit())
            or inside in {"…", "..."}
        )


def _operates(text: str) -> Iterator[bool]:
    for match in _OPERATED.finditer(text):
        left, before, operator, after, right = match.groups()
        words = {left.strip("\"'()[]").lower(), right.strip("\"'()[]").lower()}
        emphasis = operator.startswith("**") and bool(before) != bool(after)
        spoken_of = operator not in {"//", "**"} and not _FUNCTION_WORDS.isdisjoint(words)
        logic = operator in {"||", "<>"} and len(left) == len(right) == 1
        yield not (emphasis or spoken_of or logic)
    yield _REMAINDER.search(text) is not None


def _assigns(text: str, suspects: Collection[str]) -> Iterator[bool]:
    for match in _ASSIGNED.finditer(text):
        name, value = match[1], text[match.end() : match.end() + 300]
        yield name in suspects and len(name) > 1
        yield _SPELLED_NAME.fullmatch(name) is not None and value != ""
        yield _QUOTED.match(value) is not None or _CONSTANT.match(value) is not None
        if _LISTED.match(value):
            yield not (name.isupper() and len(name) == 1 and _INTERVAL.match(value))
        yield _UNPACKED.search(text[max(0, match.start() - 40) : match.end() + 40]) is not None
        defined = _DEFINED.match(value)
        yield defined is not None and name in _NAMES.findall(defined[0])


def _extends_allowed(text: str) -> bool:
    """Tell whether more is made of what is allowed: it is assigned, called, reached into, computed with."""
    return ALLOWED in text and _EXTENDED.search(text) is not None


def _is_spelled(text: str) -> bool:
    """Tell whether a word of code is spelled out letter by letter, as ``d-e-f``."""
    return any(_LETTER_GAPS.sub("", run[0]).lower() in _WORDS_OF_CODE for run in _LETTERED.finditer(text))


def _is_spoken(text: str) -> bool:
    """Tell whether the marks of code are said in words, as in *sum open bracket numbers close bracket*."""
    marks = [match[0] for match in _SPOKEN.finditer(text)]
    brackets = [mark for mark in marks if _BRACKET_SPOKEN.search(mark)]
    return len(marks) > len(brackets) > 1 and _KEYWORD_SPOKEN.search(text) is not None


def _clauses(text: str) -> list[str]:
    return [clause for clause in _CLAUSES.split(text, _MOST_CLAUSES) if clause]


def _is_python(clause: str, alone: bool) -> bool:
    clause = clause.strip(" \t`*")
    if len(clause) > _LONGEST_PARSED or not (
        (_MARK_ALONE if alone else _MARK).search(clause) or _KEYWORDED.match(clause)
    ):
        return False
    tree = parsed(clause)
    return tree is not None and any(_is_statement(node, alone) for node in ast.walk(tree))


def _is_statement(node: ast.AST, alone: bool) -> bool:  # noqa: PLR0911 - one answer for each kind of node
    match node:
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return True
        case ast.JoinedStr() | ast.NamedExpr() | ast.AugAssign() | ast.Import() | ast.ImportFrom():
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.For() | ast.Try():
            return True
        case ast.BoolOp() | ast.BitAnd() | ast.MatMult() | ast.Is() | ast.IsNot() | ast.In() | ast.NotIn():
            return alone
        case ast.While(test) | ast.If(test) | ast.IfExp(test):
            return alone or not isinstance(test, ast.Name)
        case ast.With():
            return alone or any(item.optional_vars for item in node.items)
        case ast.Return():
            return node.value is not None and (alone or not isinstance(node.value, ast.Name))
        case ast.Assign():
            return any(
                isinstance(part, ast.Subscript) or (isinstance(part, ast.Call) and not _is_formula(part))
                for part in ast.walk(node.value)
            ) or any(not isinstance(target, ast.Name | ast.Tuple) for target in node.targets)
        case ast.AnnAssign():
            return node.value is not None
        case _:
            return False


def _is_formula(call: ast.Call) -> bool:
    """Tell whether a call, as Python reads it, is a product or a function of mathematics."""
    match call.func:
        case ast.Name(name):
            return name in _MATHEMATICS or len(name) == 1
        case _:
            return not isinstance(call.func, ast.Attribute)
