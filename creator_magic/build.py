"""Settings to adapters: the only place where they meet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.errors import InputError, NotConfiguredError

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.config import CreatorMagic
    from creator_magic.model.endpoint import ChatModel
    from creator_magic.ports import Model, Question, Reply


class Models:
    """The models that settings describe, each built once and kept.

    Parameters
    ----------
    settings : CreatorMagic
        Looked at anew at each call, since a person may change them between two cells.
    """

    def __init__(self, settings: CreatorMagic) -> None:
        self._settings = settings
        self._endpoints: dict[str, ChatModel] = {}

    def solving(self, name: str = "") -> Model:
        """Return the model to ask.

        Parameters
        ----------
        name : str
            The model's name, or empty for the one that is set.

        Raises
        ------
        NotConfiguredError
            If no model is set and nothing recorded replaces it.
        """
        return self._model(name or self._settings.model_name())

    def creating(self, name: str = "") -> Model:
        """Return the model that makes tools; `name`, where given, replaces it too."""
        return self._model(name or self._settings.creation_model_name() or self._settings.model_name())

    def _model(self, name: str) -> Model:
        settings = self._settings
        mode = settings.recording()
        if mode is not None:
            from creator_magic.model.cassette import Cassette, CassetteModel

            path = Path(settings.cassette).expanduser()
            if mode == "replay":
                if not path.is_file():
                    raise InputError(
                        f"The cassette {settings.cassette} is not there; give the path of a recording."
                    )
                return CassetteModel(Cassette(path), None, None, "replay")
            return CassetteModel(Cassette(path), _AskedLast(lambda: self._endpoint(name)), name, mode)
        return self._endpoint(name)

    def _endpoint(self, name: str) -> ChatModel:
        settings = self._settings
        key, base_url = settings.key(), settings.endpoint()
        if not name or not (key or base_url):
            raise NotConfiguredError(_ways_out(name, base_url, has_key=bool(key)))
        from creator_magic.model.endpoint import ChatModel

        identity = json.dumps(
            [name, base_url, key, dict(settings.parameters), settings.request_timeout],
            sort_keys=True,
            default=repr,
        )
        if identity not in self._endpoints:
            self._endpoints[identity] = ChatModel(
                name,
                base_url or None,
                key or None,
                parameters=dict(settings.parameters),
                timeout=settings.request_timeout,
            )
        return self._endpoints[identity]


class _AskedLast:
    """A model that is looked for only when a cassette has no reply: replaying needs none."""

    def __init__(self, find: Callable[[], Model]) -> None:
        self._find = find

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        return self._find().ask(question, on_text)


def _ways_out(name: str, base_url: str, *, has_key: bool) -> str:
    from creator_magic.model.local_servers import find_local_servers

    if not (has_key or base_url):
        missing = "no key and no endpoint are set" if name else "no model, key or endpoint is set"
    else:
        missing = "no model is set"
    lines = [f"There is no model to ask: {missing}. Nothing was sent. Ways out:"]
    if base_url or has_key:
        lines.append('  %config CreatorMagic.model = "MODEL"          (or the environment: CREATOR_MODEL)')
    else:
        lines.append(
            "  OpenAI, or a service like it: set OPENAI_API_KEY and CREATOR_MODEL (and OPENAI_BASE_URL)"
        )
        lines.append('  a server of your own: %config CreatorMagic.base_url = "http://localhost:11434/v1"')
    if not base_url:
        for server in find_local_servers():
            model = server.models[0] if server.models else "MODEL"
            lines.append(
                f"  {server.name} answers on this machine; to use it, paste:\n"
                f'    %config CreatorMagic.base_url = "{server.base_url}"\n'
                f'    %config CreatorMagic.model = "{model}"'
            )
    return "\n".join(lines)
