"""A model behind an OpenAI-compatible endpoint: Chat Completions, streamed, plain text.

A call runs on the thread that asks, so that an interrupt stops it wherever it is; the openai
library is imported by the first call, and its client kept for the next ones, with its connection.
"""

from __future__ import annotations

import math
import os
import threading
import time
import weakref
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from creator_magic.errors import InputError, ModelError, NotConfiguredError
from creator_magic.model.faults import (
    CHECK_URL,
    Target,
    cleaned,
    explain,
    explain_unknown_model,
    proxy_for,
)
from creator_magic.model.kinds import (
    is_bad_request,
    is_connection,
    is_timeout,
    is_unknown_model,
)
from creator_magic.model.names import await_name
from creator_magic.model.parameters import Parameters
from creator_magic.model.retries import pause_before_retry
from creator_magic.model.stream import Draft, events
from creator_magic.model.wording import said, shown
from creator_magic.ports import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openai import DefaultHttpxClient, OpenAI, Stream

    from creator_magic.model.back_off import BackOff
    from creator_magic.ports import Question

OPENAI_URL = "https://api.openai.com/v1"
CONNECT_SECONDS = 10.0
LISTING_SECONDS = 3.0
"""How long a message about an unknown model may wait for the names of those that exist."""

SHOW_SECONDS = 0.03
"""The text so far is handed on at most this often."""

_KEPT_SECONDS = 5.0
"""How long the HTTP library keeps a connection that nobody uses."""

_NO_KEY = "none"
_ROUTE = "/chat/completions"


class ChatModel:
    """A model at an endpoint; satisfies `creator_magic.ports.Model`.

    Parameters
    ----------
    model : str
        The model's name at the endpoint.
    base_url : str or None
        The endpoint, usually ending in /v1; None for OpenAI's own.
    api_key : str or None
        The key; an endpoint other than OpenAI's own may need none.
    parameters : mapping of str to object
        Further parameters of the request, by their names in the protocol. Besides model,
        messages and what streaming needs, nothing is sent that is not set here.
    timeout : float
        Seconds without a byte from the server after which a call is given up.
    retries : int
        How often a call is repeated if the endpoint fails before its reply begins.
    back_off : BackOff or None
        What all who call this endpoint share where it limits their rate; then that is waited out longer.

    Raises
    ------
    InputError
        If the URL, the key or a parameter cannot be used.
    NotConfiguredError
        If the endpoint is OpenAI's own and there is no key.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        parameters: Mapping[str, Any] = MappingProxyType({}),
        timeout: float = 120.0,
        retries: int = 2,
        back_off: BackOff | None = None,
    ) -> None:
        scheme, host, self._url, self._query = _address(base_url or OPENAI_URL)
        key = (api_key or "").strip()
        if not (key.isascii() and key.isprintable()):
            raise InputError("The API key holds characters that no key has. Copy it again, whole and alone.")
        if not key and self._url == OPENAI_URL:
            raise NotConfiguredError(
                "No API key is set. Set OPENAI_API_KEY, or the base URL of another endpoint."
            )
        self._target = Target(model, scheme, host, key, timeout)
        self._parameters = Parameters(parameters)
        self._retries = retries
        self._back_off = back_off
        self._client: OpenAI | None = None
        self._proxy = ""
        self._process = 0
        self._answered_at = -math.inf
        self._connecting = threading.Lock()

    def __repr__(self) -> str:
        return f"ChatModel({self._target.model!r} at {self._target.host})"

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """Answer `question`; call `on_text` with the whole text so far, some 30 times a second.

        Returns
        -------
        Reply
            With `finish_reason` None, and a notice, if the connection broke off after some text.

        Raises
        ------
        ModelError
            If the endpoint could not be asked, refused, fell silent, or sent no text at all
            before the connection broke off.
        """
        client = self._connect()
        began = time.monotonic()
        notices: list[str] = []
        messages = [{"role": m.role, "content": _sendable(m.content)} for m in question.messages]
        stream = self._open(client, messages, notices)
        draft = Draft(self._target.model)
        try:
            self._read(stream, draft, on_text, notices)
        except BaseException:
            if draft.text:
                on_text(draft.text)  # what had come is paid for, and somebody may keep it
            raise
        finally:
            # After an interrupt too: the server must not go on answering nobody.
            stream.close()
        if not draft.answered:
            raise ModelError(
                f"{self._target.host} answered, but with no reply in it. {CHECK_URL}; it usually ends in /v1."
            )
        self._answered_at = time.monotonic()
        on_text(draft.text)
        return Reply(
            text=draft.text,
            finish_reason=draft.finish_reason,
            model=draft.model,
            usage=draft.usage,
            seconds=time.monotonic() - began,
            notices=tuple(notices),
        )

    def list_models(self, timeout: float = LISTING_SECONDS) -> tuple[str, ...]:
        """Return the names of the models that the endpoint has.

        Parameters
        ----------
        timeout : float
            Seconds without a byte from the server after which it is given up.

        Raises
        ------
        ModelError
            If the endpoint does not say.
        """
        to = replace(self._target, model="", timeout=timeout)
        try:
            listing: Any = self._connect().get(
                "/models", cast_to=object, options={"timeout": timeout, "follow_redirects": False}
            )
            return tuple(str(item["id"]) for item in listing["data"])
        except (TypeError, KeyError, ValueError) as error:
            raise ModelError(f"{to.host} lists no models. {CHECK_URL}; it usually ends in /v1.") from error
        except Exception as error:  # noqa: BLE001 - whatever the client raises means that the call failed
            raise ModelError(explain(error, to)) from cleaned(error, to.key)

    def close(self) -> None:
        """Close the connections that are kept; a later call opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connect(self) -> OpenAI:
        with self._connecting:
            if self._client is None or self._process != os.getpid():
                # A process that was forked must not share its parent's connections.
                from openai import OpenAI, Timeout

                # The library, too, looks into the environment once a client.
                self._proxy = proxy_for(self._target)
                plain = self._target.scheme == "http" and not self._proxy
                client = OpenAI(
                    api_key=self._target.key or _NO_KEY,
                    base_url=self._url,
                    default_query=self._query,
                    timeout=Timeout(self._target.timeout, connect=CONNECT_SECONDS),
                    max_retries=0,
                    http_client=self._without_certificates() if plain else None,
                )
                if self._url != OPENAI_URL:
                    # The library reads these from the environment; they are no business of others.
                    client.organization = client.project = None
                self._client, self._process = client, os.getpid()
            return self._client

    def _without_certificates(self) -> DefaultHttpxClient:
        """Return an HTTP client for where no TLS is spoken.

        It trusts no certificate, and so reads none, which would take 18 ms and 0.8 MiB.
        """
        from ssl import PROTOCOL_TLS_CLIENT, SSLContext

        from openai import DefaultHttpxClient

        client = DefaultHttpxClient(verify=SSLContext(PROTOCOL_TLS_CLIENT))
        weakref.finalize(self, client.close)  # as one that the library makes closes itself
        return client

    def _open(self, client: OpenAI, messages: list[dict[str, str]], notices: list[str]) -> Stream[object]:
        """Send the request, again where that may help, until a reply begins."""
        from openai import Stream

        to = self._target
        if not self._may_go_at_once() and not await_name(to.host, CONNECT_SECONDS):
            raise ModelError(
                f"The host {to.host} could not be looked up in time. {CHECK_URL} and the network."
            )
        tries, waited = 1, 0.0
        while True:
            if self._back_off is not None:
                waited += self._back_off.wait()
            try:
                # Not `chat.completions.create`: it takes and gives only what OpenAI's own server knows.
                return client.post(
                    _ROUTE,
                    body={"model": to.model, "messages": messages, **self._parameters.as_sent()},
                    cast_to=object,
                    stream=True,
                    stream_cls=Stream[object],
                    options={"follow_redirects": False},
                )
            except Exception as error:  # noqa: BLE001 - whatever the client raises means that the call failed
                notice = self._adapt(error)
                if notice is not None:
                    notices.append(notice)
                    continue
                if self._back_off is not None and self._back_off.hold(error, waited):
                    continue
                pause = pause_before_retry(error, tries, waited) if tries <= self._retries else None
                if pause is None:
                    raise self._failure(error, tries) from cleaned(error, to.key)
            time.sleep(pause)
            tries, waited = tries + 1, waited + pause

    def _may_go_at_once(self) -> bool:
        """Whether no name is looked up here: a proxy does that, or a connection is open."""
        return bool(self._proxy) or time.monotonic() - self._answered_at < _KEPT_SECONDS

    def _read(
        self, stream: Stream[object], draft: Draft, on_text: Callable[[str], None], notices: list[str]
    ) -> None:
        """Take in the reply until its end, or until the connection breaks off."""
        arriving = events(stream)
        shown_at = time.monotonic()
        while True:
            try:
                event = next(arriving)
            except StopIteration:
                return
            except Exception as error:  # noqa: BLE001 - whatever the client raises means that the call failed
                received, to = len(draft.text), self._target
                if draft.finish_reason is not None and is_connection(error):
                    return  # the reply is whole; only the end of the stream is missing
                if received and is_connection(error) and not is_timeout(error):
                    # Paid for, and the solver can tell the model that it was cut off.
                    notices.append(f"The connection to {to.host} broke off after {received} characters.")
                    return
                raise ModelError(explain(error, to, received=received)) from cleaned(error, to.key)
            if draft.add(event) and time.monotonic() - shown_at >= SHOW_SECONDS:
                on_text(draft.text)
                shown_at = time.monotonic()

    def _adapt(self, error: Exception) -> str | None:
        if not is_bad_request(error):
            return None
        param: object = getattr(error, "param", None)
        refusal = shown(said(getattr(error, "body", None)), self._target.key, 1000)
        return self._parameters.adapt(param if isinstance(param, str) else None, refusal)

    def _failure(self, error: Exception, tries: int) -> ModelError:
        if not is_unknown_model(error):
            return ModelError(explain(error, self._target, tries=tries))
        try:
            models = self.list_models()
        except ModelError:
            models = None
        return ModelError(explain_unknown_model(error, self._target, models))


def _address(base_url: str) -> tuple[str, str, str, dict[str, object]]:
    """Split a base URL into its scheme, its host and port, what is called, and its query."""
    try:
        parts = urlsplit(base_url.strip())
        name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        host = f"{name}:{parts.port}" if parts.port else name
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not host:
        raise InputError(
            "The base URL cannot be used. It begins with http:// or https:// and usually ends in /v1."
        )
    path = parts.path.rstrip("/").removesuffix(_ROUTE)
    # The library appends its routes to the URL as it stands, behind a query if there is one.
    return (
        parts.scheme,
        host,
        f"{parts.scheme}://{parts.netloc}{path}",
        dict(parse_qsl(parts.query)),
    )


def _sendable(text: str) -> str:
    """Return `text` without lone surrogates, which UTF-8 cannot carry."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
