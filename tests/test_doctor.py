"""The doctor: what it looks at, what it sends, and what it never shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from creator_magic import doctor
from creator_magic.check import Check
from creator_magic.config import CreatorMagic, shown_endpoint
from creator_magic.doctor import checks, installed
from creator_magic.errors import ModelError
from creator_magic.model import local_servers

if TYPE_CHECKING:
    from tests.model_server import ModelServer

KEY = "sk-test-0123456789abcdef"


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation whose packages, kernel and front end are well, on a machine without a model server."""
    monkeypatch.setattr(doctor, "_packages", lambda: Check("packages", "ok", "all"))
    monkeypatch.setattr(doctor, "_kernel", lambda name: Check("kernel", "ok", name))
    monkeypatch.setattr(doctor, "_front_end", lambda: Check("front end", "ok", "the same"))
    monkeypatch.setattr(local_servers, "find_local_servers", lambda: ())


def look(**environment: str) -> dict[str, Check]:
    return {check.name: check for check in checks(CreatorMagic(environment=environment))}


@pytest.mark.usefixtures("healthy")
def test_no_model_is_a_warning_with_the_ways_out() -> None:
    found = look()
    assert list(found) == ["python", "packages", "kernel", "front end", "model"]
    assert found["model"].state == "warn"
    assert any("OPENAI_API_KEY" in line for line in found["model"].advice)


@pytest.mark.usefixtures("healthy")
def test_a_server_on_this_machine_is_offered_first(monkeypatch: pytest.MonkeyPatch) -> None:
    server = local_servers.LocalServer("Ollama", "http://127.0.0.1:11434/v1", ("small", "large"))
    monkeypatch.setattr(local_servers, "find_local_servers", lambda: (server,))
    first = look()["model"].advice[0]
    assert first.startswith("Ollama answers on this machine")
    assert "OPENAI_BASE_URL=http://127.0.0.1:11434/v1" in first
    assert "CREATOR_MODEL=small" in first


@pytest.mark.usefixtures("healthy")
def test_a_model_that_is_there_is_well_and_only_the_list_was_asked_for(server: ModelServer) -> None:
    models = local_servers.list_models(server.url, KEY)
    found = look(OPENAI_BASE_URL=server.url, OPENAI_API_KEY=KEY, CREATOR_MODEL=models[0])
    assert [check.state for check in found.values()] == ["ok"] * 6
    assert server.calls == []


@pytest.mark.usefixtures("healthy")
def test_a_model_that_the_endpoint_does_not_list_is_a_warning_with_what_there_is(server: ModelServer) -> None:
    known = local_servers.list_models(server.url, KEY)[0]
    found = look(OPENAI_BASE_URL=server.url, OPENAI_API_KEY=KEY, CREATOR_MODEL=f"{known}x")["endpoint"]
    assert found.state == "warn"
    assert known in found.advice[0]


@pytest.mark.usefixtures("healthy")
def test_a_key_without_a_model_shows_the_models(server: ModelServer) -> None:
    found = look(OPENAI_BASE_URL=server.url, OPENAI_API_KEY=KEY)
    assert found["model"].state == "warn"
    assert found["endpoint"].state == "ok"


@pytest.mark.usefixtures("healthy")
def test_a_model_without_key_and_endpoint_is_a_warning() -> None:
    found = look(CREATOR_MODEL="some-model")
    assert found["model"].state == "warn"
    assert "neither key nor endpoint" in found["model"].found
    assert "endpoint" not in found


@pytest.mark.usefixtures("healthy")
def test_an_endpoint_that_does_not_answer_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object, **__: object) -> tuple[str, ...]:
        raise ModelError("nobody answers there")

    monkeypatch.setattr(local_servers, "list_models", refuses)
    found = look(OPENAI_BASE_URL="http://127.0.0.1:9/v1", CREATOR_MODEL="m")["endpoint"]
    assert (found.state, found.found) == ("fail", "nobody answers there")
    assert found.advice


@pytest.mark.usefixtures("healthy")
def test_a_key_is_never_shown(server: ModelServer) -> None:
    server.fault(0, "401-forever")
    url = server.url.replace("://", "://user:secret@")
    shown = str(list(look(OPENAI_BASE_URL=url, OPENAI_API_KEY=KEY, CREATOR_MODEL="m").values()))
    assert KEY not in shown
    assert "secret" not in shown


@pytest.mark.usefixtures("healthy")
def test_a_setting_that_cannot_be_used_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATOR_TIMEOUT", "soon")
    found = {check.name: check for check in checks()}
    assert found["settings"].state == "fail"
    assert "CREATOR_TIMEOUT" in found["settings"].found


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", "https://api.openai.com/v1"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("https://user:secret@example.invalid/v1?api-key=secret", "https://example.invalid/v1"),
    ],
)
def test_an_endpoint_is_shown_without_secrets(url: str, shown: str) -> None:
    assert shown_endpoint(url) == shown


def test_a_missing_package_fails_with_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "installed", lambda name: None if name == "nbclient" else "1.0")
    found = doctor._packages()
    assert found.state == "fail"
    assert "missing: nbclient" in found.found
    assert "pip install" in found.advice[0]


def test_a_real_kernel_starts_and_loads_the_extension() -> None:
    found = doctor._kernel("python3")
    assert found.state == "ok", found.found


def test_a_kernel_that_is_not_there_fails() -> None:
    found = doctor._kernel("no-such-kernel")
    assert found.state == "fail"
    assert "no-such-kernel" in found.found
    assert found.advice


def test_a_package_that_is_not_installed_has_no_version() -> None:
    assert installed("no-such-package-at-all") is None
    assert installed("ipython")
