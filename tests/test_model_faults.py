"""A call that fails: what is tried again, how often, and what a person reads in the end."""

from __future__ import annotations

import ssl
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.model.faults import Target, explain
from creator_magic.model.retries import pause_before_retry
from tests.mistimed import in_time, may_be_mistimed
from tests.test_model_endpoint import (
    JSON_VALUES,
    KEY,
    TEXT,
    ask,
    failure,
    model_at,
    short_pauses,  # noqa: F401 - a fixture that serves every test here too
)

if TYPE_CHECKING:
    from tests.model_server import ModelServer


class Refusal(Exception):  # noqa: N818 - stands for an error of the library
    status_code: int
    body: Any


# Faults that pass


@pytest.mark.parametrize("fault", ["429", "408", "409", "500", "503", "529", "drop-before"])
def test_a_fault_that_passes_is_tried_again(server: ModelServer, fault: str) -> None:
    server.fault(0, fault)
    server.fault(1, fault)
    server.reply_with(TEXT)
    assert ask(model_at(server.url)).text == TEXT
    assert len(server.calls) == 3


@may_be_mistimed
def test_waits_as_long_as_the_server_asks(server: ModelServer) -> None:
    server.fault(0, "429:1")
    server.reply_with(TEXT)
    ask(model_at(server.url))
    first, second = server.calls
    assert second.at - first.at >= 1
    in_time(second.at - first.at < 1.5, second.at - first.at)


# Faults that stay: the fault, the number of requests, what is said


@pytest.mark.parametrize(
    ("fault", "requests", "said"),
    [
        ("401", 1, ["did not accept the API key", "OPENAI_API_KEY"]),
        ("403", 1, ["does not let this key use model 'test-model'"]),
        ("404", 1, ["test-model", "(status 404 on purpose)"]),
        ("400", 1, ["refused the request", "status 400", "test-model"]),
        ("402", 1, ["no credit"]),
        ("quota", 1, ["no credit", "exceeded your current quota"]),
        ("context", 1, ["too long for model 'test-model'", "4096", "Shorten"]),
        ("307:https://u:pw@elsewhere.example/v1/chat/completions?s=1", 1, ["sends the request on to https://elsewhere.example/v1."]),
        ("429-forever", 3, ["3 times", "too many requests", "Try again later"]),
        ("429:300", 1, ["too many requests", "a pause of 300 s"]),
        ("500-forever", 3, ["failed 3 times with status 500"]),
        ("drop-before-forever", 3, ["closed the connection 3 times without an answer"]),
        ("html", 1, ["a web page titled “Sign in”", "proxy", "/v1"]),
        ("nothing", 1, ["no reply in it"]),
        ("garbage", 1, ["no part of a reply"]),
        ("error-in-stream", 1, ["with an error after", "The server had an error"]),
    ],
)  # fmt: skip
def test_a_fault_that_stays_is_told(server: ModelServer, fault: str, requests: int, said: list[str]) -> None:
    server.fault(0, fault)
    server.reply_by(lambda _: TEXT)
    message = failure(model_at(server.url))
    assert [words for words in said if words not in message] == []
    assert server.url.split("/")[2] in message
    assert len(server.calls) == requests


@pytest.mark.parametrize(
    ("fault", "said"), [("hang", "silent for 0.3 s when"), ("hang-in-reply", "of its reply")]
)
def test_silence_is_given_up_once(server: ModelServer, fault: str, said: str) -> None:
    server.fault(0, fault)
    server.reply_by(lambda _: TEXT)
    assert said in failure(model_at(server.url, timeout=0.3))
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (("test-model-2", "unlike"), "Did you mean test-model-2?"),
        (("abc", "xyz"), "It has abc, xyz."),
        (tuple("abcdefgh"), "and 3 more."),
        ((), "nor any other"),
    ],
)
def test_an_unknown_model_is_told_with_those_there_are(
    server: ModelServer, models: tuple[str, ...], said: str
) -> None:
    server.models, server.unknown_model = models, True
    message = failure(model_at(server.url))
    assert "has no model 'test-model'" in message
    assert said in message


def test_a_wrong_path_is_told(server: ModelServer) -> None:
    server.reply_by(lambda _: TEXT)
    message = failure(model_at(server.url + "/wrong", retries=0))
    assert "/v1" in message


def test_a_refused_connection_is_told_at_once() -> None:
    began = time.monotonic()
    message = failure(model_at("http://127.0.0.1:1/v1"))
    assert message.startswith("Nothing answers at 127.0.0.1:1")
    assert time.monotonic() - began < 5


def test_what_was_being_handled_when_the_call_began_is_not_its_fault() -> None:
    try:
        Future[None]().result(timeout=0)
    except TimeoutError:
        assert "Nothing answers" in failure(model_at("http://127.0.0.1:1/v1"))


def test_an_address_of_version_six_is_told() -> None:
    assert " [::1]:1 " in failure(model_at("http://[::1]:1/v1"))


def test_an_unknown_host_is_told() -> None:
    assert "The host no-such-host.invalid is unknown" in failure(model_at("https://no-such-host.invalid/v1"))


def test_plain_http_behind_https_is_told(server: ModelServer) -> None:
    message = failure(model_at(server.url.replace("http:", "https:")))
    assert message.startswith("No secure connection")
    assert "http://" in message


def test_a_certificate_that_is_not_trusted_is_told() -> None:
    error = OSError()
    error.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.__cause__.verify_message = "self-signed certificate"
    message = explain(error, Target("m", "https", "host.example", "", 1.0))
    assert message.startswith("The certificate of host.example is not trusted (self-signed certificate)")
    assert pause_before_retry(error, 1, 0.0) is None


def test_a_proxy_is_named_without_its_password(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url.replace("//", "//user:pass-word@").removesuffix("/v1"))
    message = failure(model_at("https://endpoint.invalid/v1"))
    assert "The proxy 127.0.0.1" in message
    assert "pass-word" not in message


@given(JSON_VALUES, st.sampled_from([300, 400, 401, 404, 429, 500]))
def test_no_error_object_makes_it_stumble(body: Any, status: int) -> None:
    error = Refusal("refused")
    error.status_code, error.body = status, body
    assert explain(error, Target("m", "https", "host.example", KEY, 1.0))
    pause_before_retry(error, 1, 0.0)
