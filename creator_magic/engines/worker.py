"""What a worker needs to know, wherever it is, and what it keeps from one unit to the next."""

from __future__ import annotations

import functools
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creator_magic.accounts import SolveAccount
from creator_magic.build import Models
from creator_magic.config import CreatorMagic
from creator_magic.model.back_off import BackOff
from creator_magic.model.limited import Limits
from creator_magic.policy.effects import DEFAULT
from creator_magic.policy.gate import Gate
from creator_magic.redaction import Redaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.policy.effects import Effect, Verdict
    from creator_magic.policy.person import Nobody
    from creator_magic.ports import Model

_KEPT = 256
"""Settings, and endpoints, that a process keeps ready: a worker of a cluster may see many runs."""

_KEYS = ("CREATOR_API_KEY", "OPENAI_API_KEY")


@dataclass(frozen=True, slots=True)
class Worker:
    """What a worker is told. It pickles, and holds no key: each worker finds that in its own environment.

    Parameters
    ----------
    run : str
        What tells this run from others, on whatever machine.
    settings : str
        The settings of `CreatorMagic` by their names, as JSON.
    allow : tuple of str
        What code may do beyond computing.
    seed : int or None
        The endpoint's parameter of that name; None to send none.
    """

    run: str
    settings: str
    allow: tuple[Effect, ...] = ()
    seed: int | None = None

    @property
    def configured(self) -> CreatorMagic:
        """The settings, with the key that is found here."""
        return _configured(self.settings)

    @property
    def model(self) -> str:
        """The name that rows carry."""
        return self.configured.model_name() or "recorded"

    def asked(self, sample: int, repeat: int) -> Model:
        """Return the model to ask; each sample and each time has a seed of its own."""
        seed = None if self.seed is None else self.seed + 1000 * (repeat - 1) + sample - 1
        return _model(self.run, self.settings, seed)

    def solving(self, account: SolveAccount, name: str = "", *, fresh: bool = False) -> Model:
        """Return the model to ask, whose calls are entered in an account; see `Models.solving`."""
        return _models(self.run, self.settings).solving(account, name, fresh=fresh)

    def gate(self, nobody: Nobody, unless: Mapping[Effect, Verdict] | None = None) -> Gate:
        """Return what judges code before it runs: what a person would have to be asked about is refused.

        Parameters
        ----------
        nobody : Nobody
            Why nobody is asked.
        unless : mapping of str to str or None
            Verdicts that hold where the settings give none.
        """
        return Gate(self.configured.verdicts(unless), self.allow, nobody, lambda _: {}, _NothingAgreed())

    def redaction(self) -> Redaction:
        """Return what withholds keys from what is sent."""
        return _redaction(self.configured.key())

    def back_off_file(self) -> Path:
        """Return the file by which workers of one machine wait together."""
        return _back_off_file(self.run)


def described(settings: CreatorMagic, **changes: Any) -> str:
    """Return settings as a worker is told them: all but the key."""
    told = {name: getattr(settings, name) for name in settings.trait_names(config=True) if name != "api_key"}
    # What a course closes must stay closed where its file is not.
    verdicts = settings.verdicts().items()
    policy = {
        effect: said for effect, said in verdicts if effect in settings.policy or said != DEFAULT[effect]
    }
    told |= {"policy": policy, "model": settings.model_name(), "base_url": settings.endpoint(), **changes}
    return json.dumps(told, sort_keys=True)


@functools.lru_cache(_KEPT)
def _configured(settings: str) -> CreatorMagic:
    # Of this machine's environment only the key counts: a run has one set of settings.
    environment = {name: os.environ[name] for name in _KEYS if name in os.environ}
    return CreatorMagic(environment, **json.loads(settings))


@functools.lru_cache(_KEPT)
def _model(run: str, settings: str, seed: int | None) -> Model:
    told = json.loads(settings)
    if seed is not None:
        told["parameters"] = {**told["parameters"], "seed": seed}
    # The run as a whole is limited, by whoever reads its rows.
    account = SolveAccount(Limits((), {}), lambda _model, _spent: None, lambda _exchange: None)
    return _models(run, json.dumps(told, sort_keys=True)).solving(account)


@functools.lru_cache(_KEPT)
def _models(run: str, settings: str) -> Models:
    return Models(_configured(settings), Path.cwd(), BackOff(_back_off_file(run)))


@functools.lru_cache(_KEPT)
def _redaction(key: str) -> Redaction:
    return Redaction.of(os.environ, key)


def _back_off_file(run: str) -> Path:
    return Path(tempfile.gettempdir(), f"creator-run-{run}")


class _NothingAgreed:
    def agreed(self, source: str) -> bool:  # noqa: ARG002 - the port's
        return False

    def agree(self, source: str) -> None:
        """Remember nothing: whoever wrote the code, a worker judges it anew."""
