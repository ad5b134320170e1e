"""Errors of a call told apart: by status, by cause, and by the names of their classes.

Names, because the openai client has exchanged its HTTP library once, and the new one's errors
kept the names of the old one's; neither library is imported here.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from creator_magic.model.wording import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CREDIT = re.compile(r"(?i)insufficient[_ ](?:quota|credit|balance|funds)|exceeded your current quota")
_LENGTH = re.compile(r"(?i)context.{0,3}(?:length|window|size)|too many tokens|(?:prompt|input) is too long")
_MODEL = re.compile(
    r"(?i)model[_ ]not[_ ]found|\b(?:invalid|unknown|no such) model|"
    r"\bmodel\b.{0,90}\b(?:not found|not exist|unknown)"
)


class UnusableReplyError(Exception):
    """The endpoint answered with something that is no reply of the protocol."""


class ErrorInReplyError(Exception):
    """The endpoint told of an error where its reply should have gone on.

    Parameters
    ----------
    body : object
        What it told, as JSON.
    """

    def __init__(self, body: object) -> None:
        super().__init__(str(body))
        self.body = body


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and what its library made it from.

    What was being handled when the call began is a context too, but none of the call's: a context
    counts only where the library set it aside with `from None`.
    """
    link: BaseException | None = error
    passed: set[int] = set()
    while link is not None and id(link) not in passed:
        passed.add(id(link))
        yield link
        link = link.__cause__ or (link.__context__ if link.__suppress_context__ else None)


def kinds(error: BaseException) -> set[str]:
    """Return the names of the classes that `error` and its causes belong to."""
    return {kind.__name__ for link in chain(error) for kind in type(link).__mro__}


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status that an error stands for, or None if no status arrived."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def headers_of(error: BaseException) -> Mapping[str, str]:
    """Return the headers of the response that an error stands for, by names in lower case."""
    headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", {})
    return headers


def words_of(error: BaseException) -> str:
    """Return what the server said in an error: its code, if any, and its sentence."""
    body = getattr(error, "body", None)
    code = (body.get("code") or body.get("type") or "") if isinstance(body, dict) else ""
    return f"{code} {said(body)}".strip()


def is_connection(error: BaseException) -> bool:
    """Return whether the connection failed, rather than the server answered with an error."""
    return not kinds(error).isdisjoint({"APIConnectionError", "TransportError", "OSError"})


def is_timeout(error: BaseException) -> bool:
    """Return whether the endpoint was waited for in vain."""
    return not kinds(error).isdisjoint({"TimeoutException", "TimeoutError"})


def is_out_of_credit(error: BaseException) -> bool:
    """Return whether the account, not the rate of calls, is what stands in the way."""
    return status_of(error) == HTTPStatus.PAYMENT_REQUIRED or bool(_CREDIT.search(words_of(error)))


def is_too_long(error: BaseException) -> bool:
    """Return whether the messages are more than the model takes."""
    return bool(_LENGTH.search(words_of(error)))


def is_unknown_model(error: BaseException) -> bool:
    """Return whether the endpoint may not have the model that was asked for."""
    status = status_of(error)
    return status == HTTPStatus.NOT_FOUND or (
        is_bad_request(error) and bool(_MODEL.search(words_of(error))) and not is_too_long(error)
    )


def is_bad_request(error: BaseException) -> bool:
    """Return whether the endpoint found fault with what was sent."""
    return status_of(error) in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
