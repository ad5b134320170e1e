"""Redaction: what looks like a key or a token is withheld before anything is sent, kept or shown.

A key in a problem, a hint, a shared row or an error message is most likely there by mistake, and a
prompt, a cassette and a record are all copied further. Two things are known by: the forms that
issuers give their keys, and the values of this process's own secrets, as the names of its
environment entries tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from creator_magic.secret_names import names_a_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.ports import Question

WITHHELD = "[withheld: looks like a key]"
"""What stands in the place of what was withheld."""

NOTICE = "Something that looks like a key was not sent; what was sent says where."
"""What the person is told, once a solve."""

_SHORTEST = 8
"""Characters below which an environment entry is no secret that can be told from ordinary text."""

_ISSUED = re.compile(
    r"""(?x)
      \b(?: sk-[\w-]{16,}                                        # OpenAI, Anthropic and services like them
          | [rs]k_(?:live|test)_[0-9A-Za-z]{16,}                 # Stripe
          | gh[opsur]_[0-9A-Za-z]{20,} | github_pat_\w{20,}      # GitHub
          | glpat-[\w-]{16,}                                     # GitLab
          | (?:AKIA|ASIA)[0-9A-Z]{16}                            # Amazon
          | AIza[\w-]{35,}                                       # Google
          | xox[abeoprs]-[0-9A-Za-z-]{10,}                       # Slack
          | hf_[0-9A-Za-z]{20,}                                  # Hugging Face
          | npm_[0-9A-Za-z]{30,} | pypi-[\w-]{50,}               # package indexes
          | SG\.[\w-]{16,}\.[\w-]{16,}                           # SendGrid
          | dapi[0-9a-f]{32}                                     # Databricks
          | eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,} )                 # JSON web tokens
    | -----BEGIN\ (?:[A-Z]+\ )*PRIVATE\ KEY-----.*?(?:-----END\ (?:[A-Z]+\ )*PRIVATE\ KEY-----|\Z)
    """,
    re.DOTALL,
)
_SAID_TO_BE = re.compile(
    r"""(?xi)
      (?P<before> \b[a-z][a-z0-9+.-]*://[^\s/:@'"]*:             # the password in an address
                | \b(?:authorization|proxy-authorization)['"]?\s*[:=]\s*['"]?(?:bearer|basic|token)\s+
                | \bbearer\s+(?=[^\s]{20})
                | \b[\w-]{0,40}?(?:(?:api|access|secret|private|auth)[\s_-]?key|token|secret|passw(?:or)?d)
                  ['"]?\s*[:=]\s*['"]?(?=[^\s'"]*\d)(?=[^\s'"]*[a-z]) )
      (?P<secret> (?<=:) [^\s/@'"]+ (?=@) | (?<!//) [^\s'"(){}\[\],;]{12,} )
    """
)


# The patterns take their time, and nearly no text has what they begin with.
_ISSUED_BEGIN = (
    *("sk-", "k_live_", "k_test_", "gho_", "ghp_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-"),
    *("AKIA", "ASIA", "AIza", "xox", "hf_", "npm_", "pypi-", "SG.", "dapi", "eyJ", "-----BEGIN "),
)
_SAID_WITH = ("://", "authorization", "bearer", "key", "token", "secret", "passw")


@dataclass(frozen=True, slots=True)
class Redaction:
    """Knows what to withhold.

    Parameters
    ----------
    secrets : tuple of str
        Texts that are secret whatever their form; the longest first, since one may be part of another.
    """

    secrets: tuple[str, ...] = ()

    @classmethod
    def of(cls, environment: Mapping[str, str], *keys: str) -> Self:
        """Return what withholds `keys`, and the values of entries whose names tell that they are secret."""
        named = (environment.get(name, "") for name in environment if names_a_secret(name))
        found = {text for text in (*named, *keys) if _is_telling(text)}
        return cls(tuple(sorted(found, key=len, reverse=True)))

    def __call__(self, text: str) -> str:
        """Return `text` with `WITHHELD` in the place of everything that looks like a key."""
        for secret in self.secrets:
            text = text.replace(secret, WITHHELD)
        if any(beginning in text for beginning in _ISSUED_BEGIN):
            text = _ISSUED.sub(WITHHELD, text)
        in_any_case = text.casefold()
        if any(word in in_any_case for word in _SAID_WITH):
            text = _SAID_TO_BE.sub(lambda found: f"{found['before']}{WITHHELD}", text)
        return text

    def of_question(self, question: Question) -> Question:
        """Return `question` with nothing in its messages that looks like a key."""
        messages = tuple(replace(message, content=self(message.content)) for message in question.messages)
        return question if messages == question.messages else replace(question, messages=messages)


def _is_telling(text: str) -> bool:
    """Tell whether a secret can be told from ordinary words and numbers of a problem."""
    return len(text) >= _SHORTEST and any(map(str.isdigit, text)) and any(map(str.isalpha, text))
