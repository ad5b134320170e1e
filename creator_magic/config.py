"""Settings, as `%config CreatorMagic` shows and sets them.

Every setting can also come from the environment as `CREATOR_<NAME>` in capitals. The model, the
endpoint and the key are looked up each time they are needed, so that a key that is set in the
environment later still counts.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

from traitlets import Bool, Dict, Enum, Float, Integer, List, TraitError, Unicode, default, validate
from traitlets.config import Configurable

from creator_magic.course.course import NO_COURSE, Course
from creator_magic.course.in_force import course_in_force
from creator_magic.course.settings import KEPT_WITHIN, policy_within, within
from creator_magic.errors import CourseError, InputError, meant
from creator_magic.model.prices import is_price
from creator_magic.policy.effects import EFFECTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from creator_magic.kernel.snapshot import Limits
    from creator_magic.model.cassette import Mode
    from creator_magic.policy.effects import Effect, Verdict
    from creator_magic.problem import Method


MOST_RECTIFICATIONS = 20
"""How often failed code may be rewritten at the most, whatever a person sets."""

MOST_SAMPLES = 32

MOST_ROWS = 100
"""How many rows of a variable may be shared at once: a sample, not the data."""


class SettingClosedError(CourseError, TraitError):
    """A course keeps a setting from what it was to be set to."""


class Secret(str):
    """A text that does not show itself where settings are listed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'(set, not shown)'" if self else "''"


class CreatorMagic(Configurable):
    """What `%config CreatorMagic` lists."""

    model = Unicode(help="The model to ask. Also: --model, CREATOR_MODEL.").tag(config=True)
    creation_model = Unicode(
        help="A second model that makes the tools, such as a stronger one. Also: CREATOR_CREATION_MODEL."
    ).tag(config=True)
    base_url = Unicode(help="The endpoint, as in http://localhost:11434/v1. Also: OPENAI_BASE_URL.").tag(
        config=True
    )
    api_key = Unicode(
        help="The endpoint's key. Better set as OPENAI_API_KEY in the environment: notebooks get shared."
    ).tag(config=True)
    parameters = Dict(help="Further parameters of a call, sent as they are, such as {'temperature': 0}.").tag(
        config=True
    )
    prices = Dict(
        help="Prices per million tokens: {'my-model': {'input': 1.0, 'cached': 0.1, 'output': 4.0}}."
    ).tag(config=True)
    request_timeout = Float(
        120.0, min=1.0, help="How long to wait for the next part of a reply, in seconds."
    ).tag(config=True)
    max_rectifications = Integer(
        2, min=0, max=MOST_RECTIFICATIONS, help="How often failed code may be rewritten."
    ).tag(config=True)
    timeout = Float(60.0, min=0.1, help="Time limit of one attempt's execution, in seconds.").tag(config=True)
    isolate = Enum(
        ("off", "on", "if-possible"),
        "off",
        help="on: code must work in a separate process before it runs here; if-possible: code that needs "
        "variables which cannot be carried there runs here alone. Also: --isolate.",
    ).tag(config=True)
    isolate_memory = Integer(
        4096,
        min=0,
        help="MiB that isolated code may take beyond its variables, and they themselves; 0 for no limit.",
    ).tag(config=True)
    snapshot_objects = Integer(
        200_000, min=0, help="Objects that are saved before code runs, to be put back if it fails."
    ).tag(config=True)
    snapshot_megabytes = Integer(
        256, min=0, help="MiB that are copied for it at the most; never over a fifth of the free memory."
    ).tag(config=True)
    snapshot_seconds = Float(0.3, min=0.0, help="Seconds of a processor that it may take.").tag(config=True)
    method = Enum(
        ("creator", "entangled", "plan"),
        "creator",
        help="creator: tool and decision apart; entangled: both in one reply; plan: several tools by a plan.",
    ).tag(config=True)
    policy = Dict(
        help="What generated code may do beyond computing, by effect: {'network': 'ask', 'write': 'allow'}; "
        "what is not named is denied, but for reading files. Effects: "
        f"{', '.join(EFFECTS)}. Also: --allow."
    ).tag(config=True)
    ask = Bool(False, help="Show all code that a model wrote, and ask before it runs. Also: --ask.").tag(
        config=True
    )
    autofix = Enum(
        ("off", "ask"),
        "off",
        help="ask: where a cell of yours fails, offer to have it mended. Nothing is sent before you say so. "
        "Also: %creator autofix.",
    ).tag(config=True)
    next_input = Bool(
        True, help="Offer the generated code as a new cell where a front end cannot show generated cells."
    ).tag(config=True)
    share_errors = Bool(
        False, help="Send the text of errors as it is, and not by its shape. Also: --share errors."
    ).tag(config=True)
    share_rows = Integer(
        0, min=0, max=MOST_ROWS, help="How many rows of each variable that --use names are sent."
    ).tag(config=True)
    context_characters = Integer(
        20_000,
        min=1_000,
        help="Characters that the descriptions of the variables may have together, about four to a token; "
        "names go before dtypes, and what is left out is said.",
    ).tag(config=True)
    sharing = Enum(
        ("allowed", "forbidden"),
        "allowed",
        help="forbidden: no value and no error text is ever sent; it cannot be allowed again in this kernel.",
    ).tag(config=True)
    cassette = Unicode(
        help="A file of recorded replies; empty for the project's own, .creator/cassette.jsonl."
    ).tag(config=True)
    full_log = Bool(
        False, help="Keep every prompt and reply in .creator/toolbox.sqlite; otherwise only counts are kept."
    ).tag(config=True)
    log_days = Integer(30, min=0, help="For how many days the full log keeps an exchange.").tag(config=True)
    solve_calls = Integer(0, min=0, help="How many calls one solve may make; 0 for no limit.").tag(
        config=True
    )
    solve_tokens = Integer(0, min=0, help="Tokens, in and out, that one solve may take; 0 for no limit.").tag(
        config=True
    )
    solve_money = Float(0.0, min=0.0, help="What one solve may cost, by your prices; 0 for no limit.").tag(
        config=True
    )
    session_calls = Integer(
        0, min=0, help="How many calls may be made until the kernel restarts; 0 for no limit."
    ).tag(config=True)
    session_tokens = Integer(
        0, min=0, help="Tokens, in and out, until the kernel restarts; 0 for no limit."
    ).tag(config=True)
    session_money = Float(
        0.0, min=0.0, help="What calls may cost until the kernel restarts, by your prices; 0 for no limit."
    ).tag(config=True)
    reuse = Bool(
        True, help="Keep tools, and offer them to the model before it makes another. Also: --no-reuse."
    ).tag(config=True)
    demonstration_tokens = Integer(
        1500,
        min=0,
        help="Tokens, about, that trials of explored tools may take in a prompt; 0 to show none.",
    ).tag(config=True)
    personal_toolbox = Unicode(
        help="The file of your personal toolbox; empty for the one in your data folder."
    ).tag(config=True)
    shared_toolboxes = List(
        Unicode(), help="Files of shared toolboxes, such as a course's; they are only read."
    ).tag(config=True)
    embedding_model = Unicode(
        help="An embedding model of the endpoint, to search tools by meaning too; empty to send nothing."
    ).tag(config=True)
    cassette_mode = Enum(
        ("replay", "auto", "record", "off"),
        "auto",
        help="replay: never call; auto: replay, else call and record; record: always call; off: no cassette.",
    ).tag(config=True)

    def __init__(
        self, environment: Mapping[str, str] | None = None, course: Course | None = None, **kwargs: Any
    ) -> None:
        self._environment = os.environ if environment is None else environment
        self._sharing_forbidden = False
        self._course = NO_COURSE
        self.course_fault = ""
        super().__init__(**kwargs)
        self._take_environment()
        began = getattr(self.parent, "starting_dir", None)
        begun_in = Path(began) if began else None
        self.keep_within(course_in_force(begun_in=begun_in) if course is None else course)

    def _take_environment(self) -> None:
        for name, trait in self.traits(config=True).items():
            text = self._environment.get(f"CREATOR_{name.upper()}")
            if text is None or name in _LOOKED_UP_LATE or name in self.config.get(type(self).__name__, {}):
                continue
            try:
                setattr(self, name, trait.from_string(text))
            except (TraitError, ValueError) as error:
                raise InputError(
                    f"CREATOR_{name.upper()} is {text!r}, which cannot be used: {error}"
                ) from error
        if self._environment.get("CREATOR_SHARING") == "forbidden":
            # It may be said by whoever runs the server, and holds over a person's own configuration.
            self.sharing = "forbidden"

    @property
    def course(self) -> Course:
        """What the course in force opens; `NO_COURSE` where there is none."""
        return replace(self._course, fault=self.course_fault) if self.course_fault else self._course

    def keep_within(self, course: Course) -> None:
        """Hold every setting to what a course opens, from now on, and to what the one before does."""
        course = self._course.narrowed(course)
        for name in self.traits(config=True):
            value = getattr(self, name)
            if (kept := within(course, name, value)) != value:
                setattr(self, name, kept)
        self._course = course

    def _held(self, name: str, value: Any) -> Any:
        kept = within(self.course, name, value)
        if kept != value:
            raise SettingClosedError(
                f"{self.course.called} keeps {name} at {kept!r}; it cannot be {value!r} here."
            )
        return value

    @validate(*KEPT_WITHIN)
    def _hold(self, proposal: Mapping[str, Any]) -> Any:
        return self._held(proposal["trait"].name, proposal["value"])

    @default("api_key")
    def _no_key(self) -> str:
        return Secret("")

    @validate("api_key")
    def _hide_key(self, proposal: Mapping[str, Any]) -> str:
        return Secret(proposal["value"])

    @validate("sharing")
    def _stay_forbidden(self, proposal: Mapping[str, Any]) -> str:
        # Whoever forbids it, a company or a course, means it to hold whatever a notebook says.
        if proposal["value"] == "forbidden":
            self._sharing_forbidden = True
        elif self._sharing_forbidden:
            raise TraitError("Sharing was forbidden where this kernel was set up, and stays so.")
        return str(self._held("sharing", proposal["value"]))

    @validate("policy")
    def _check_policy(self, proposal: Mapping[str, Any]) -> dict[str, str]:
        policy: dict[str, Any] = proposal["value"]
        for effect, verdict in policy.items():
            if effect not in EFFECTS:
                raise TraitError(
                    f"The policy knows no {effect!r}.{meant(str(effect), EFFECTS, ' It knows ')}."
                )
            if verdict not in ("allow", "ask", "deny"):
                raise TraitError(f"The policy on {effect} is allow, ask or deny, not {verdict!r}.")
        return cast("dict[str, str]", self._held("policy", policy))

    @validate("prices")
    def _check_prices(self, proposal: Mapping[str, Any]) -> dict[str, dict[str, float]]:
        prices: dict[str, Any] = proposal["value"]
        for model, price in prices.items():
            if not is_price(price):
                raise TraitError(
                    f"The price of {model} cannot be used: {price!r}. It is said per million tokens, as in "
                    "{'input': 1.0, 'cached': 0.1, 'output': 4.0}."
                )
        return cast("dict[str, dict[str, float]]", self._held("prices", prices))

    def verdicts(self, unless: Mapping[Effect, Verdict] | None = None) -> Mapping[Effect, Verdict]:
        """Return what is said of each effect, as far as anything is.

        Parameters
        ----------
        unless : mapping of str to str or None
            What holds of an effect unless the person says something of it.
        """
        return policy_within(self.course, cast("Mapping[Effect, Verdict]", {**(unless or {}), **self.policy}))

    def how(self) -> Method:
        """Return the method that `%%solve` takes where no flag says otherwise."""
        return cast("Method", self.method)

    def isolation(self, flag: bool | None) -> Literal["off", "on", "if-possible"]:
        """Return how code is isolated.

        Parameters
        ----------
        flag : bool or None
            What `--isolate` or the argument says for this solve; None for nothing.
        """
        if flag is None or (flag and self.isolate != "off"):
            return cast("Literal['off', 'on', 'if-possible']", self.isolate)
        return "on" if flag else "off"

    def snapshot_limits(self) -> Limits:
        """Return how much is saved before code runs."""
        from creator_magic.kernel.snapshot import Limits

        return Limits(self.snapshot_objects, self.snapshot_megabytes << 20, self.snapshot_seconds)

    def recording(self) -> Mode | None:
        """Return how the cassette is used, or None for not at all."""
        if self.cassette_mode == "off":
            return None
        return cast("Mode", self.cassette_mode)

    def model_name(self) -> str:
        """Return the model to ask, or an empty text; where a course has one model only, it is that."""
        name = within(self.course, "model", self.model or self._environment.get("CREATOR_MODEL", ""))
        only = self.course.models or ()
        return str(name or (next(iter(only)) if len(only) == 1 else ""))

    def creation_model_name(self) -> str:
        """Return the model that makes tools if it is another one, or an empty text."""
        name = self.creation_model or self._environment.get("CREATOR_CREATION_MODEL", "")
        return str(within(self.course, "creation_model", name))

    def endpoint(self) -> str:
        """Return the base URL that is set, or an empty text for the client's own; a course's goes first."""
        return self.course.endpoint or self.base_url or self._first_of("CREATOR_BASE_URL", "OPENAI_BASE_URL")

    def key(self) -> str:
        """Return the key that is set, or an empty text."""
        return str.__str__(self.api_key) or self._first_of("CREATOR_API_KEY", "OPENAI_API_KEY")

    def _first_of(self, *names: str) -> str:
        return next((text for name in names if (text := self._environment.get(name))), "")


_LOOKED_UP_LATE = frozenset({"model", "creation_model", "base_url", "api_key"})


def shown_endpoint(base_url: str) -> str:
    """Return an endpoint's URL as it may be shown, without anything secret.

    Parameters
    ----------
    base_url : str
        The URL as it was set; empty for OpenAI's own.

    Returns
    -------
    str
        Scheme, host, port and path.
    """
    if not base_url:
        return "https://api.openai.com/v1"
    try:
        parts = urlsplit(base_url)
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
