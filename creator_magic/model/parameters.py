"""The parameters of a request, and how they bend to an endpoint that refuses one of them.

Endpoints disagree: some want `max_completion_tokens`, some `max_tokens`; some models refuse any
`temperature`, some are not streamed to everyone; some servers do not know `stream_options`. So
only what the user set is sent, and a refusal that names a parameter changes that one, once, for
as long as the model object lives.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError
from creator_magic.model.wording import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

OURS = frozenset({"model", "messages", "stream"})
"""What makes the request; a setting may not replace it."""

_PAIR = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_INSTEAD = re.compile(r"(?i)\buse\s+['\"`]?(\w+)['\"`]?\s+instead|\buse\s+['\"`](\w+)['\"`]")


class Parameters:
    """What is sent besides model and messages.

    Parameters
    ----------
    given : mapping of str to object
        The parameters the user set, by their names in the protocol.

    Raises
    ------
    InputError
        If one of them cannot be sent, or would replace what makes the request.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        if taken := sorted(OURS & set(given)):
            raise InputError(f"The model parameter {taken[0]!r} cannot be set: creator-magic sends its own.")
        for name, value in given.items():
            try:
                json.dumps(value, allow_nan=False)
            except (TypeError, ValueError):
                raise InputError(
                    f"The model parameter {name!r} cannot be sent: it is no JSON value."
                ) from None
        self._sent: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}, **given}
        self._settled: set[str] = set()

    def as_sent(self) -> dict[str, Any]:
        """Return the parameters as the endpoint is known to accept them."""
        return dict(self._sent)

    def adapt(self, param: str | None, refusal: str) -> str | None:
        """Change the parameter that a refusal names.

        Parameters
        ----------
        param : str or None
            The parameter's name, where the refusal states it.
        refusal : str
            What it says, fit to be shown.

        Returns
        -------
        str or None
            A sentence for the person; None if the refusal names no parameter that can be changed.
        """
        name = self._named(param, refusal)
        if name is None:
            return None
        instead = self._replacement(name, refusal)
        value = self._sent.pop(name)
        if name == "stream":
            self._sent.pop("stream_options", None)
            return "The endpoint does not stream this model, so a reply is shown when it is whole."
        if name == "stream_options":
            return "The endpoint does not count tokens while streaming, so none are shown."
        self._settled |= {name, instead or name}
        if instead is not None:
            self._sent[instead] = value
            return f"The endpoint wants {instead} instead of {name}; it is sent so from now on."
        return f"The endpoint refused {name}, so it is no longer sent ({shown(refusal, '', 120)})."

    def _named(self, param: str | None, refusal: str) -> str | None:
        # A path such as "body.stream_options.include_usage" names the parameter it leads through.
        for part in re.split(r"\W+", param or ""):
            if part in self._sent:
                return part
            if part in OURS:
                return None
        places = {n: re.search(rf"(?<!\w){re.escape(n)}(?!\w)", refusal) for n in self._sent}
        found = [(place.start(), name) for name, place in places.items() if place]
        return min(found)[1] if found else None

    def _replacement(self, name: str, refusal: str) -> str | None:
        advice = _INSTEAD.search(refusal)
        instead = (advice[1] or advice[2]) if advice else _PAIR.get(name)
        # Once is enough: a name that stands in for another is not exchanged again.
        if instead is None or name in self._settled or instead in self._sent.keys() | OURS:
            return None
        return instead
