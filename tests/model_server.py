"""A model endpoint on loopback for tests: real HTTP, real streaming, and faults on demand.

    with ModelServer() as server:
        server.reply_with("first reply", "second reply")  # in the order of the requests
        server.fault(0, "500")                            # the first request fails
        ...                                               # anything that asks at server.url
        assert len(server.calls) == 3
        assert server.calls[1].body["messages"][-1]["content"] == "..."

`reply_by` takes a function of the request's body instead of a queue. A faulted request takes
nothing off the queue, unless the fault spoils a reply (then it spoils the next one).

Faults, by the number of the chat request, counted from 0; behind a colon stands a detail:

    401 403 404 500 503 ...   the status, with an error body; any number of 400 to 599 will do
    307:URL                   sent on to that URL
    429[:SECONDS]             rate limit, with Retry-After (0 if not given)
    quota                     429 for an account without credit
    context                   400, the messages are too long
    bad-parameter:NAME[:TEXT] 400 while the body holds NAME, else a normal reply
    drop-before               closed before any reply
    drop-in-reply             closed after half of the reply, in the middle of a chunk
    drop-after                closed after the whole reply, before the end of the stream
    close-after               closed after the end of the stream, though nothing had announced it
    hang-after                the whole reply, then silence without an end until the server closes
    trickle-after             the whole reply, then comments without an end
    cut                       half of the reply, then a clean end without a finish reason
    length, content_filter    half of the reply, with that finish reason
    empty                     a reply without a character
    nothing                   status 200 and no body
    html                      status 200 and a page such as proxies send
    garbage                   a stream whose second event is not JSON
    error-in-stream           half of the reply, then an error object
    json                      one plain JSON completion, though a stream was asked for
    hang, hang-in-reply       silence, at once or after half of the reply, until the server closes
    slow[:SECONDS]            that long between chunks (0.05 if not given)

With `-forever` at its end (`500-forever`) a fault meets every later request too.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from tests.canary import CANARY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

PIECE = 20
"""Characters a chunk."""

FOREVER = "-forever"


@dataclass(frozen=True)
class ScriptedReply:
    """A reply with more to it than its text.

    Parameters
    ----------
    text : str
        What the model says.
    finish_reason : str or None
        None sends none.
    wait : float
        Seconds of silence before the first byte.
    pause : float
        Seconds between two chunks.
    usage : dict or None
        The usage object to send instead of one counted from the characters.
    fault : str
        A fault of this reply, named as in the module's docstring.
    chunks : tuple of dict
        If given, these are sent as the stream's events, instead of the text.
    piece : int
        Characters a chunk.
    model : str
        The model that the reply says it is from; the one that was asked for, if empty.
    """

    text: str = ""
    finish_reason: str | None = "stop"
    wait: float = 0.0
    pause: float = 0.0
    usage: dict[str, Any] | None = None
    fault: str = ""
    chunks: tuple[dict[str, Any], ...] = ()
    piece: int = PIECE
    model: str = ""


@dataclass(frozen=True)
class Received:
    """A request as it arrived.

    Parameters
    ----------
    path : str
        With the query, if there is one.
    headers : mapping of str to str
        By names in lower case.
    body : dict
        Empty for a GET.
    at : float
        When it arrived, by `time.monotonic`.
    """

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    at: float = field(default_factory=time.monotonic)

    @property
    def route(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]


class ModelServer:
    """An OpenAI-compatible endpoint in a thread; see the module's docstring.

    Attributes
    ----------
    url : str
        The base URL, ending in /v1.
    requests : list of Received
        Every request, in order.
    models : tuple of str
        What GET /models lists; only with `unknown_model` does the name asked for matter.
    listing : str
        If given, the body that GET /models has instead.
    unknown_model : bool
        Whether a chat request for a model that is not in `models` gets a 404.
    said_at : dict of str to float
        When the last character of a streamed reply was sent, by its text and by `time.time`.
    embeds : bool
        Whether POST /embeddings is served: vectors that tell which of a few words a text holds.
    errors : list of Exception
        What the function given to `reply_by` raised.
    may_know : bool
        Whether the test shares the canary on purpose.
    """

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.said_at: dict[str, float] = {}
        self.errors: list[Exception] = []
        self.models: tuple[str, ...] = ("test-model",)
        self.listing = ""
        self.unknown_model = False
        self.may_know = False
        self._leaked = False
        self.connections = 0
        self.embeds = True
        self._queue: deque[str | ScriptedReply] = deque()
        self._function: Callable[[dict[str, Any]], str | ScriptedReply] | None = None
        self._faults: dict[int, str] = {}
        self._lock = threading.Lock()
        self._arrival = threading.Condition(self._lock)
        self._closing = threading.Event()
        self._open: dict[socket.socket, threading.Thread] = {}
        model_server = self

        class BoundHandler(_Handler):
            model = model_server

        self._http = _QuietServer(("127.0.0.1", 0), BoundHandler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def reply_with(self, *replies: str | ScriptedReply) -> None:
        """Queue `replies`; they are given in order, one a request."""
        self._queue.extend(replies)

    def reply_by(self, function: Callable[[dict[str, Any]], str | ScriptedReply]) -> None:
        """Let `function` make every reply from the body of its request."""
        self._function = function

    def fault(self, number: int, what: str) -> None:
        """Let chat request `number`, counted from 0, meet the fault `what`."""
        self._faults[number] = what

    def forget(self) -> None:
        """Forget what was asked, and what was to be replied; faults count from 0 again."""
        with self._lock:
            self.requests.clear()
            self.errors.clear()
            self._queue.clear()
            self._faults.clear()
            self._function = None

    def wait_for(self, number: int, route: str = "/v1/chat/completions", timeout: float = 30.0) -> None:
        """Wait until `number` requests for `route` have arrived."""
        with self._arrival:
            came = self._arrival.wait_for(
                lambda: sum(request.route == route for request in self.requests) >= number, timeout
            )
        assert came, f"fewer than {number} requests for {route}"

    @property
    def calls(self) -> list[Received]:
        """The chat requests alone."""
        return [request for request in self.requests if request.route == "/v1/chat/completions"]

    def close(self) -> None:
        """Stop: release whoever hangs, close every connection, end every thread."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._http.shutdown()
        self._thread.join()
        with self._lock:
            left = dict(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in left.values():
            thread.join(5)
        self._http.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        assert self.may_know or not self._leaked, "the canary was sent"

    def _receive(self, request: Received) -> str:
        """Note a request; return its fault."""
        with self._lock:
            number = len(self.calls)
            self.requests.append(request)
            self._leaked = self._leaked or CANARY in json.dumps(request.body, ensure_ascii=False)
            self._arrival.notify_all()
        lasting = [n for n, what in self._faults.items() if n <= number and what.endswith(FOREVER)]
        what = self._faults.get(number) or (self._faults[max(lasting)] if lasting else "")
        return what.removesuffix(FOREVER)

    def _reply_to(self, body: dict[str, Any]) -> ScriptedReply:
        if self._function is not None:
            reply = self._function(body)
        else:
            with self._lock:
                reply = self._queue.popleft()
        return ScriptedReply(reply) if isinstance(reply, str) else reply


def embedding(text: str) -> list[float]:
    """A stand-in for an embedding: alike for texts that speak of the same few things, in any words."""
    themes = ("money price cost loan cash", "road distance truck car journey", "sphere globe earth circle")
    words = set(text.lower().replace("_", " ").split())
    return [0.1, *(float(len(words & set(theme.split()))) for theme in themes)]


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away: that is what some tests are about."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    model: ModelServer

    def log_message(self, *_: object) -> None: ...

    def setup(self) -> None:
        with self.model._lock:
            self.model._open[self.request] = threading.current_thread()
            self.model.connections += 1
        if self.model._closing.is_set():  # accepted while the server was closing, and not seen by it
            self.request.shutdown(socket.SHUT_RDWR)
        super().setup()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        with self.model._lock:
            self.model._open.pop(self.request, None)

    def do_GET(self) -> None:
        request = Received(self.path, self.lowered(), {})
        self.model._receive(request)
        if request.route == "/v1/models":
            data = [{"id": name, "object": "model", "created": 0} for name in self.model.models]
            listing = self.model.listing or json.dumps({"object": "list", "data": data})
            self.send_body(200, "application/json", listing.encode())
        else:
            self.send_error_object(404, f"{self.path} is not served")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        request = Received(self.path, self.lowered(), body)
        fault = self.model._receive(request)
        if request.route == "/v1/embeddings":
            self.send_embeddings(body)
        elif request.route != "/v1/chat/completions":
            self.send_error_object(404, f"{self.path} is not served")
        elif self.model.unknown_model and body.get("model") not in self.model.models:
            message = f"The model '{body.get('model')}' does not exist"
            self.send_error_object(404, message, code="model_not_found")
        elif not self.fail(fault, body):
            try:
                reply = self.model._reply_to(body)
            except Exception as error:  # noqa: BLE001 - a test's own function may raise anything
                self.model.errors.append(error)
                self.send_error_object(400, f"the test has no reply for this request: {error!r}")
            else:
                if not self.fail(reply.fault, body):
                    self.send_reply(reply, body, fault or reply.fault)

    def send_embeddings(self, body: dict[str, Any]) -> None:
        if not self.model.embeds:
            self.send_error_object(404, "no embeddings are served")
            return
        data = [
            {"object": "embedding", "index": index, "embedding": embedding(text)}
            for index, text in enumerate(body["input"])
        ]
        # In no order of note: a client must look at the index.
        reply = {"object": "list", "model": body["model"], "data": data[::-1], "usage": {"prompt_tokens": 1}}
        self.send_body(200, "application/json", json.dumps(reply).encode())

    def lowered(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def fail(self, fault: str, body: dict[str, Any]) -> bool:
        """Meet the faults that leave no reply; return whether one was met."""
        kind, _, detail = fault.partition(":")
        if self.refuse(kind, detail, body):
            return True
        if kind in {"drop-before", "hang"}:
            self.close_connection = True
            if kind == "hang":
                self.model._closing.wait()
        elif kind == "html":
            self.send_body(
                200, "text/html", b"<!doctype html><html><title>Sign in</title>Please sign in.</html>"
            )
        elif kind == "nothing":
            self.send_body(200, "text/event-stream", b"")
        else:
            return False
        return True

    def refuse(self, kind: str, detail: str, body: dict[str, Any]) -> bool:
        """Meet the faults that are an error status; return whether one was met."""
        if kind == "429":
            self.send_error_object(429, "Too many requests.", headers={"Retry-After": detail or "0"})
        elif kind == "quota":
            self.send_error_object(429, "You exceeded your current quota.", code="insufficient_quota")
        elif kind == "context":
            message = "This model's maximum context length is 4096 tokens, but 9000 were given."
            self.send_error_object(400, message, code="context_length_exceeded", param="messages")
        elif kind == "401":
            key = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self.send_error_object(401, f"Incorrect API key provided: {key}.", code="invalid_api_key")
        elif kind.isdigit():
            headers = {"Location": detail} if kind.startswith("3") else None
            self.send_error_object(int(kind), f"status {kind} on purpose", headers=headers)
        elif kind == "bad-parameter" and detail.partition(":")[0] in body:
            name, _, message = detail.partition(":")
            self.send_error_object(400, message or f"Unsupported parameter: '{name}'", param=name)
        else:
            return False
        return True

    def send_reply(self, reply: ScriptedReply, body: dict[str, Any], fault: str) -> None:
        fault, _, detail = fault.partition(":")
        text, finish, pause = reply.text, reply.finish_reason, reply.pause
        if fault in {"length", "content_filter"}:
            text, finish = text[: len(text) // 2], fault
        elif fault == "empty":
            text = ""
        elif fault == "slow":
            pause = float(detail or 0.05)
        self.model._closing.wait(reply.wait)
        usage = reply.usage or _count(body, text)
        head = {"id": "chatcmpl-test", "created": int(time.time()), "model": reply.model or body.get("model")}
        if not body.get("stream") or fault == "json":
            message = {"role": "assistant", "content": text, "refusal": None}
            choice = {"index": 0, "finish_reason": finish, "message": message}
            self.send_json(200, {**head, "object": "chat.completion", "choices": [choice], "usage": usage})
            return
        head["object"] = "chat.completion.chunk"
        asks_usage = (body.get("stream_options") or {}).get("include_usage")
        chunks = reply.chunks or _chunks(text, finish, usage if asks_usage else None, reply.piece)
        self.start_stream()
        for number, chunk in enumerate(chunks):
            if number == (len(chunks) + 1) // 2 and self.spoil(fault):
                return
            if number:
                self.model._closing.wait(pause)
            self.send_event({**head, **chunk})
        self.model.said_at[text] = time.time()
        self.end_reply(fault)

    def end_reply(self, fault: str) -> None:
        """End a stream behind its whole reply, with the faults that come only then."""
        if fault == "drop-after":
            self.close_connection = True
            return
        self.send_chunk(b"data: [DONE]\n\n")
        if fault == "hang-after":
            self.model._closing.wait()
        while fault == "trickle-after" and not self.model._closing.wait(0.001):
            self.send_chunk(b": still here\n\n")
        self.end_stream()
        self.close_connection = self.close_connection or fault == "close-after"

    def spoil(self, fault: str) -> bool:
        """Meet the faults in the middle of a stream; return whether the stream is over."""
        if fault in {"drop-in-reply", "hang-in-reply"}:
            self.close_connection = True
            if fault == "hang-in-reply":
                self.model._closing.wait()
            self.wfile.write(b"ff\r\ndata: {")
            return True
        if fault == "garbage":
            self.send_chunk(b'data: {"choices": [{"delta"\n\n')
        elif fault == "error-in-stream":
            self.send_event({"error": {"message": "The server had an error.", "type": "server_error"}})
        elif fault != "cut":
            return False
        self.end_stream()
        return True

    def send_event(self, data: dict[str, Any]) -> None:
        self.send_chunk(b"data: " + json.dumps(data).encode() + b"\n\n")

    def start_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def send_chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def end_stream(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def send_error_object(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        self.send_json(status, {"error": error}, headers)

    def send_json(self, status: int, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> None:
        self.send_body(status, "application/json", json.dumps(body).encode(), headers)

    def send_body(
        self, status: int, kind: str, data: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _chunks(text: str, finish: str | None, usage: dict[str, Any] | None, piece: int) -> list[dict[str, Any]]:
    """Return the events of a stream that says `text`."""
    pieces = [text[i : i + piece] for i in range(0, len(text), piece)]
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": ""},
        *({"content": p} for p in pieces),
        {},
    ]
    chunks: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas
    ]
    chunks[-1]["choices"][0]["finish_reason"] = finish
    if usage is not None:
        chunks.append({"choices": [], "usage": usage})
    return chunks


def _count(body: dict[str, Any], text: str) -> dict[str, Any]:
    """Count four characters as a token."""
    asked = sum(len(str(message.get("content"))) for message in body.get("messages", [])) // 4
    said = len(text) // 4
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
