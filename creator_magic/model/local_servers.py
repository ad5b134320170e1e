"""Which models there are: at the usual ports of this machine, or at one endpoint.

Nothing is sent but the question for the list of models.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

USUAL_PORTS: Mapping[int, str] = MappingProxyType(
    {11434: "Ollama", 1234: "LM Studio", 8080: "llama.cpp", 8000: "vLLM"}
)
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A model server on this machine.

    Parameters
    ----------
    name : str
        The software that usually has this port.
    base_url : str
        What to set as the base URL.
    models : tuple of str
        The models it lists.
    """

    name: str
    base_url: str
    models: tuple[str, ...]


def find_local_servers(
    timeout: float = 0.3, ports: Mapping[int, str] = USUAL_PORTS
) -> tuple[LocalServer, ...]:
    """Return the servers on this machine that answer as an OpenAI-compatible endpoint does.

    Parameters
    ----------
    timeout : float
        Seconds after which a port that has not answered is left out.
    ports : mapping of int to str
        The ports to ask, with the names of what is expected there.
    """
    found: dict[int, LocalServer] = {}

    def look(port: int, name: str) -> None:
        models = _models_at(port, timeout)
        if models is not None:
            found[port] = LocalServer(name, f"http://127.0.0.1:{port}/v1", models)

    # Daemons: a port that accepts and then trickles must not keep the process alive.
    threads = [threading.Thread(target=look, args=item, daemon=True) for item in ports.items()]
    until = time.monotonic() + timeout
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    answered = dict(found)
    return tuple(answered[port] for port in ports if port in answered)


def list_models(base_url: str | None, api_key: str | None, timeout: float = 3.0) -> tuple[str, ...]:
    """Return the names of the models at an endpoint, in the endpoint's order.

    Parameters
    ----------
    base_url : str or None
        The endpoint, usually ending in /v1; None for OpenAI's own.
    api_key : str or None
        The key, if the endpoint needs one.
    timeout : float
        Seconds without a byte from the endpoint after which it is given up.

    Raises
    ------
    ModelError
        If the endpoint does not answer, or refuses, or lists no models.
    InputError
        If the URL or the key cannot be used.
    """
    from creator_magic.model.endpoint import ChatModel

    with contextlib.closing(ChatModel("", base_url, api_key)) as endpoint:
        return endpoint.list_models(timeout)


def _models_at(port: int, timeout: float) -> tuple[str, ...] | None:
    """Ask one port; None if it does not answer, or not as a model server does."""
    # http.client knows no proxies: what is asked of this machine stays on it.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", "/v1/models", headers={"Accept": "application/json"})
        listing = json.loads(connection.getresponse().read(_MOST_BYTES))
        return tuple(str(item["id"]) for item in listing["data"])
    except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError):
        return None
    finally:
        connection.close()
