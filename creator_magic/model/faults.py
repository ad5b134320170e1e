"""What went wrong with a call, told to a person: what happened, to what, and what to do."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import urllib.request
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from creator_magic.model.kinds import (
    UnusableReplyError,
    chain,
    headers_of,
    is_connection,
    is_out_of_credit,
    is_timeout,
    is_too_long,
    kinds,
    status_of,
)
from creator_magic.model.wording import redact, said, shown

MOST_NAMES = 5
"""Models that a message lists."""

CHECK_URL = "Check the base URL (OPENAI_BASE_URL)"
_ROUTE = re.compile(r"/(?:chat/completions|models)/?$")


@dataclass(frozen=True, slots=True)
class Target:
    """What a message may say about where a call went.

    Parameters
    ----------
    model : str
        The model that was asked; empty if the endpoint itself was.
    scheme : str
        Of the base URL: http or https.
    host : str
        Host and port of the endpoint, without anything else of the URL.
    key : str
        The API key, so that it can be taken out; empty if none is set.
    timeout : float
        Seconds of silence after which a call is given up.
    """

    model: str
    scheme: str
    host: str
    key: str = field(repr=False)
    timeout: float

    @property
    def what(self) -> str:
        """What was asked for, in words."""
        return f"model {self.model!r}" if self.model else "its list of models"


def cleaned(error: Exception, key: str) -> Exception:
    """Take the key out of the texts of `error` and its causes, which a traceback would print."""
    for link in chain(error):
        link.args = tuple(redact(part, key) if isinstance(part, str) else part for part in link.args)
        for name in ("message", "doc"):
            text = getattr(link, name, None)
            if isinstance(text, str):
                with contextlib.suppress(AttributeError):
                    setattr(link, name, redact(text, key))
    return error


def explain(error: Exception, to: Target, *, tries: int = 1, received: int = 0) -> str:
    """Say why a call failed, in a line or two.

    Parameters
    ----------
    error : Exception
        What the client raised.
    to : Target
        Where the call went.
    tries : int
        How often it was tried.
    received : int
        Characters of the reply that had arrived.
    """
    times = f" {tries} times" if tries > 1 else ""
    status = status_of(error)
    if is_out_of_credit(error):
        words = _words(error, to) or "no reason given"
        return (
            f"The account at {to.host} has no credit left for {to.what}: {words}. "
            "Add credit there, or use another endpoint."
        )
    if status is not None:
        return _explain_status(status, error, to, times)
    if isinstance(error, UnusableReplyError):
        return f"{to.host} {shown(str(error), to.key, 300)}"
    if is_connection(error):
        return _explain_connection(error, to, times, received)
    words = _words(error, to) or shown(str(error), to.key)
    after = f" after {received} characters" if received else ""
    return f"{to.host} ended its reply for {to.what} with an error{after}: {words}. Try again later."


def explain_unknown_model(error: Exception, to: Target, models: tuple[str, ...] | None) -> str:
    """Say that the model or the address is not there, and which models are.

    Parameters
    ----------
    error : Exception
        What the client raised.
    to : Target
        Where the call went.
    models : tuple of str or None
        What the endpoint lists; None if it did not answer that either.
    """
    import difflib

    words = _in_brackets(error, to)
    if models is None:
        return (
            f"{to.host} has no {to.what}, or no chats at this address{words}. "
            f"Check the model's name. {CHECK_URL}; it usually ends in /v1."
        )
    if to.model in models:
        return f"{to.host} lists {to.what}, but does not chat with it{words}. Use another model."
    if not models:
        return f"{to.host} has no {to.what}, nor any other. Load or install one there."
    close = difflib.get_close_matches(to.model, models, n=MOST_NAMES, cutoff=0.5)
    names = ", ".join(shown(name, to.key, 60) for name in close or models[:MOST_NAMES])
    if close:
        return f"{to.host} has no {to.what}. Did you mean {names}?"
    more = f" and {len(models) - MOST_NAMES} more" if len(models) > MOST_NAMES else ""
    return f"{to.host} has no {to.what}. It has {names}{more}."


def proxy_for(to: Target) -> str:
    """Return the proxy that the environment sets for a host, without its credentials, or an empty text."""
    set_for = urllib.request.getproxies()
    url = set_for.get(to.scheme) or set_for.get("all") or ""
    if urllib.request.proxy_bypass(to.host):
        return ""
    return shown(urlsplit(url).netloc.rpartition("@")[2], to.key)


def _explain_status(status: int, error: Exception, to: Target, times: str) -> str:
    words = _in_brackets(error, to)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return _explain_redirect(error, to)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return f"{to.host} failed{times} with status {status}{words}. Try again later."
    if is_too_long(error):
        return (
            f"The problem and what is sent with it are too long for {to.what} at {to.host}{words}. "
            "Shorten them, or use a model that takes more."
        )
    denial = "did not accept the API key" if to.key else "asks for an API key, and none is set"
    sentences: dict[int, str] = {
        HTTPStatus.UNAUTHORIZED: (
            f"{to.host} {denial}{words}. Set OPENAI_API_KEY to a key of this endpoint."
        ),
        HTTPStatus.FORBIDDEN: (
            f"{to.host} does not let this key use {to.what}{words}. "
            "Use another model, or ask for access there."
        ),
        HTTPStatus.NOT_FOUND: (
            f"{to.host} has nothing at this address{words}. {CHECK_URL}; it usually ends in /v1."
        ),
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: (
            f"The proxy before {to.host} asks for a name and a password. Write them into HTTPS_PROXY."
        ),
        HTTPStatus.TOO_MANY_REQUESTS: (
            f"{to.host} refused {to.what}{times}: too many requests{_wait_asked_for(error)}{words}. "
            "Try again later."
        ),
    }
    otherwise = (
        f"{to.host} refused the request for {to.what} with status {status}{words}. "
        "Check the model, its parameters and the base URL."
    )
    return sentences.get(status, otherwise)


def _explain_connection(  # noqa: PLR0911 - one return a fault
    error: Exception, to: Target, times: str, received: int
) -> str:
    links, names = list(chain(error)), kinds(error)
    reason = shown(getattr(links[-1], "strerror", None) or str(links[-1]), to.key).rstrip(".")
    if any(isinstance(link, ssl.SSLError) for link in links):
        return _explain_tls(links, to)
    if "ProxyError" in names:
        proxy = proxy_for(to)
        return f"The proxy {proxy} does not lead to {to.host} ({reason}). Check HTTPS_PROXY and NO_PROXY."
    if is_timeout(error) and "ConnectTimeout" not in names:
        after = f" after {received} characters of its reply" if received else ""
        return (
            f"{to.host} was silent for {to.timeout:g} s{after} when asked for {to.what}. "
            "Try again later, or allow more time: %config CreatorMagic.request_timeout = SECONDS."
        )
    proxy = proxy_for(to)
    suspect = f" On the way stands the proxy {proxy}; it may be what fails." if proxy else ""
    if any(isinstance(link, socket.gaierror) for link in links):
        return f"The host {to.host} is unknown ({reason}). {CHECK_URL} and the network.{suspect}"
    if any(isinstance(link, ConnectionRefusedError) for link in links):
        return f"Nothing answers at {to.host} ({reason}). Start the server there. {CHECK_URL}.{suspect}"
    if "ConnectTimeout" in names:
        return f"{to.host} did not take the connection in time. {CHECK_URL} and the network.{suspect}"
    if names & {"RemoteProtocolError", "ReadError", "WriteError"}:
        return (
            f"{to.host} closed the connection{times} without an answer ({reason}). Try again later.{suspect}"
        )
    return f"{to.host} cannot be reached ({reason}). {CHECK_URL} and the network.{suspect}"


def _explain_tls(links: list[BaseException], to: Target) -> str:
    for link in links:
        if isinstance(link, ssl.SSLCertVerificationError):
            return (
                f"The certificate of {to.host} is not trusted ({shown(link.verify_message, to.key)}). "
                "Behind a company's proxy, set SSL_CERT_FILE to the certificate it uses."
            )
    reason = next((e.reason for e in links if isinstance(e, ssl.SSLError) and e.reason), "no reason given")
    return (
        f"No secure connection to {to.host} ({shown(reason, to.key)}). "
        "If the server speaks plain http, write http:// in the base URL."
    )


def _explain_redirect(error: Exception, to: Target) -> str:
    try:
        place = urlsplit(headers_of(error).get("location", ""))
    except ValueError:
        place = urlsplit("")
    if not place.hostname:
        return f"{to.host} sends the request to another address. {CHECK_URL}."
    base = f"{place.scheme}://{place.netloc.rpartition('@')[2]}{_ROUTE.sub('', place.path)}"
    return (
        f"{to.host} sends the request on to {shown(base, to.key)}. If that is right, set it as the base URL."
    )


def _wait_asked_for(error: Exception) -> str:
    seconds = headers_of(error).get("retry-after", "")
    return f", asking for a pause of {seconds} s" if seconds.strip("0").isdigit() else ""


def _words(error: Exception, to: Target) -> str:
    return shown(said(getattr(error, "body", None)), to.key).rstrip(".")


def _in_brackets(error: Exception, to: Target) -> str:
    words = _words(error, to)
    return f" ({words})" if words else ""
