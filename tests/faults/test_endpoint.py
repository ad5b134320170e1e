"""The endpoint and the way to it."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import environment
from tests.faults.book import DECISION, TOOL
from tests.faults.catalogue import Fault, fault
from tests.live_notebook import LiveNotebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.book import Book
    from tests.model_server import ModelServer

pytestmark = pytest.mark.xdist_group("faults of endpoints")


# What stays


@fault(
    "The key is refused (401)",
    "A failed cell: the endpoint did not accept the key, and where to set one. The key is not shown",
    requests=1,
    case="401",
    says=["did not accept the API key", "OPENAI_API_KEY"],
)
@fault(
    "The key may not use the model (403)",
    "A failed cell: use another model, or ask for access",
    requests=1,
    case="403",
    says=["does not let this key use model 'test-model'", "ask for access"],
)
@fault(
    "The account has no credit (429 `insufficient_quota`)",
    "A failed cell at once: add credit; waiting would not help",
    requests=1,
    case="quota",
    says=["no credit", "Add credit"],
)
@fault(
    "The messages are too long for the model",
    "A failed cell: shorten them, or use a model that takes more",
    requests=1,
    case="context",
    says=["too long for model 'test-model'", "Shorten"],
)
@fault(
    "429 for ever",
    "A failed cell after the third try: too many requests, try again later",
    requests=3,
    case="429-forever",
    says=["3 times", "too many requests", "Try again later"],
)
@fault(
    "429 that asks for a pause longer than a minute",
    "A failed cell at once, with the pause that was asked for",
    requests=1,
    case="429:300",
    says=["too many requests", "a pause of 300 s"],
)
@fault(
    "500 for ever",
    "A failed cell after the third try, with the status",
    requests=3,
    case="500-forever",
    says=["failed 3 times with status 500", "Try again later"],
)
@fault(
    "The server hangs before its reply",
    "A failed cell after `request_timeout` seconds of silence; no second request, which might be billed too",
    requests=1,
    case="hang",
    says=["was silent for 1 s", "allow more time"],
)
@fault(
    "The server hangs in the middle of its reply",
    "A failed cell after `request_timeout` seconds of silence, with how much had arrived",
    requests=1,
    case="hang-in-reply",
    says=["was silent for 1 s after", "characters of its reply"],
)
@fault(
    "The connection is dropped before the reply, every time",
    "A failed cell after the third try",
    requests=3,
    case="drop-before-forever",
    says=["closed the connection 3 times without an answer", "Try again later"],
)
@fault(
    "A redirect to another address",
    "A failed cell that shows the address; key and problem are not sent there",
    requests=1,
    case="307:https://elsewhere.example/v1/chat/completions",
    says=["sends the request on to https://elsewhere.example/v1", "set it as the base URL"],
)
@fault(
    "A sign-in page instead of a reply",
    "A failed cell: a proxy may stand in the way, or the base URL is wrong",
    requests=1,
    case="html",
    says=["a web page titled “Sign in”", "proxy"],
)
@fault(
    "Status 200 and nothing in it",
    "A failed cell: no reply in it; check the base URL",
    requests=1,
    case="nothing",
    says=["no reply in it", "base URL"],
)
@fault(
    "A stream that is no JSON",
    "A failed cell that quotes the line",
    requests=1,
    case="garbage",
    says=["no part of a reply", "Try again later"],
)
@fault(
    "An error object in the middle of the stream",
    "A failed cell with what the server said",
    requests=1,
    case="error-in-stream",
    says=["The server had an error", "Try again later"],
)
def test_a_fault_that_stays_fails_the_cell(book: Book, fault: Fault) -> None:
    book.server.fault(0, fault.case)
    book.server.reply_by(lambda _: TOOL)
    ran = book.solve()
    book.failed(ran, fault)
    assert "sk-test" not in ran.error + ran.html


@fault(
    "The model does not exist (404)",
    "A failed cell that names the closest models that the endpoint has",
    requests=1,
    case="test-modal",
    says=["has no model 'test-modal'", "Did you mean test-model?"],
)
def test_an_unknown_model_is_told_with_those_there_are(book: Book, fault: Fault) -> None:
    book.server.unknown_model = True
    try:
        ran = book.solve(f"--model {fault.case}")
    finally:
        book.server.unknown_model = False
    book.failed(ran, fault)


@fault(
    "The base URL leads to nothing (404)",
    "A failed cell: check the base URL, it usually ends in /v1",
    requests=0,
    says=["no chats at this address", "usually ends in /v1"],
)
def test_a_wrong_path_is_told(book: Book, fault: Fault) -> None:
    with book.with_setting("base_url", book.server.url.replace("/v1", "/v2")):
        ran = book.solve()
    book.failed(ran, fault)
    assert len(book.server.requests) <= 2


# What passes


@fault(
    "429 with Retry-After",
    "The answer: the pause that was asked for is kept, then the call is sent again",
    requests=3,
    case="429:1",
)
@fault("500, twice", "The answer: the call is sent again after 0.5 s and 1 s", requests=4, case="500 500")
@fault(
    "The connection is dropped before the reply",
    "The answer: the call is sent again",
    requests=3,
    case="drop-before",
)
@fault(
    "A 400 that names a parameter",
    "The answer: the call is sent without it or by its other name, and the record says so",
    requests=3,
    case="bad-parameter:stream_options",
    says=["does not count tokens while streaming"],
)
@fault(
    "The connection is dropped after the reply, before the end of the stream",
    "The answer: the reply is whole",
    requests=2,
    case="drop-after",
)
@fault(
    "The stream does not end behind its reply",
    "The answer: the end is waited for a moment, and the connection then closed",
    requests=2,
    case="hang-after trickle-after",
)
@fault(
    "A kept connection is closed between two calls",
    "The answer: another one is opened",
    requests=2,
    case="close-after",
)
@fault("One whole reply instead of a stream", "The answer", requests=2, case="json")
@fault("A slow stream", "The answer; each part restarts the limit on silence", requests=2, case="slow:0.15")
def test_a_fault_that_passes_costs_no_more_than_a_pause(book: Book, fault: Fault) -> None:
    for number, what in enumerate(fault.case.split()):
        book.server.fault(number, what)
    book.server.reply_with(TOOL, DECISION)
    book.solved(book.solve(), fault)
    first, second, *_ = book.server.calls
    assert fault.case != "429:1" or second.at - first.at >= 1


@fault(
    "The connection is dropped in the middle of a reply",
    "The answer: half a reply is never run; it counts as an attempt, and the model is asked for a whole one",
    requests=3,
    case="drop-in-reply",
    says=["The reply was cut off", "broke off after"],
)
@fault(
    "A stream that ends early, without a finish reason",
    "The answer: as above",
    requests=3,
    case="cut",
    says=["The reply was cut off: the stream ended early"],
)
def test_half_a_reply_is_an_attempt(book: Book, fault: Fault) -> None:
    book.server.fault(0, fault.case)
    book.server.reply_with(TOOL, TOOL, DECISION)
    book.solved(book.solve(), fault)


# The way there


@fault(
    "Nobody listens at the address",
    "A failed cell at once: start the server there, check the base URL",
    requests=0,
    case="http://127.0.0.1:1/v1",
    says=["Nothing answers at 127.0.0.1:1", "Start the server"],
)
@fault(
    "The host is unknown",
    "A failed cell at once: check the base URL and the network",
    requests=0,
    case="https://no-such-host.invalid/v1",
    says=["The host no-such-host.invalid", "Check the base URL"],
)
def test_an_address_that_cannot_be_reached_is_told(book: Book, fault: Fault) -> None:
    with book.with_setting("base_url", fault.case):
        book.failed(book.solve(), fault)


@fault(
    "https where the server speaks http",
    "A failed cell: no secure connection; write http://",
    requests=0,
    says=["No secure connection", "write http://"],
)
def test_plain_http_behind_https_is_told(book: Book, fault: Fault) -> None:
    with book.with_setting("base_url", book.server.url.replace("http:", "https:")):
        book.failed(book.solve(), fault)


@contextmanager
def untrusted_server() -> Iterator[str]:
    """A TLS server whose certificate nobody vouches for; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("untrusted.pem"))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            try:
                while True:
                    connection, _ = listening.accept()
                    with connection, context.wrap_socket(connection, server_side=True):
                        pass
            except OSError:
                return

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/v1"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@fault(
    "The certificate is not trusted",
    "A failed cell: why it is not, and what to set behind a company's proxy",
    requests=0,
    says=["is not trusted (self-signed certificate)", "SSL_CERT_FILE"],
)
def test_a_certificate_that_nobody_vouches_for_is_told(book: Book, fault: Fault) -> None:
    with untrusted_server() as address, book.with_setting("base_url", address):
        book.failed(book.solve(), fault)


@fault(
    "A proxy that does not lead there",
    "A failed cell that names the proxy, without its password, and what to check",
    requests=0,
    says=["The proxy 127.0.0.1", "HTTPS_PROXY"],
)
def test_a_proxy_in_the_way_is_named(book: Book, fault: Fault) -> None:
    proxy = book.server.url.replace("//", "//user:pass-word@").removesuffix("/v1")
    book.notebook.run(f"__import__('os').environ['HTTPS_PROXY'] = {proxy!r}")
    with book.with_setting("base_url", "https://endpoint.invalid/v1"):
        ran = book.solve()
    book.notebook.run("__import__('os').environ.pop('HTTPS_PROXY')")
    book.failed(ran, fault)
    assert "pass-word" not in ran.error + ran.html


# No second bill


@fault(
    "The decision cannot be had, after the tool was paid for",
    "A failed cell; when it is run again, the tool's reply is replayed and only the decision is asked for",
    requests=4,
    case="500-forever",
    says=["failed 3 times with status 500"],
)
def test_what_was_paid_for_is_not_asked_for_again(server: ModelServer, tmp_path: Path, fault: Fault) -> None:
    asking = {k: v for k, v in environment(server).items() if k != "CREATOR_CASSETTE_MODE"}
    server.fault(1, fault.case)
    server.reply_with(TOOL, DECISION)
    with LiveNotebook(asking, cwd=str(tmp_path)) as notebook:
        notebook.run("%load_ext creator_magic")
        ran = notebook.run("%%solve\nWhat is one more than 41?", "magic")
        assert ran.status == "error"
        assert fault.says[0] in ran.error
        assert notebook.names() == set()
        assert len(server.calls) == fault.requests
        server.forget()
        server.reply_with(DECISION)
        again = notebook.run("%%solve\nWhat is one more than 41?", "magic")
        assert again.status == "ok", again.error
        assert "creation: replayed" in again.html
        assert len(server.calls) == 1
