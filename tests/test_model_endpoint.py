"""A model behind an endpoint: what is sent, what comes back, and how an interrupt stops it."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import socket
import sys
import threading
import time
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.errors import InputError, ModelError, NotConfiguredError
from creator_magic.model import retries
from creator_magic.model.endpoint import ChatModel
from creator_magic.model.parameters import Parameters
from creator_magic.model.stream import Draft, events
from creator_magic.ports import Message, Question, Reply, Usage
from creator_magic.problem import Problem
from tests.mistimed import in_time, may_be_mistimed
from tests.model_server import ModelServer, ScriptedReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "sk-test-0123456789abcdef"
TEXT = "The quick brown fox jumps over the lazy dog. " * 5
QUESTION = Question(
    "creation", 1, Problem("How many?"), (Message("system", "Be brief."), Message("user", "How many {x}?"))
)


@pytest.fixture(autouse=True, scope="module")
def short_pauses() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retries, "FIRST_PAUSE", 0.01)
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_API_KEY"):
            patch.delenv(name, raising=False)
        yield


def model_at(url: str, **settings: Any) -> ChatModel:
    return ChatModel("test-model", url, KEY, **{"timeout": 5.0, **settings})


def ask(model: ChatModel, on_text: Callable[[str], None] = lambda _: None) -> Reply:
    return model.ask(QUESTION, on_text)


def failure(model: ChatModel) -> str:
    """Return what a failing call says, after looking for the key in all that is printed."""
    with pytest.raises(ModelError) as caught:
        ask(model)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None or KEY not in repr(caught.value.__cause__.args)
    assert len(caught.value.message) < 500
    assert "Error" not in caught.value.message  # no class names
    return caught.value.message


# What is sent


def test_sends_what_was_asked_and_nothing_that_was_not_set(server: ModelServer) -> None:
    server.reply_with(TEXT)
    ask(model_at(server.url))
    assert server.calls[0].body == {
        "model": "test-model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "How many {x}?"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"


def test_parameters_pass_unchanged_whatever_their_names(server: ModelServer) -> None:
    server.reply_with(TEXT)
    ask(model_at(server.url, parameters={"temperature": 0.5, "top_k": 3, "options": {"seed": 1}}))
    body = server.calls[0].body
    assert (body["temperature"], body["top_k"], body["options"]) == (0.5, 3, {"seed": 1})


@pytest.mark.parametrize("parameters", [{"stream": False}, {"temperature": float("nan")}, {"stop": object()}])
def test_refuses_parameters_that_cannot_be_sent(parameters: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(parameters))):
        model_at("http://127.0.0.1:1/v1", parameters=parameters)


def test_the_environment_of_the_openai_library_changes_nothing(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another-key-of-the-user")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-user")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-the-user")
    server.reply_with(TEXT)
    ask(ChatModel("test-model", server.url, None))
    assert "of-the-user" not in repr(server.calls[0].headers)


def test_lone_surrogates_do_not_keep_a_message_from_being_sent(server: ModelServer) -> None:
    server.reply_with(TEXT)
    question = Question("creation", 1, Problem("?"), (Message("user", "a\ud800b \U0001f600 \x00"),))
    model_at(server.url).ask(question, lambda _: None)
    assert server.calls[0].body["messages"][0]["content"] == "a\ufffdb \U0001f600 \x00"


def test_a_query_and_a_whole_route_in_the_base_url_are_understood(server: ModelServer) -> None:
    server.reply_by(lambda _: TEXT)
    ask(model_at(server.url + "/?api-version=preview"))
    ask(model_at(server.url + "/chat/completions"))
    assert [call.path for call in server.requests] == [
        "/v1/chat/completions?api-version=preview",
        "/v1/chat/completions",
    ]


# What comes back


def test_reads_a_reply(server: ModelServer) -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 40},
        "completion_tokens_details": {"reasoning_tokens": 20},
    }
    server.reply_with(ScriptedReply(TEXT, usage=usage))
    reply = ask(model_at(server.url))
    assert (reply.text, reply.finish_reason, reply.model) == (TEXT, "stop", "test-model")
    assert reply.usage == Usage(1, 100, 50, 40, 20)
    assert (reply.origin, reply.notices) == ("called", ())
    assert 0 < reply.seconds < 5


@may_be_mistimed
def test_shows_the_whole_text_as_it_grows_but_not_at_every_chunk(server: ModelServer) -> None:
    server.reply_with(ScriptedReply(TEXT, pause=0.02))
    seen: list[str] = []
    ask(model_at(server.url), seen.append)
    assert seen[-1] == TEXT
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(seen))
    in_time(2 <= len(seen) <= len(TEXT) / 20, seen)


def test_an_error_of_the_listener_is_its_own(server: ModelServer) -> None:
    server.reply_with(ScriptedReply(TEXT, pause=0.05))

    def listen(_: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(model_at(server.url), listen)


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields}]}


@pytest.mark.parametrize(
    ("chunks", "text"),
    [
        ([delta(content="a"), delta(content=None), delta(content="b")], "ab"),
        ([delta(refusal="I will not.")], "I will not."),
        ([delta(reasoning_content="hmm"), delta(reasoning="hmm", content="a")], "a"),
        ([delta(content=7), delta(content=[{"type": "text", "text": "a"}, {"type": "image"}])], "a"),
        ([delta(content="a"), {"choices": [{"index": 1, "delta": {"content": "other"}}]}], "a"),
        ([{"choices": None}, {}, delta(content="a"), {"choices": [None, {"delta": None}]}], "a"),
        (
            [delta(content="a"), {"choices": [], "usage": {"prompt_tokens": None, "completion_tokens": "?"}}],
            "a",
        ),
    ],
)
def test_reads_what_compatible_servers_send(
    server: ModelServer, chunks: list[dict[str, Any]], text: str
) -> None:
    server.reply_with(ScriptedReply(chunks=tuple(chunks)))
    reply = ask(model_at(server.url))
    assert (reply.text, reply.finish_reason, reply.usage) == (text, None, Usage(calls=1))


FIELDS = re.findall(
    r"\w+",
    "choices index delta message content refusal type text finish_reason usage prompt_tokens "
    "prompt_tokens_details cached_tokens model error code detail loc msg",
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(JSON_VALUES, max_size=5))
def test_no_chunk_makes_it_stumble(chunks: list[Any]) -> None:
    draft = Draft("test-model")
    for chunk in chunks:
        draft.add(chunk)
    assert isinstance(draft.text, str)
    assert draft.finish_reason is None or isinstance(draft.finish_reason, str)
    assert draft.usage.prompt_tokens >= 0


def test_a_whole_completion_instead_of_a_stream_is_read(server: ModelServer) -> None:
    server.fault(0, "json")
    server.reply_with(TEXT)
    seen: list[str] = []
    reply = ask(model_at(server.url), seen.append)
    assert (reply.text, reply.finish_reason, seen) == (TEXT, "stop", [TEXT])
    assert reply.usage.completion_tokens == len(TEXT) // 4


def test_a_long_reply_takes_no_more_than_its_share(server: ModelServer) -> None:
    long = "x" * 9_999_999
    pieces = tuple(delta(content=long[i : i + 2000]) for i in range(0, len(long), 2000))
    server.reply_with(ScriptedReply(chunks=pieces))
    began = time.monotonic()
    assert ask(model_at(server.url)).text == long
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("fault", "finish_reason", "share"),
    [
        ("length", "length", 0.5),
        ("content_filter", "content_filter", 0.5),
        ("cut", None, 0.6),
        ("empty", "stop", 0),
    ],
)
def test_an_unusual_end_is_reported_with_the_text(
    server: ModelServer, fault: str, finish_reason: str | None, share: float
) -> None:
    server.fault(0, fault)
    server.reply_with(TEXT)
    reply = ask(model_at(server.url))
    assert reply.finish_reason == finish_reason
    assert TEXT.startswith(reply.text)
    assert len(reply.text) == pytest.approx(share * len(TEXT), abs=40)


def test_a_connection_dropped_in_the_reply_leaves_the_text_and_is_not_repeated(server: ModelServer) -> None:
    server.fault(0, "drop-in-reply")
    server.reply_with(TEXT)
    reply = ask(model_at(server.url))
    assert reply.finish_reason is None
    assert reply.text
    assert TEXT.startswith(reply.text)
    assert f"broke off after {len(reply.text)} characters" in reply.notices[0]
    assert len(server.calls) == 1


# Connections


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the end of a stream as long as it takes on a busy machine."""
    monkeypatch.setattr("creator_magic.model.stream.END_SECONDS", 4.0)


@pytest.mark.usefixtures("patient")
def test_one_connection_serves_call_after_call(server: ModelServer) -> None:
    server.reply_by(lambda _: TEXT)
    model = model_at(server.url)
    assert [ask(model).text for _ in range(5)] == [TEXT] * 5
    assert server.connections == 1


@may_be_mistimed
@pytest.mark.parametrize("fault", ["hang-after", "trickle-after"])
def test_a_stream_that_does_not_end_keeps_no_reply_back(server: ModelServer, fault: str) -> None:
    server.fault(1, fault)
    server.reply_by(lambda _: TEXT)
    model = model_at(server.url)
    ask(model)  # imports the library
    reply = ask(model)
    assert (reply.text, reply.finish_reason, reply.notices) == (TEXT, "stop", ())
    in_time(reply.seconds < 1, reply.seconds)
    assert ask(model).text == TEXT
    assert len(server.calls) == 3


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(("fault", "calls"), [({0: "close-after"}, 2), ({1: "drop-before"}, 3)])
def test_a_connection_that_is_closed_between_two_calls_loses_none(
    server: ModelServer, fault: dict[int, str], calls: int
) -> None:
    for number, what in fault.items():
        server.fault(number, what)
    server.reply_by(lambda _: TEXT)
    model = model_at(server.url)
    assert [ask(model).text, ask(model).text] == [TEXT, TEXT]
    assert (len(server.calls), server.connections) == (calls, 2)


def test_threads_that_share_a_model_hear_each_its_own_reply(server: ModelServer) -> None:
    server.reply_by(lambda body: body["messages"][0]["content"] * 50)
    model = model_at(server.url)

    def ask_often(name: str) -> set[str]:
        question = Question("creation", 1, Problem("?"), (Message("user", name),))
        return {model.ask(question, lambda _: None).text for _ in range(20)}

    names = ["a", "b", "c", "d"]
    with ThreadPoolExecutor(len(names)) as threads:
        assert list(threads.map(ask_often, names)) == [{name * 50} for name in names]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.usefixtures("patient")
def test_a_forked_process_does_not_share_its_parents_connection(server: ModelServer) -> None:
    server.reply_by(lambda _: TEXT)
    model = model_at(server.url)
    ask(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, of which the child uses none
        pid = os.fork()
    if not pid:
        failed = True
        with contextlib.suppress(BaseException):
            failed = ask(model).text != TEXT
        os._exit(failed)
    assert os.waitpid(pid, 0)[1] == 0
    assert ask(model).text == TEXT
    assert server.connections == 2


CARRIED = [
    b'data: {"choices": [{"index": 0, "delta": {"content": "a"}}]}',
    b": a comment",
    b"event: message\nid: 7",
    b'data:{"choices": [{"index": 0,\ndata: "delta": {"content": "\xc3\xbc"}}]}',
    b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}',
    b"data: [DONE]",
]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@given(cuts=st.sets(st.integers(1, 300)))
def test_a_stream_is_read_alike_wherever_it_is_cut(end: bytes, cuts: set[int]) -> None:
    whole = b"".join(event.replace(b"\n", end) + 2 * end for event in CARRIED)
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    parts = [whole[start:stop] for start, stop in itertools.pairwise(places)]
    response = SimpleNamespace(headers={}, extensions={}, iter_bytes=lambda: iter(parts))
    draft = Draft("test-model")
    for event in events(cast("Any", SimpleNamespace(response=response))):
        draft.add(event)
    assert (draft.text, draft.finish_reason) == ("aü", "stop")


def test_a_connection_that_lets_nothing_be_put_at_it_is_not_waited_for() -> None:
    class Network:
        __slots__ = ()

        def read(self, most: int, timeout: float | None = None) -> bytes:
            raise AssertionError((most, timeout))

    read_on = []

    def parts() -> Iterator[bytes]:
        yield b"".join(event + b"\n\n" for event in CARRIED)
        read_on.append(True)

    extensions = {"network_stream": Network()}
    response = SimpleNamespace(headers={}, extensions=extensions, iter_bytes=parts)
    draft = Draft("test-model")
    for event in events(cast("Any", SimpleNamespace(response=response))):
        draft.add(event)
    assert (draft.text, draft.finish_reason, read_on) == ("aü", "stop", [])


# Adapting to an endpoint


@pytest.mark.parametrize(
    ("name", "refusal", "instead"),
    [
        ("max_tokens", "", "max_completion_tokens"),
        ("max_completion_tokens", "Unknown field.", "max_tokens"),
        ("limit", "Unsupported parameter: 'limit'. Use 'max_length' instead.", "max_length"),
        ("temperature", "Only the default (1) value is supported.", None),
    ],
)
def test_a_refused_parameter_is_changed_once_and_for_good(
    server: ModelServer, name: str, refusal: str, instead: str | None
) -> None:
    server.fault(0, f"bad-parameter:{name}:{refusal}-forever")
    server.reply_by(lambda _: TEXT)
    model = model_at(server.url, parameters={name: 7, "seed": 1})
    first, second = ask(model), ask(model)
    bodies = [call.body for call in server.calls]
    assert [name in body for body in bodies] == [True, False, False]
    assert all(body["seed"] == 1 for body in bodies)
    assert all(body.get(instead or "") == (7 if instead else None) for body in bodies[1:])
    assert name in first.notices[0]
    assert second.notices == ()


@pytest.mark.parametrize(
    ("param", "refusal"),
    [
        (None, "body.temperature: extra inputs are not permitted"),
        ("body.temperature", "extra inputs are not permitted"),
        ("unheard-of", "'temperature' is not for this model, 'seed' is"),
    ],
)
def test_a_refused_parameter_is_found_in_a_path_or_in_the_text(param: str | None, refusal: str) -> None:
    parameters = Parameters({"seed": 1, "temperature": 0.1})
    assert "temperature" in (parameters.adapt(param, refusal) or "")
    assert "temperature" not in parameters.as_sent()


def test_a_server_that_does_not_know_stream_options_is_asked_without(server: ModelServer) -> None:
    server.fault(0, "bad-parameter:stream_options-forever")
    server.reply_by(lambda _: TEXT)
    reply = ask(model_at(server.url))
    assert reply.usage == Usage(calls=1)
    assert len(server.calls) == 2


def test_a_model_that_is_not_streamed_is_asked_for_its_reply_as_a_whole(server: ModelServer) -> None:
    server.fault(0, "bad-parameter:stream:Your organization must be verified to stream this model.-forever")
    server.reply_by(lambda _: TEXT)
    reply = ask(model_at(server.url))
    assert (reply.text, reply.finish_reason) == (TEXT, "stop")
    assert reply.usage.completion_tokens > 0
    assert not {"stream", "stream_options"} & set(server.calls[1].body)
    assert "does not stream" in reply.notices[0]


def test_a_refusal_of_the_messages_changes_no_parameter() -> None:
    parameters = Parameters({"user": "me"})
    assert parameters.adapt("messages.0.role", "the first role must be user") is None


def test_a_server_that_always_wants_another_name_is_not_followed_for_ever() -> None:
    parameters = Parameters({"a": 1})
    assert "b instead of a" in (parameters.adapt("a", "Use 'b' instead.") or "")
    assert "refused b" in (parameters.adapt("b", "Use 'c' instead.") or "")
    assert set(parameters.as_sent()) == {"stream", "stream_options"}


def test_both_names_of_a_parameter_refused_end_without_it(server: ModelServer) -> None:
    server.fault(0, "bad-parameter:max_tokens")
    server.fault(1, "bad-parameter:max_completion_tokens")
    server.reply_with(TEXT)
    reply = ask(model_at(server.url, parameters={"max_tokens": 5}))
    assert len(reply.notices) == 2
    assert not {"max_tokens", "max_completion_tokens"} & set(server.calls[2].body)


# The key


@pytest.mark.parametrize("key", ["two\nlines", "nbsp\u00a0", "schlüssel"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(InputError) as caught:
        ChatModel("m", "http://127.0.0.1:1/v1", "x" + key + "x")
    assert key not in str(caught.value)


def test_blanks_around_a_key_are_no_part_of_it(server: ModelServer) -> None:
    server.reply_with(TEXT)
    ask(ChatModel("m", server.url, f" {KEY}\n"))
    assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"


def test_the_key_is_not_in_the_representation() -> None:
    model = ChatModel("m", "https://user:pass-word@host.example:8443/v1?key=secret", KEY)
    assert repr(model) == "ChatModel('m' at host.example:8443)"


def test_openai_without_a_key_is_not_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)  # the environment is read elsewhere
    with pytest.raises(NotConfiguredError, match="OPENAI_API_KEY"):
        ChatModel("m", None, None)


def test_a_missing_key_is_told_apart_from_a_wrong_one(server: ModelServer) -> None:
    server.fault(0, "401")
    with pytest.raises(ModelError, match="none is set"):
        ask(ChatModel("m", server.url, None))


@pytest.mark.parametrize(
    "url", ["localhost:11434", "ftp://host/v1", "http://", "http://host:99999/v1", "http://[1"]
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="http://"):
        ChatModel("m", url, None)


# Interrupts


def seconds_to_stop(model: ChatModel) -> float:
    """Interrupt a call after a while; return how long it went on."""
    sent: list[float] = []

    def interrupt() -> None:
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.4, interrupt)
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            ask(model)
        return time.monotonic() - sent[0]
    finally:
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGINT, before)


needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot interrupt itself there")


@needs_signals
@may_be_mistimed
@pytest.mark.parametrize("fault", ["hang", "hang-in-reply", "slow:0.01", "429:30"])
def test_an_interrupt_stops_the_call_at_once(server: ModelServer, fault: str) -> None:
    server.fault(1, fault)
    server.reply_by(lambda _: TEXT * 20)
    model = model_at(server.url)
    ask(model)  # imports the library
    in_time((took := seconds_to_stop(model)) < 0.3, took)
    assert ask(model).text


@needs_signals
@pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning"
)  # socket.create_connection, interrupted, leaves it
@may_be_mistimed
def test_an_interrupt_stops_the_wait_for_a_connection(server: ModelServer) -> None:
    server.reply_by(lambda _: TEXT)
    ask(model_at(server.url))
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):  # with its queue full, the system answers no further connection
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        in_time(
            (took := seconds_to_stop(model_at(f"http://127.0.0.1:{full.getsockname()[1]}/v1"))) < 0.3, took
        )


@needs_signals
@may_be_mistimed
def test_an_interrupt_stops_the_look_up_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(20))
    in_time((took := seconds_to_stop(model_at("http://slow-name.invalid/v1"))) < 0.3, took)
    released.set()


def test_a_look_up_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(20))
    monkeypatch.setattr("creator_magic.model.endpoint.CONNECT_SECONDS", 0.2)
    assert "could not be looked up in time" in failure(model_at("http://slow-name.invalid/v1"))
    released.set()


def test_a_closed_model_can_be_asked_again(server: ModelServer) -> None:
    server.reply_by(lambda _: TEXT)
    model = model_at(server.url)
    ask(model)
    model.close()
    assert ask(model).text == TEXT
