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
from typing import TYPE_CHECKING

from creator_magic.course.disguises import is_encoded, readings
from creator_magic.python_source import parsed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

ALLOWED = "\ue000"
"""Stands for an expression that the teacher allows."""

_LONGEST_PARSED = 400

_BUILTINS = frozenset(name for name in dir(builtins) if name.islower())
_WORDS_OF_CODE = _BUILTINS | {
    *keyword.kwlist,
    *("append", "mean", "head", "read_csv", "groupby", "items", "keys", "values", "split", "join", "strip"),
    *("printf", "println", "function", "return", "const", "let", "var", "echo", "SELECT", "select", "cat"),
}
_ERROR = re.compile(r"\b[A-Z]\w{2,40}(?:Error|Exception|Warning|Interrupt|Iteration)\b(?!\():? ?")
_FUNCTION_WORDS = frozenset(
    "use uses used using write writes type with operator operators operation the a an to for and or is are of in as "
    "on by from than then not instead rather like between both means mean sign symbol single double one two "
    "versus vs do does did while whereas if when only also it its this that but so because into compares assigns "
    "assign compare der die das mit und oder statt ist sind von zum zur ein eine nicht anstatt bedeutet prüft "
    "le la les un une avec et ou est pas au lieu de du des que el los las con y o es no en lugar por "
    "il lo gli e non di per che invece usa uso utilise verwende utiliza".split()
)

# Names that are followed by a parenthesis and are not calls.
_MATHEMATICS = frozenset(
    "sin cos tan cot sec csc sinh cosh tanh arcsin arccos arctan asin acos atan log ln lg lb exp sqrt lim det rank "
    "Var Cov Corr Cor SD SE Pr Bin Poisson Exp Geom gcd lcm ggT kgV PGCD PPCM mod arg deg dim ker tr sgn sign "
    "Re Im erf Beta Gamma logit".split()
)
_COUNTED = frozenset(
    "value number column row element item variable argument parameter type name student function line error cell "
    "letter word file step question loop bracket quote key result digit sign hint unit case group operand".split()
)
_ENDINGS = frozenset("es en nen er in innen as os ne le nes les aux".split())
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
_KINDS_OF_FILE = frozenset(
    "csv tsv txt py ipynb json xml html htm md rst pdf png jpg jpeg svg gif xls xlsx ods docx toml yaml yml ini cfg "
    "log zip gz parquet db sqlite sql r js ts java c h cpp hpp jl m sh exe tex bib wav mp3 dat".split()
)
_DOMAINS = frozenset(
    "com org net edu gov io ai de fr es it uk ch at eu info dev app us ca jp cn br nl be js".split()
)
_MODULES = frozenset(
    "np pd plt sns nx tf sp sk os re sys math random statistics numpy pandas scipy df self str list dict".split()
)
_ABBREVIATIONS = frozenset(
    "p.ex a.k.a ca.k z.b d.h e.g i.e u.a o.ä s.o s.u u.s u.k p.m a.m v.chr ph.d m.sc b.sc".split()
)

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
_UNPACKED = re.compile(r"\w\s?,\s?\w+\s?=\s?[\w.]+\s?,\s?[\w.]")
_CONSTANT = re.compile(r"(?:True|False|None|null|nil|NULL|TRUE|FALSE|new|lambda|await|not)\b")
_DEFINED = re.compile(r"[(\s]*[\w.]{1,60}[)\s]*(?:[-+*/%^×·]\s*[(\s]*[\w.]{1,60}[)\s]*){0,12}")
_NAMES = re.compile(r"[A-Za-z_]\w*")

_OPERATED = re.compile(
    r"([\w\])\"']{1,60})(\s{0,3})(===?|!==?|<>|//=?|\*\*=?|[-+*/%&|]=|<<=?|>>=?|&&|\|\||%%|%/%|%in%|\?\?)"
    r"(\s{0,3})([-\w(\[{\"'$.~!]{1,60})"
)

_REMAINDER = re.compile(r"(?:\b[A-Za-z_]\w{0,60}|[)\]])\s?%\s?\d")

_ANYWHERE = re.compile(
    r"""(?xm)
      \bdef\s+\w+\s*\( | \bdef\s+\w+\s*:\s*$
    | \blambda\s*(?:\w+(?:\s*,\s*\w+)*)?\s*:\s*\S
    | \bfrom\s+[\w.]+\s+import\s+[\w(*]  |  \bimport\s+[\w.]+\s+as\s+\w+
    | \bimport\s+[\w.]+\s*(?:;|,\s*\w+\s*$)
    | \bfor\s+\w+(?:\s*,\s*\w+)*\s+in\s+[\w.()\[\],\s]{1,60}:
    | \bfor\s+\w+(?:\s*,\s*\w+)*\s+in\s+(?:range|enumerate|zip)\b
    | [\[({][^\[\]\n]{1,120}\sfor\s+\w+(?:\s*,\s*\w+)*\s+in\s+[^\n]{1,60}[\])}]
    | \bfor\s*\(\s*(?:\w+\s+)?\w+\s*(?:=|<-|:|\bin\b|\bof\b|;)
    | \b(?:while|if|elif|switch|unless|until)\s*\([^()\n]{0,80}\)\s*(?:\{|$)
    | \b(?:elif|while|if)\s+[^:\n]{0,80}(?:[<>=!]=?|\bin\b|\bnot\b|\bTrue\b|%)[^:\n]{0,60}:\s*$
    | \b(?:elif|while|if|for)\s+[^:\n]{1,80}:\s*(?:\w+\s*[-+*/]?=[^=]|return\b|break\b|continue\b|print\b)
    | \bwhile\s+True\b
    | \breturn\s+[\w.]+\s*(?:[-+*/%]|==|<|>|\[|\(|\band\b|\bor\b|\bif\b|;)\s*\w
    | \breturn\s+(?:\[|\{|\(|-?\d|["']|True\b|False\b|None\b|not\s|\w+_\w+|\w+\s*;)
    | \b(?:print|puts|echo|say|cout|raise|throw|yield|assert)\s+(?:["'<$]|new\s)
    | \b(?:print|len|range|append)\s+\((?:["'][^)\n]*|\w+)\)
    | \bexcept(?:\s+\w+(?:\s+as\s+\w+)?)\s*:  |  \bwith\s+\S{1,80}\s+as\s+\w+\s*:
    | \bclass\s+[A-Z]\w*(?:\s*\([\w., ]*\))?\s*(?::\s*$|\{) | ^\s*@[A-Za-z_][\w.]*\s*$
    | \bdel\s+\w+\[
    | \b(?:const|var|int|double|float|char|bool|boolean|string|String|auto|val|my|local|global|long|byte|final|mut)
      \s+[\w$@%]+\s*(?::\s*\w+\s*)?(?:=|;|\[)
    | \blet\s+(?:mut\s+)?[a-z]\w*\s*(?::\s*\w+\s*)?=[^=\n]*(?:;|\[|\()
    | \bDim\s+\w+\s+As\b | \bint\s+main\b | \bvoid\s+\w+ | \bpublic\s+(?:static|class|void|int|double)\b
    | \bfunction\s+\w+\s*\( | \bfunction\s*\( | \bfn\s+\w+\s*[(<] | \bfunc\s+\w+\s*\( | \bsub\s+\w+\s*\{
    | \#include\s*[<"] | \busing\s+namespace\b | ^\s*package\s+\w+;?\s*$
    | <- (?!\s*-) (?=\s*[\w"'(\[-]) | ← | :=\s*\S | \|>\s*\w | %>% | =>\s*[{(] | \)\s*(?:=>|->)\s*[\w{(]
    | \b(\w+)\s*=>\s*\(*\1\b | \(\s*(\w+)\s*->\s*\(*\2\b
    | [\])]\s?\.\s?[A-Za-z_]\w*\s?\( | (?<=["'])\.[a-z]\w*\( | [\])]\.[a-z_]\w+\s?\{ | [\])]\[ | \)\( | [\w)\]]\$[A-Za-z]\w*
    | \b[a-z]\w*::[A-Za-z]\w* | \bstd::
    | (?<!\w)(?!(?:[Cc]|[gG]|Notepad|clang|libstdc)\+\+)[a-z_]\w*(?:\+\+|--)(?=\s*[;)\]}]|\s*$) | (?<!\w)\+\+[a-z]\w*
    | [\]}"']\s*;\s*$ | =[^=\n]{1,80};\s*$ | ^\s*[{}\[\])(]+[;,]?\s*$ | [\w)]\s*\{\s*$ | ^\s*\}\s*(?:else|catch|while)?\b
    | =\s*[\[{(]\s*$ | [\w)]\s*=\s*\\?$ | ^\s*\w+\s*=\s*\w+\s*[-+*/]\s*$
    | \bSELECT\s[^\n]{1,200}?\sFROM\s | \bINSERT\s+INTO\s+\w | \bUPDATE\s+\w+\s+SET\b | \bDELETE\s+FROM\s+\w
    | \bCREATE\s+(?:TABLE|VIEW|INDEX)\s+\w | \bWHERE\s+\w+\s*(?:=|<|>|IN\b|LIKE\b|BETWEEN\b)
    | \bSELECT\s+(?:\*|\w+\s*,|DISTINCT\s+\w) | \bGROUP\s+BY\s+[a-z]\w*\s*(?:;|,|$|HAVING|ORDER)
    | \bORDER\s+BY\s+[a-z]\w*\s*(?:;|,|$|ASC|DESC) | \bJOIN\s+\w+\s+ON\s+\w
    | \bselect\s+(?:\*|[\w.]+(?:\s*,\s*[\w.]+)+|\w+\s+from\s+\w+\s+(?:where|group|order|join|limit))\b
    | \b(?:Get|Set|New|Remove|Measure|Select|Sort|Where|ForEach|Out|Write|Read|Import|Export)-[A-Z][a-z]+\b
    | \|\s*(?:grep|sort|wc|awk|sed|head|tail|cut|uniq|xargs|tee|tr|less|bc)\b
    | (?:^|\s|\$\s)(?:grep|sed|awk|cut|sort|head|tail|wc|ls|tar|git|curl|python3?|chmod|rm|find|tr)\s+-{1,2}\w
    | \b(?:awk|sed|grep|perl|python3?|Rscript|bash)\s+(?:-\w\s+)?['"]
    | (?:^|\s)(?:cat|head|tail|sort|wc|cut|paste|python3?|bash|sh|grep\s+\w+)\s+[\w./~*-]+\.[a-z]{1,5}\b
    | \b(?:pip3?|conda|apt|apt-get|npm|brew)\s+install\s+\w | \bgit\s+(?:clone|commit|push|checkout|add)\s+[\w.-]
    | ^\s*[$%]\s+[a-z][\w-]*(?:\s|$) | ^\s*[%!]{1,2}[a-z]\w+\s+\S | \bfor\s+\w+\s+in\s[^;\n]{1,80};\s*do\b | ;\s*(?:then|do|done|fi)\b
    | ^\s*(?:done|fi|esac|endif|endfor|endwhile|end)\s*;?\s*$
    | \(\s*(?:defun|define|defn|let|lambda|setq|setf|cond|display|map|reduce|apply|fold\w?)\s+[\w('\[#]
    | \(\s*[-+*/]\s+[\w(][^()\n]{0,30}\s[\w(] | :-\s*\w+\(
    | \b(?:mov|add|sub|cmp|jmp|push|pop|lea|mul)\s+[er]?[abcds][xlip]\b
    | \\(?:begin\{(?:lstlisting|verbatim|minted|algorithm\w*|tabbing)\}|lstinline|verb\b|mintinline|State\b|For\{|While\{)
    | >>>\s*\S | ^\s*\.\.\.\s+(?:return|print|\w+\s*[-+*/]?=|for|if|else)\b | \b(?:In|Out)\s?\[\d*\]\s?:
    | ^\s*@@\s | ^\s*(?:diff\s--git|---\s[ab]/|\+\+\+\s[ab]/)
    | data:[a-z]+/[\w.+-]+[;,] | !\[[^\]\n]{0,200}\]\s?[(\[] | <(?:img|svg|iframe|script|object|embed|canvas)\b
    | (?<![\w"'])[fF]["'][^"'\n]{0,120}\{ | ["']\s*\+\s*[\w"'] | \w\s*\+\s*["'] | ["']\s*%\s*[(\w] | %[-.\d]*[dfs]["']
    | \b(?:nruter|tropmi|tnirp|adbmal)\b | (?<=[:(])\s*fed\b
    | ^\s*=\s*[A-Z]{2,}\s*\( | ^\s*=\s*\$?[A-Z]{1,2}\$?\d+\s*[-+*/:] | \b[A-Z]{2,}\(\s*\$?[A-Z]{1,2}\$?\d
    | \b(?:map|filter|foldr?|reduce|sum|length)\s+(?:\(|\\)\s*[-+*/\\\w]+\s*[-+*/\d)][^()\n]{0,40}\)\s+\w
    | \b\w+\s+(?:\w+\s+)?=\s*(?:sum|length|foldr?|map|filter|head|fromIntegral)\s+[a-z(]\w*
    """
)
_ALONE = re.compile(
    r"""(?x)\s*(?:
      import\s+[a-z][\w.]*(?:\s*,\s*[\w.]+)* | from\s+[\w.]+\s+import\s.* | return(?:\s+[\w.+*/() -]+)?\s*;?
    | (?:else|try|finally|do|begin)\s*[:{]? | else\s*:.* | (?:elif|except)\b.* | (?:break|continue|pass)\s*;?
    | (?:for|foreach)\s+\w+(?:\s*,\s*\w+)*\s+(?:in|of)\s+\S+\s*:? | (?:while|if|until|unless)\s+[^?]{1,80}\s*(?::|\bthen)
    | print\s+\S+ | del\s+\w+ | \w+\s*\(\s*\)\s*;? | def\s+\w+.* | class\s+[A-Z]\w*\s*:? | fed\b.*
    )\s*"""
)
_KEYWORDED = re.compile(
    r"(?:for|while|if|elif|with|return|import|from|def|class|lambda|yield|raise|assert|del)\b.*[\w\])]"
)
_PSEUDO = re.compile(
    r"""(?xm)^\s*(?:
      (?:FOR|WHILE|IF|ELSE|ELSEIF|END|ENDIF|ENDFOR|ENDWHILE|SET|RETURN|REPEAT|UNTIL|FUNCTION|PROCEDURE|BEGIN|DECLARE
        |INPUT|OUTPUT|PRINT|READ|WRITE|ADD|INCREMENT|INITIALI[SZ]E|CALL|THEN|DO|NEXT|LET|FÜR|SOLANGE|WENN|SETZE|GIB|ENDE
        |POUR|TANT|SI|FIN|RETOURNER|PARA|MIENTRAS|DEVOLVER|LIRE|AFFICHER|ESCRIBIR|LEER)\b(?:\s+\S.*)?
    | (?:set|let|initiali[sz]e|assign)\s+(?!the\b|a\b|an\b|your\b|it\b|up\b)\w+\s+(?:to|=|be|as)\s+\S.{0,40}
    | (?:increment|decrement|increase)\s+(?!the\b|a\b|your\b|it\b)\w+(?:\s+by\s+\w+)?\W*
    | for\s+(?:each|every|all)\s+\w+\s+in\s+(?!the\b|a\b|your\b|this\b)\w+\W*
    | (?:add|append|subtract)\s+(?!the\b|a\b|it\b|them\b|each\b|up\b|all\b)\w+\s+(?:to|from)\s+(?!the\b|a\b|your\b|it\b)\w+\W*
    | (?:return|output)\s+(?!the\b|a\b|it\b|to\b|something\b)\w+(?:\s+(?:divided|times|plus|minus|over)\s+(?:by\s+)?\w+)\W*
    | (?:if|while)\s+\w+\s+(?:is\s+)?(?:greater|less|equal|=|<|>)[^.?]{0,40}\s+(?:then|do)\b.*
    | end\s+(?:for|if|while|function|loop)\W*
    )$"""
)
_SPOKEN = re.compile(
    r"""(?xi)\b(?:
      (?:open|opening|left|close|closing|right)\s+(?:round\s+|square\s+|curly\s+)?(?:paren(?:thesis|theses|s)?|brackets?|braces?)
    | equals?(?:\s+sign)? | underscore | colon | dot | comma | quote | indent(?:ed)? | new\s?line | asterisk | (?:forward\s+)?slash
    | klammer\s+(?:auf|zu) | gleich(?:heitszeichen)? | doppelpunkt | unterstrich | punkt | komma | einrücken | schrägstrich
    | parenth[eè]se\s+(?:ouvrante|fermante) | (?:ouvrir|fermer)\s+(?:la\s+)?parenth[eè]se | deux[- ]points | égale?
    | tiret\s+bas | point | virgule | (?:abre|cierra)\s+par[eé]ntesis | dos\s+puntos | igual | gui[oó]n\s+bajo | punto | coma
    )\b"""
)
_BRACKET_SPOKEN = re.compile(r"(?i)paren|bracket|klammer|par[eé]nt")
_KEYWORD_SPOKEN = re.compile(
    r"\b(?:def|define|import|return|print|len|sum|range|for|while|equals?|gleich|égale?|igual|append)\b"
)
_EXTENDED = re.compile(
    rf"(?:\w\(|[=\[+/%]|\w\s?[-*])\s?{ALLOWED}|{ALLOWED}(?:\s?[=+/%]|[(\[]|\.\w|\s?[-*]\s?\w)"
)
_LETTERED = re.compile(r"(?<!\w)(?:\w[\s.,·•_|/+~:*\"'`-]{1,4}){2,40}\w(?!\w)")
_LETTER_GAPS = re.compile(r"[^\w]+|_")
_CLAUSES = re.compile(
    r"[.!?:;,]\s+|[。！？：；，、—–…\"“”„«»「」『』]|\s-\s|\s(?:and|then|und|dann|et|puis|y|luego|write|type|enter)\s"
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
        Names in code that was found near by: a formula that gives one of them a value belongs to it.
    """
    return any(_is_code(reading, alone, suspects) for reading in readings(text))


def is_prose(text: str) -> bool:
    """Tell whether a line says something to a person: several words, one of them of the kind that joins others.

    Parameters
    ----------
    text : str
        A line.
    """
    if _BEYOND_LATIN.search(text):
        return True
    words = re.findall(r"[^\W\d_]+", text.lower())
    joining = sum(word in _FUNCTION_WORDS for word in words)
    return (len(words) >= 4 and joining >= 1) or (
        len(words) >= 3 and text.rstrip().endswith((".", "?", "!", ":"))
    )


def is_pseudo_code(text: str) -> bool:
    """Tell whether a line is a step of pseudo-code: a word of command, names, and no article.

    Parameters
    ----------
    text : str
        A line without its list marker.
    """
    return _PSEUDO.match(text.strip("`* ")) is not None


def _is_code(text: str, alone: bool, suspects: Collection[str]) -> bool:
    if alone and not _NAMES.search(text) and not any(map(str.isalnum, text)):
        return False
    if is_encoded(text) or _is_spelled(text) or _is_spoken(text):
        return True
    text = _ERROR.sub("", text)
    if (
        _ANYWHERE.search(text)
        or any(_calls(text))
        or any(_reaches(text))
        or any(_subscribes(text))
        or any(_operates(text))
        or any(_assigns(text, suspects))
        or _extends_allowed(text)
    ):
        return True
    stripped = text.strip("`*_ \t")
    if _is_mention(stripped):
        return not alone and stripped.endswith(")")
    if _ALONE.fullmatch(stripped) and (alone or not is_prose(stripped)):
        return True
    if alone and _KEYWORDED.fullmatch(stripped) and "..." not in stripped and "…" not in stripped:
        return True
    return any(_is_python(clause, alone) for clause in (stripped, *_clauses(stripped)))


def _is_mention(text: str) -> bool:
    """Tell whether code set apart names a word of the language, or a function as ``len()``, and no more."""
    return text.isidentifier() or re.fullmatch(r"\w+\(\)", text) is not None


def _calls(text: str) -> Iterator[bool]:
    for dot, name, arguments, closed, after in _CALL.findall(text):
        inside = arguments.strip()
        if (closed and not inside) or _UNKNOWN_VALUE.fullmatch(arguments):
            yield after in {"[", "*", "/", "+", ";", "="} and closed == ")"
        elif name in _COUNTED and inside == "s":
            yield False
        elif closed and inside in _ENDINGS and name not in _WORDS_OF_CODE and len(name) > 3:
            yield False
        elif _BEYOND_LATIN.search(inside) and not _QUOTED.search(inside):
            yield False
        elif not dot and (name in _MATHEMATICS or len(name) == 1):
            yield not (
                _is_mathematical(arguments)
                or (name.isupper() and "," not in inside and not _QUOTED.search(inside))
            )
        else:
            yield True


def _is_mathematical(arguments: str) -> bool:
    words = _LETTERS.findall(arguments)
    return _MATHEMATICAL.fullmatch(arguments) is not None and all(word in _MATHEMATICS for word in words)


def _reaches(text: str) -> Iterator[bool]:
    for match in _ATTRIBUTE.finditer(text):
        left, right, further, opens = match.groups()
        last = (further or right).rpartition(".")[2] or right
        if opens:
            yield True
        elif last.lower() in _KINDS_OF_FILE or last in _DOMAINS or left.lower() == "www":
            yield False
        elif match[0].lower() in _ABBREVIATIONS or (len(left) == 1 and len(right) <= 2) or right.isdigit():
            yield False
        else:
            # A full stop without a blank after it, as in "the end.Then".
            yield left in _MODULES or not (right.istitle() and len(right) > 1)


def _subscribes(text: str) -> Iterator[bool]:
    for name, inside in _SUBSCRIPT.findall(text):
        yield not (
            (name in _EXPECTATION and _is_mathematical(inside) and not inside.isdigit())
            or inside in {"…", "..."}
        )


def _operates(text: str) -> Iterator[bool]:
    for match in _OPERATED.finditer(text):
        left, before, operator, after, right = match.groups()
        if operator.startswith("**") and bool(before) != bool(after):
            continue  # emphasis
        words = {left.strip("\"'()[]").lower(), right.strip("\"'()[]").lower()}
        if words & _FUNCTION_WORDS and operator not in {"//", "**"}:
            continue
        if operator in {"||", "<>", "|="} and len(left) == len(right) == 1:
            continue
        yield not (operator == "//" and left.endswith(("http", "https")))
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
    """Tell whether more is made of what the teacher allows: it is assigned, called, reached into or computed with."""
    return ALLOWED in text and _EXTENDED.search(text) is not None


def _is_spelled(text: str) -> bool:
    """Tell whether a word of code is spelled out letter by letter, as ``d-e-f``."""
    return any(_LETTER_GAPS.sub("", run[0]).lower() in _WORDS_OF_CODE for run in _LETTERED.finditer(text))


def _is_spoken(text: str) -> bool:
    """Tell whether the marks of code are said in words, as in *sum open bracket numbers close bracket*."""
    marks = [match[0] for match in _SPOKEN.finditer(text)]
    brackets = sum(_BRACKET_SPOKEN.search(mark) is not None for mark in marks)
    return brackets >= 2 and len(marks) >= 3 and _KEYWORD_SPOKEN.search(text) is not None


def _clauses(text: str) -> list[str]:
    return [clause for clause in _CLAUSES.split(text) if clause and len(clause) > 3][:60]


def _is_python(clause: str, alone: bool) -> bool:
    clause = clause.strip(" \t`*")
    if not 4 <= len(clause) <= _LONGEST_PARSED or (
        not any(mark in clause for mark in "=([{<>%:") and not _KEYWORDED.match(clause)
    ):
        return False
    tree = parsed(clause)
    return tree is not None and any(_is_statement(node, alone) for node in ast.walk(tree))


def _is_statement(node: ast.AST, alone: bool) -> bool:  # noqa: PLR0911 - one answer for each kind of node
    match node:
        case (
            ast.Lambda()
            | ast.ListComp()
            | ast.SetComp()
            | ast.DictComp()
            | ast.GeneratorExp()
            | ast.JoinedStr()
        ):
            return True
        case (
            ast.FunctionDef()
            | ast.AsyncFunctionDef()
            | ast.For()
            | ast.Try()
            | ast.AugAssign()
            | ast.NamedExpr()
        ):
            return True
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.While() | ast.If():
            return alone or not isinstance(node.test, ast.Name)
        case ast.With():
            return alone or any(item.optional_vars for item in node.items)
        case ast.Return():
            return node.value is not None and (alone or not isinstance(node.value, ast.Name))
        case ast.Assign():
            return any(
                isinstance(part, ast.Call) and not _is_formula(part) or isinstance(part, ast.Subscript)
                for part in ast.walk(node.value)
            ) or any(not isinstance(target, ast.Name | ast.Tuple) for target in node.targets)
        case ast.AnnAssign():
            return node.value is not None
        case ast.IfExp():
            return alone or not isinstance(node.test, ast.Name)
        case _:
            return False


def _is_formula(call: ast.Call) -> bool:
    """Tell whether a call, as Python reads it, is a product or a function of mathematics."""
    match call.func:
        case ast.Name(name):
            return name in _MATHEMATICS or len(name) == 1
        case _:
            return not isinstance(call.func, ast.Attribute)
