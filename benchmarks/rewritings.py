r"""Other ways to write an answer in LaTeX, and answers that look like it and are wrong.

`rewritings` gives what people and programs write for the same answer: `\dfrac` and `a/b`, `\left` and
`\right`, spaces, currencies and units, degrees, percent, decimals where they end, lists in another order,
Python's notation. `alterations` gives what a grader must not take for it.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_INTEGER = r"-?[0-9]+"
_FRACTION = re.compile(r"\\[dt]?frac\s*(?:\{(-?[0-9]+)\}|\s*([0-9]))\s*(?:\{([0-9]+)\}|([0-9]))")
_MIXED = re.compile(rf"({_INTEGER})?\s*{_FRACTION.pattern}")
_MIXED_NUMBER = re.compile(r"-?[0-9]+\s*\\[dt]?frac")
_WORDS = re.compile(r"\\text\{([A-Za-z ]+)\}")
_UNIT = re.compile(r"\\text\{[^{}]*\}$")
_DEGREES = re.compile(r"\^\\circ")
_PART = r"(?:[^,()\[\]{}]|\{[^{}]*\})+"
_LIST = re.compile(rf"{_PART}(?:,{_PART})+")
_TUPLE = re.compile(rf"(?:\\left)?([(\[])({_PART}(?:,{_PART})+?)(?:\\right)?([)\]])")
_MATRIX = re.compile(r"\\begin\{pmatrix\}(.*)\\end\{pmatrix\}", re.DOTALL)
_FORMULA = re.compile(r"[0-9+\-*/() ]|\\sqrt|\\pi|\\frac|[{}]")


def rewritings(gold: str) -> list[str]:
    """Return other ways to write an answer, itself first.

    Parameters
    ----------
    gold : str
        An answer in LaTeX.
    """
    found = [gold]
    for rewrite in _REWRITES:
        found += rewrite(gold)
    return list(dict.fromkeys(found))


def alterations(gold: str) -> list[str]:
    """Return wrong answers that look like the right one.

    Parameters
    ----------
    gold : str
        An answer in LaTeX.
    """
    found = [
        f"{gold[: match.start()]}{int(match[0]) + 1}{gold[match.end() :]}"
        for match in re.finditer(r"(?<![_0-9])[0-9]+", gold)
    ]
    if words := _WORDS.fullmatch(gold):
        found.append(f"\\text{{{words[1]}a}}")
    elif (
        not set(gold) & set(",=_&")
        and "matrix" not in gold
        and not gold.strip("0").startswith("-")
        and gold != "0"
    ):
        found.append(f"-{gold}")
    if (pair := _TUPLE.fullmatch(gold)) and pair[1] + pair[3] in ("()", "[]"):
        parts = [part.strip() for part in pair[2].split(",")]
        if parts != parts[::-1]:
            found.append(f"{pair[1]}{', '.join(parts[::-1])}{pair[3]}")
    if "\\sqrt" in gold:
        found.append(gold.replace("\\sqrt", ""))
    if "," in gold and not _thousands(gold):
        found.append(gold.partition(",")[0])
    return found


def _thousands(gold: str) -> bool:
    return re.fullmatch(r"[0-9]{1,3}(?:,(?:\\!)?\s*[0-9]{3})+(?:\.[0-9]+)?", gold) is not None


def _settings(gold: str) -> Iterator[str]:
    yield from (f"${gold}$", f"\\boxed{{{gold}}}", f"The answer is ${gold}$.", f" {gold}  ")
    if "frac" in gold:
        yield from (re.sub(r"\\[dt]?frac", name, gold) for name in (r"\\frac", r"\\dfrac", r"\\tfrac"))
    if "\\left" in gold:
        yield re.sub(r"\\left|\\right", "", gold)
    elif _TUPLE.fullmatch(gold):
        yield f"\\left{gold[:-1]}\\right{gold[-1]}"
    if "\\text" not in gold and "\\begin" not in gold:
        yield re.sub(r"(?<![0-9a-z])\s+|\s+(?![0-9a-z])", "", gold)
        if not _thousands(gold):
            yield re.sub(r"\s*([,+=]|\\cup)\s*", r" \1 ", gold)
    if "-" in gold:
        yield gold.replace("-", "\u2212")
    yield re.sub(r"\\sqrt\{?([0-9])\}?(?![0-9])", r"\\sqrt\1", gold)


def _fractions(gold: str) -> Iterator[str]:
    def slash(match: re.Match[str]) -> str:
        above, below = match[1] or match[2], match[3] or match[4]
        alone = match.start() == 0 or gold[match.start() - 1] in "-, ({"
        ends = match.end() == len(gold) or gold[match.end()] in ",) }"
        return f"{above}/{below}" if alone and ends else f"({above}/{below})"

    if _FRACTION.search(gold) and not _MIXED_NUMBER.match(gold):
        yield _FRACTION.sub(slash, gold)
    if (mixed := _MIXED.fullmatch(gold.lstrip("-"))) is not None:
        value = Fraction(mixed[1] or 0) + Fraction(int(mixed[2] or mixed[3]), int(mixed[4] or mixed[5]))
        value = -value if gold.startswith("-") else value
        yield from (str(value), f"Fraction({value.numerator}, {value.denominator})", repr(float(value)))


def _numbers(gold: str) -> Iterator[str]:
    plain = re.sub(r"\\!|,(?=\\?!?\s*[0-9]{3})", "", gold).replace(" ", "") if _thousands(gold) else gold
    if re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", plain):
        sign, digits = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
        yield from (
            plain,
            f"{sign}\\${digits}",
            f"{plain}\\text{{ units}}",
            f"{plain} units",
            f"{plain}^\\circ",
        )
        yield from (
            f"{plain}\\%",
            f"{plain}%",
            f"{float(plain):,}",
            f"{float(plain):.3f}",
            f"Answer: {plain}",
        )
        if "." not in plain and len(digits) > _THREE:
            yield from (
                f"{int(plain):,}",
                f"{int(plain):,}".replace(",", ",\\!"),
                f"{int(plain):,}".replace(",", "{,}"),
            )
    if gold.startswith("\\$"):
        yield from (gold[2:], f"${gold[2:]}", f"{gold[2:]} dollars")
    number = _UNIT.sub("", gold).strip()
    if number and number != gold:
        yield from (number, f"{number} units", f"{number}\\mbox{{ units}}")
    if _DEGREES.search(gold):
        yield from (_DEGREES.sub(other, gold) for other in ("", r"^{\\circ}", "°", " degrees"))
    if "\\%" in gold:
        yield from (gold.replace("\\%", "%"), gold.replace("\\%", ""))


def _lists(gold: str) -> Iterator[str]:
    if _thousands(gold) or not _LIST.fullmatch(gold) or "=" in gold:
        return
    parts = [part.strip() for part in gold.split(",")]
    yield ", ".join(reversed(parts))
    yield ",".join(parts)
    yield f"\\{{{', '.join(parts)}\\}}"
    yield f"{', '.join(parts[:-1])} and {parts[-1]}"
    if all(re.fullmatch(_INTEGER, part) for part in parts):
        yield from (f"[{', '.join(parts)}]", f"({', '.join(parts)})", f"{{{', '.join(parts)}}}")


def _python(gold: str) -> Iterator[str]:
    if matrix := _MATRIX.fullmatch(gold.strip()):
        rows = [[entry.strip() for entry in row.split("&")] for row in matrix[1].split("\\\\")]
        written = ", ".join(f"[{', '.join(row)}]" for row in rows)
        yield from (f"[{written}]", f"Matrix([{written}])", gold.replace("pmatrix", "bmatrix"))
        yield re.sub(r"(-?[0-9]+)/([0-9]+)", r"\\frac{\1}{\2}", gold)
        if all(len(row) == 1 for row in rows):
            yield f"[{', '.join(row[0] for row in rows)}]"
    elif "\\" in gold and not _MIXED_NUMBER.match(gold) and not _FORMULA.sub("", gold).strip():
        text = _FRACTION.sub(lambda m: f"({m[1] or m[2]}/{m[3] or m[4]})", gold)
        text = re.sub(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"(\1)/(\2)", text)
        text = re.sub(r"\\sqrt\s*\{?([0-9]+)\}?", r"sqrt(\1)", text).replace("\\pi", "pi")
        text = re.sub(r"(?<=[0-9)])\s*(?=sqrt|pi|\()", "*", text)
        if "\\" not in text and "{" not in text and not re.search(r"[0-9]\s+[0-9(]", text):
            yield text
    elif re.fullmatch(r"-?[0-9]* ?[+-] ?[0-9]*i", gold):
        yield gold.replace("i", "*I")
        yield f"({gold.replace(' ', '').replace('i', 'j')})"
    if (pair := _TUPLE.fullmatch(gold)) and pair[1] + pair[3] == "()" and "\\" not in gold:
        yield f"({', '.join(part.strip() for part in pair[2].split(','))})"


def _words(gold: str) -> Iterator[str]:
    if words := _WORDS.fullmatch(gold):
        yield from (words[1], words[1].lower(), f"The answer is {words[1]}.")
    if "=" in gold and gold.count("=") == 1:
        yield f"{gold.partition('=')[2].strip()} = {gold.partition('=')[0].strip()}"


_THREE = 3
_REWRITES: tuple[Callable[[str], Iterator[str]], ...] = (
    _settings,
    _fractions,
    _numbers,
    _lists,
    _python,
    _words,
)
