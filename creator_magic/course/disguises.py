"""Text as a reader would take it: without the disguises that hide code from a search.

A student who is determined can ask a model to write code so that no pattern finds it: with invisible
characters, letters of other alphabets, entities, encodings. `readings` undoes what a student could
undo with a glance or a common web page. It is for judging only: what is shown stays as it was written.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from urllib.parse import unquote

_TAGS = {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)}
"""Characters that nothing shows, each of which stands for one of ASCII."""

_LOOKALIKES = {
    ord(other): letter
    for letters, others in (
        # Cyrillic and Armenian, Greek, Latin, marks
        (
            "ABESJKMHOPCTXaeopcyxijsdhqwn",
            (
                "\u0410\u0412\u0415\u0405\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425"
                "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b\u051d\u0578"
            ),
        ),
        (
            "ABEZHIKMNOPTYXo",
            "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf",
        ),
        ("ig", "\u0131\u0261"),
        ("---\"\"'''", "\u2010\u2011\u2212\u201c\u201d\u2018\u2019\u00b4"),
    )
    for letter, other in zip(letters, others, strict=True)
}
_SIGNS_OF_AN_INDEX = {0x208A: "", 0x208B: ""}
_LINE_ENDS = dict.fromkeys(map(ord, "\r\v\f\x85\u2028\u2029"), "\n")
_IGNORED = frozenset({"Cf", "Mn", "Me", "Cc", "Cs"})
_ESCAPING = re.compile(r"\\(?=[_*`\[\]#<>|~\"'=+:{}.-])|(?<=\w)\\(?=[()])")
_ELEMENT = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>|<!--|-->")
_BREAKING = re.compile(r"(?i)</?(?:br|p|div|td|th|tr|li|ul|ol|table)\b")
_EMPHASIS = (
    re.compile(r"(?<!\w)\*\*(?=\S)([^*\n]{1,300})\*\*"),
    re.compile(r"(?<![\w*)\]])\*(?=\S)([^*\n]{1,300})(?<=\S)\*(?!\*)"),
    re.compile(r"~~(?=\S)([^~\n]{1,300})~~"),
)
_ESCAPES = re.compile(
    r"\\x([0-9A-Fa-f]{2})|(?:\\u|\\U0000|[Uu]\+)([0-9A-Fa-f]{4})(?![0-9A-Fa-f])[ ,]?|\\([0-7]{3})"
)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{12,}={0,2}(?![A-Za-z0-9+/=])")
_WORD = re.compile(r"[A-Z]?[a-z/_-]+|[A-Z/_-]+")
_BASE32 = re.compile(r"(?<![A-Z2-7=])[A-Z2-7]{16,}={0,6}(?![A-Za-z0-9=])")
_HEX = re.compile(r"(?<![\w])(?:(?:0x)?[0-9A-Fa-f]{2}[ ,:]{0,2}){4,}(?!\w)")
_BITS = re.compile(r"(?<!\w)(?:[01]{7,8}[ ,]{0,2}){3,}(?!\w)")
_NUMBERS = re.compile(r"(?<![\w.])(?:\d{2,3}[ ,;-]{1,2}){3,}\d{2,3}(?![\w.])")
_SHORTEST = 4
_TEXT = re.compile(rb"[ -~\n\t\r]*")
_LARGEST_BYTE = 255


def plain(text: str) -> str:
    """Return `text` in ordinary letters: no invisible marks, entities, escaped marks or look-alikes.

    Parameters
    ----------
    text : str
        A line or a piece of one.
    """
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii() or not text.isprintable():
        text = unicodedata.normalize(
            "NFKD", text.translate(_TAGS | _LINE_ENDS | _SIGNS_OF_AN_INDEX)
        ).translate(_LOOKALIKES)
        text = "".join(
            letter for letter in text if letter in "\n\t" or unicodedata.category(letter) not in _IGNORED
        )
    return _ESCAPING.sub("", text) if "\\" in text else text


def readings(text: str) -> list[str]:
    """Return what `text` can be read as, each differently: plain, without mark-up, decoded.

    Parameters
    ----------
    text : str
        A line or a piece of one.
    """
    first = plain(text)
    if "*" in first or "~" in first:
        for emphasis in _EMPHASIS:
            first = emphasis.sub(r"\1", first)
    found = [first]
    if "<" in first:
        bare = _ELEMENT.sub(lambda tag: " " if _BREAKING.match(tag[0]) else "", first)
        for emphasis in _EMPHASIS:
            bare = emphasis.sub(r"\1", bare)
        found.append(bare)
    if "%" in first and _PERCENT.search(first):
        found.append(unquote(first, errors="replace"))
    if "\\" in text or "U+" in first or "u+" in first:
        found.append(_ESCAPES.sub(_escaped, html.unescape(text)))
    return list(dict.fromkeys(found))


def is_encoded(text: str) -> bool:
    """Tell whether `text` holds words in an encoding that is there to be decoded.

    Parameters
    ----------
    text : str
        Text as `plain` returns it.
    """
    return (
        any(_is_text(_base64(run[0])) for run in _BASE64.finditer(text) if not _WORD.fullmatch(run[0]))
        or any(_is_text(_base32(run[0])) for run in _BASE32.finditer(text))
        or any(_is_text(_hex(run[0])) for run in _HEX.finditer(text))
        or any(_is_text(_codes(run[0], 2)) for run in _BITS.finditer(text))
        or any(_is_telling(_codes(run[0], 10)) for run in _NUMBERS.finditer(text))
    )


def _escaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16) if code else int(match[3], 8))


def _is_text(data: bytes) -> bool:
    """Tell whether bytes are text; what is not encoded decodes to noise."""
    return len(data) >= _SHORTEST and _TEXT.fullmatch(data) is not None


def _is_telling(data: bytes) -> bool:
    """Tell whether bytes are words: ages and prices are letters too, if they are read as codes."""
    return (
        _is_text(data)
        and re.search(rb"[a-z]{3}", data) is not None
        and re.search(rb"[(=: ]", data) is not None
    )


def _base64(run: str) -> bytes:
    run = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(run + "=" * (-len(run) % 4))
    except binascii.Error:
        return b""


def _base32(run: str) -> bytes:
    run = run.rstrip("=")
    try:
        return base64.b32decode(run + "=" * (-len(run) % 8))
    except binascii.Error:
        return b""


def _hex(run: str) -> bytes:
    digits = re.findall(r"[0-9A-Fa-f]{2}", run.replace("0x", " "))
    return bytes(int(pair, 16) for pair in digits) if re.search("[A-Fa-f]", run) else b""


def _codes(run: str, base: int) -> bytes:
    numbers = [int(number, base) for number in re.findall(r"\d+", run)]
    return bytes(numbers) if max(numbers) <= _LARGEST_BYTE else b""
