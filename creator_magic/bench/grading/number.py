"""Numbers in text, and whether one is the right one.

Two whole numbers are the same or they are not: what is counted has no tolerance. Others may differ by a
part of the right one, and where one of them is zero by a thousand-millionth, so that what arithmetic in
floating point leaves of a zero is zero. A number that is written to two decimals or more may also be the
other one rounded to them, if enough of its digits count.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

RELATIVE, RELATIVE_EXACT = 1e-4, 1e-9
"""How far two numbers may be apart, as a part of the right one: usually, and in mathematics, where
163.52 is not 163.51."""

NEAR_ZERO = 1e-9
"""How far from zero a number may be that stands for zero."""

_FEWEST_DECIMALS = 2
_FEWEST_DIGITS, _FEWEST_DIGITS_EXACT = 2, 4
_EXACT = 2.0**53


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written somewhere.

    Parameters
    ----------
    readings : tuple of float
        What it may mean, the plainest first: `5%` is 5 or 0.05, `2 million` 2,000,000 or, where millions
        were asked for, 2.
    decimals : int
        How many digits are written behind the point; 0 where that says nothing of its precision.
    digits : int
        How many digits are written from the first that is not zero.
    alone : bool
        Whether it stands alone, and is no part of a formula, a list or a call.
    whole : bool
        Whether nothing but it is written, beside a currency, a unit or a full stop.
    """

    readings: tuple[float, ...]
    decimals: int = 0
    digits: int = 0
    alone: bool = True
    whole: bool = False


_LIKE_MINUS = dict.fromkeys(map(ord, "\u2212\u2012\u2013\u2014\u2010\u2011\ufe63\uff0d"), "-")
_LIKE_SPACE = dict.fromkeys(map(ord, "\u00a0\u2009\u202f\u2007"), "\u00a0")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_RAISED = re.compile("[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_CURRENCIES = "$€£¥₹₩₽"
_MAGNITUDES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}

_WORDS = (
    (re.compile(r"\b(?:minus|negative)\s+(?=[0-9.])", re.IGNORECASE), "-"),
    (re.compile(r"\b(?:USD|EUR|GBP|JPY|CNY|RMB|INR|CHF|Rs\.?)\s?(?=[-0-9.])"), "$"),
    (re.compile(r"(^|[:=(\[,])\s*-\s+(?=[0-9.$])"), r"\1 -"),
)
_LATEX = (
    (re.compile(r"\\[!;:]\s*|\\ |\\left|\\right|\\displaystyle|\\boxed"), ""),
    (re.compile(r"\\,"), "\u00a0"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\([$%])"), r"\1"),
    (re.compile(r"\^\s*\{?\s*\\circ\s*\}?"), "° "),
    (re.compile(r"\\(?:times|cdot)\s*"), "*"),
    (re.compile(r"\^\s*\{\s*(-?[0-9]+)\s*\}"), r"^\1"),
    (re.compile(r"\\(?:text|mbox|textrm|mathrm|textbf|mathbf)\s*\{([^{}]*)\}(\^[0-9])?"), r" \1\2 "),
)

_GROUPED = "|".join(rf"[1-9][0-9]{{0,2}}(?:{by}[0-9]{{3}})+(?!{by}?[0-9])" for by in (",", "\u00a0"))
_FRACTION = re.compile(r"\\[dtc]?frac\s*(?:\{\s*([0-9.]+)\s*\}|\s*([0-9]))\s*(?:\{\s*([0-9.]+)\s*\}|([0-9]))")
_DIGITS = rf"(?:{_GROUPED}|[0-9]+(?:_[0-9]+)*)"
_NUMBER = re.compile(
    rf"""
    (?<![0-9A-Za-z_^]) (?<![0-9]\.) (?<!\*\*) (?<!\^\() (?<!\^-)
    (?P<sign>[-+])? [{_CURRENCIES}]? (?P<inner>-)?
    (?:
        10\s?(?:\^|\*\*)\s?\(?(?P<alone>[-+]?[0-9]+)\)?
      | (?<!/) (?: (?P<whole>[0-9]+)[\ \u00a0]+ )?
            (?P<above>[0-9]+(?:\.[0-9]+)?) \s?/\s? (?P<below>0*[1-9][0-9]*(?:\.[0-9]+)?) (?!\s?/|[0-9.]*[0-9])
      | (?P<plain>{_DIGITS}) (?: \.(?P<decimals>[0-9]*+) )?
      | \.(?P<bare>[0-9]+)
    )
    (?: [eE](?P<exponent>[-+]?[0-9]+)(?![0-9A-Za-z])
      | \s?(?:\*|x|\xd7|\xb7)\s?10\s?(?:\^|\*\*)\s?\(?(?P<power>[-+]?[0-9]+)\)? )?
    (?P<percent>\s?(?:%|percent\b|per\ cent\b|percentage\b))?
    (?P<magnitude>\s(?:thousand|million|billion|trillion)\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SHORT = "mm|cm|km|m|kg|mg|g|lbs?|oz|ft|mi|yd|ms|min|hrs?|h|s|mph|ml|l|J|N|W|V|K|C|F"
_WORD = r"(?:[^\W\d_][^\W\d_'.-]{2,}+|of|in|an?|to)"
_POWER = r"(?:\^?-?[0-9](?![0-9]))?+"
_UNIT = re.compile(
    rf"""
    [\s°]*+ (?: (?:{_SHORT})(?![^\W_]){_POWER} | (?<![^\W_]){_WORD}{_POWER} | )
    (?: [\s/*·.-]++ (?:(?:{_SHORT})(?![^\W_])|{_WORD}){_POWER} )*+ [\s.!]*
    """,
    re.VERBOSE,
)
_OPERATORS = frozenset("+*/^([{<>-&|\\_,")
_CLOSING = frozenset("*^/+)]}<>&|_\\(")


def numbers_in(text: str) -> list[Number]:
    """Return the numbers in a text, in order.

    Read are thousands separators (a comma, an underscore, a narrow space), currencies, percent, scientific
    notation, fractions and mixed numbers, every kind of minus sign, words such as "million", and numbers in
    LaTeX. A list such as `1,2,3` is never one number; digits in a name (`x2`) or in an exponent (`cm^2`)
    are none.

    Parameters
    ----------
    text : str
        Any text.
    """
    text = _readable(text)
    found = []
    first = len(text) - len(text.lstrip())
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        plain = match["plain"] or ""
        around = text[match.start("plain") - 1 : match.start("plain")] + text[end : end + 1]
        if "," in plain and around in ("[]", "()", "{}"):
            found += [Number((float(each),), alone=False) for each in plain.split(",")]
            continue
        before, behind = text[max(0, start - 3) : start].rstrip()[-1:], text[end : end + 3].lstrip()[:1]
        alone = before not in _OPERATORS and behind not in _CLOSING
        whole = alone and start == first and _UNIT.fullmatch(text, end) is not None
        number = _number(match, alone=alone, whole=whole)
        if number is not None:
            found.append(number)
    return found


def whole_number(text: str) -> Number | None:
    """Return the number that a text is, with at most a currency and a unit; None if it is anything else.

    Parameters
    ----------
    text : str
        Any text.
    """
    if len(text) > _LONGEST_NUMBER:
        return None
    found = numbers_in(text)
    return found[0] if len(found) == 1 and found[0].whole else None


def same_number(right: Number, given: Number, *, exact: bool = False) -> bool:
    """Say whether a number is the right one.

    Parameters
    ----------
    right, given : Number
        The right one, and the one to judge. One that has several readings may be any of them.
    exact : bool
        Whether the right one is exact, as in mathematics. Then only what floating point loses is passed
        over, and of a number that is rounded four digits must count, else two.
    """
    relative = RELATIVE_EXACT if exact else RELATIVE
    fewest = _FEWEST_DIGITS_EXACT if exact else _FEWEST_DIGITS
    return any(
        _close(one, other, relative)
        or (given.digits >= fewest and _rounds_to(one, other, given.decimals))
        or (not exact and right.digits >= fewest and _rounds_to(other, one, right.decimals))
        for one in right.readings
        for other in given.readings
    )


def _readable(text: str) -> str:
    text = text.translate(_LIKE_MINUS).translate(_LIKE_SPACE)
    if "\\" in text or "{" in text:
        for pattern, instead in _LATEX:
            text = pattern.sub(instead, text)
        text = _FRACTION.sub(_slashed, text)
    text = _RAISED.sub(lambda match: f"^{match[0].translate(_SUPERSCRIPTS)}", text)
    for pattern, instead in _WORDS:
        text = pattern.sub(instead, text)
    return text


def _slashed(match: re.Match[str]) -> str:
    above, below = match[1] or match[2], match[3] or match[4]
    behind_digit = match.string[: match.start()].rstrip()[-1:].isdigit()
    return f"{' ' if behind_digit else ''}{above}/{below}"


def _number(match: re.Match[str], *, alone: bool, whole: bool) -> Number | None:
    decimals = digits = 0
    if match["above"]:
        value = float(match["whole"] or 0) + float(match["above"]) / float(match["below"])
    elif match["alone"]:
        value = _power_of_ten(match["alone"])
    else:
        before = re.sub("[,_\u00a0]", "", match["plain"] or "0")
        behind = match["decimals"] or match["bare"] or ""
        value = float(f"{before}.{behind or 0}")
        decimals, digits = len(behind), len((before + behind).lstrip("0"))
    power = match["exponent"] or match["power"]
    if power:
        value *= _power_of_ten(power)
        decimals = 0
    if (match["sign"] == "-") != bool(match["inner"]):
        value = -value
    if not math.isfinite(value):
        return None
    readings: tuple[float, ...] = (value,)
    if match["percent"]:
        readings, decimals = (value, value / 100), 0
    if match["magnitude"]:
        readings, decimals = (value * _MAGNITUDES[match["magnitude"].strip().lower()], value), 0
    return Number(readings, decimals, digits, alone, whole)


def _power_of_ten(power: str) -> float:
    exponent = int(power[:_LONGEST_POWER])
    return math.inf if exponent > _LARGEST_POWER else 10.0**exponent


def _close(right: float, given: float, relative: float) -> bool:
    if right == given:
        return True
    if right.is_integer() and given.is_integer() and abs(right) < _EXACT:
        return False
    if not right or not given:
        return abs(right - given) <= NEAR_ZERO
    return abs(right - given) <= relative * abs(right)


def _rounds_to(exact: float, written: float, decimals: int) -> bool:
    half = 0.5 * 10.0**-decimals
    return decimals >= _FEWEST_DECIMALS and abs(exact - written) <= half * (1 + 1e-9) + abs(exact) * 1e-15


_LONGEST_NUMBER = 200
_LONGEST_POWER = 6
_LARGEST_POWER = 308
