"""Model servers on this machine are found quickly, and asked for nothing but their models."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from creator_magic.errors import ModelError
from creator_magic.model.local_servers import LocalServer, find_local_servers, list_models
from tests.mistimed import in_time, may_be_mistimed

if TYPE_CHECKING:
    from tests.model_server import ModelServer


def port_of(server: ModelServer) -> int:
    return int(server.url.rsplit(":", 1)[1].removesuffix("/v1"))


def test_a_server_is_found_with_its_models(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-key-of-the-user")
    server.models = ("first", "second")
    found = find_local_servers(timeout=5, ports={1: "Nobody", port_of(server): "Somebody"})
    assert found == (LocalServer("Somebody", server.url, ("first", "second")),)
    (request,) = server.requests
    assert (request.path, request.body) == ("/v1/models", {})
    assert "sk-key" not in repr(request.headers)


def test_something_else_at_a_port_is_no_model_server(server: ModelServer) -> None:
    server.listing = '["a web application"]'
    assert find_local_servers(timeout=5, ports={port_of(server): "Somebody"}) == ()


@may_be_mistimed
def test_a_port_that_hangs_is_left_out_in_time(server: ModelServer) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        found = find_local_servers(ports={silent.getsockname()[1]: "Silent", port_of(server): "Somebody"})
        took = time.monotonic() - began
    assert [one.name for one in found] == ["Somebody"]
    in_time(took < 0.45, took)


def test_the_models_of_an_endpoint_are_listed(server: ModelServer) -> None:
    server.models = ("b", "a")
    assert list_models(server.url, "sk-test") == ("b", "a")
    assert server.requests[0].headers["authorization"] == "Bearer sk-test"
    assert server.calls == []


@pytest.mark.parametrize("listing", ["{}", '"text"', '{"data": [1]}', '{"data": [{"name": "a"}]}', "<html>"])
def test_an_endpoint_that_lists_nothing_is_told(server: ModelServer, listing: str) -> None:
    server.listing = listing
    with pytest.raises(ModelError, match="lists no models"):
        list_models(server.url, None)


def test_a_wrong_address_is_told(server: ModelServer) -> None:
    with pytest.raises(ModelError, match=r"nothing at this address.*usually ends in /v1"):
        list_models(server.url.removesuffix("/v1"), None)


def test_an_endpoint_that_cannot_be_reached_is_told() -> None:
    with pytest.raises(ModelError, match=r"Nothing answers at 127\.0\.0\.1:1 "):
        list_models("http://127.0.0.1:1/v1", None)


def test_a_silent_endpoint_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(ModelError, match=r"silent for 0\.2 s when asked for its list of models"):
            list_models(f"http://127.0.0.1:{silent.getsockname()[1]}/v1", None, timeout=0.2)
