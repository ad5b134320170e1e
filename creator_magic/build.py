"""Settings to adapters: the only place where they meet."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.errors import CourseError, InputError, NotConfiguredError
from creator_magic.model.limited import LimitedModel
from creator_magic.model.observed import ObservedModel
from creator_magic.project import CASSETTE, kept_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.accounts import SolveAccount
    from creator_magic.config import CreatorMagic
    from creator_magic.model.back_off import BackOff
    from creator_magic.model.cassette import Cassette, Recording
    from creator_magic.model.course_recording import CourseRecording
    from creator_magic.model.endpoint import ChatModel
    from creator_magic.ports import Model, Question, Reply
    from creator_magic.toolbox.collection import Toolbox
    from creator_magic.toolbox.meaning import Meaning


class Models:
    """The models that settings describe, each built once and kept.

    Parameters
    ----------
    settings : CreatorMagic
        Looked at anew at each call, since a person may change them between two cells.
    project : Path
        The project's folder, whose cassette serves where no other is set.
    back_off : BackOff or None
        What all who call the endpoint share where it limits their rate.
    """

    def __init__(self, settings: CreatorMagic, project: Path, back_off: BackOff | None = None) -> None:
        self._settings = settings
        self._project = project
        self._back_off = back_off
        self._endpoints: dict[str, ChatModel] = {}
        self._cassettes: dict[Path, Cassette] = {}
        self._courses: dict[Path, CourseRecording] = {}
        self._rehearsal: Callable[[Question], object] | None = None
        self._exact = False

    def rehearse(self, tell: Callable[[Question], object], *, exact: bool) -> None:
        """Replay the course's recording and nothing else from now on, and tell of each question.

        Parameters
        ----------
        tell : callable
            Told before an answer is looked for.
        exact : bool
            Whether a reply to the same words does not serve, although it may for students.
        """
        self._rehearsal = tell
        self._exact = exact

    def solving(self, account: SolveAccount, name: str = "", *, fresh: bool = False) -> Model:
        """Return the model to ask.

        Parameters
        ----------
        account : SolveAccount
            Where its calls are entered, and what limits them.
        name : str
            The model's name, or empty for the one that is set.
        fresh : bool
            Whether to pass over what is recorded.

        Raises
        ------
        InputError
            If only recordings may be used and there are none, or `fresh` replies are wanted.
        NotConfiguredError
            If no model is set and no cassette is used.
        """
        return self._model(account, name or self._settings.model_name(), fresh=fresh)

    def creating(self, account: SolveAccount, name: str = "", *, fresh: bool = False) -> Model | None:
        """Return the model that makes tools, or None if it is the one that is asked for all else.

        Parameters
        ----------
        account, fresh
            As for `solving`.
        name : str
            A model's name that replaces this one too, or empty.
        """
        apart = self.creating_name(name)
        return self._model(account, apart, fresh=fresh) if apart else None

    def creating_name(self, name: str = "") -> str:
        """Return the name of the model that makes tools; empty if it is the one asked for all else."""
        apart = "" if name else self._settings.creation_model_name()
        return "" if apart == self._settings.model_name() else apart

    def recorded(
        self, questions: Sequence[Question], name: str = "", *, fresh: bool = False
    ) -> tuple[Recording | None, ...]:
        """Return for each question the reply that would be replayed, or None if a model would be called.

        Parameters
        ----------
        questions : sequence of Question
            What may be asked first; their messages do not matter. Where the course's recording answers
            one of them, only that one counts.
        name, fresh
            As for `solving`.
        """
        if fresh:
            return (None,) * len(questions)
        course = self.course_recording()
        if course is not None:
            alike = self._alike(name or self._settings.model_name())
            with suppress(InputError):  # a file that cannot be read is told of when it is asked
                found = [course.find(question, alike=alike) for question in questions]
                if self._closed or any(found):
                    return tuple(each.recording if each else None for each in found)
        if not self._closed and self._settings.recording() not in (None, "record"):
            with suppress(InputError):
                wanted = [(question, self._whose_reply(question, name)) for question in questions]
                return tuple(self.cassette().find_each(wanted))
        return (None,) * len(questions)

    def _whose_reply(self, question: Question, name: str) -> str | None:
        """Return the model whose reply would be replayed; None for whichever."""
        settings = self._settings
        if question.stage == "creation":
            name = name or settings.creation_model_name()
        name = name or settings.model_name()
        # As when it is asked: where nothing could be called, whatever was recorded serves.
        return name if settings.recording() == "auto" and self._configured(name) else None

    def course_recording(self) -> CourseRecording | None:
        """Return the course's recording, or None where there is none or nothing is to be replayed."""
        path = self._settings.course.recording
        if path is None or (self._settings.recording() in (None, "record") and not self._closed):
            return None
        from creator_magic.model.course_recording import CourseRecording

        if path not in self._courses:
            self._courses[path] = CourseRecording(path)
        return self._courses[path]

    @property
    def _closed(self) -> bool:
        """Whether nothing may be called, and only the course's recording counts."""
        return self._settings.course.calls == "recorded" or self._rehearsal is not None

    def _alike(self, name: str) -> bool:
        """Whether a reply to the same words serves, which it does where nothing else would."""
        if self._rehearsal is not None:
            return not self._exact and self._settings.course.calls == "recorded"
        return self._closed or not self._configured(name)

    def cassette_path(self) -> Path:
        """Return the file of the cassette that is used, whether it is there or not."""
        if self._settings.cassette:
            return Path(self._settings.cassette).expanduser().absolute()
        return kept_in(self._project, CASSETTE)

    def cassette(self) -> Cassette:
        """Return the cassette that is used."""
        from creator_magic.model.cassette import Cassette

        path = self.cassette_path()
        if path not in self._cassettes:
            self._cassettes[path] = Cassette(path)
        return self._cassettes[path]

    def _model(self, account: SolveAccount, name: str, *, fresh: bool) -> Model:
        self._settings.course.check_model(name)
        if self._closed:
            return ObservedModel(self._only_replayed(fresh=fresh), "", account.tell)
        if name:
            account.limits.models.append(name)
        # Where nothing could be called, whatever was recorded serves.
        known_as = name if self._configured(name) else None
        course = None if fresh else self.course_recording()
        if course is None:
            model = self._replaying_own(account, name, known_as, fresh=fresh)
        else:
            from creator_magic.model.course_recording import CourseModel

            lacks_own = self._settings.recording() == "replay" and not self.cassette_path().is_file()
            own = None if lacks_own else self._replaying_own(account, name, known_as, fresh=fresh)
            model = CourseModel(course, own, alike=self._alike(name))
        replays = self._settings.recording() == "replay"
        return ObservedModel(model, "" if replays else known_as or "", account.tell)

    def _only_replayed(self, *, fresh: bool) -> Model:
        from creator_magic.model.course_recording import CourseModel

        course = self._settings.course
        if fresh:
            raise CourseError(f"{course.called} replays what is recorded; leave out --fresh.")
        recording = self.course_recording()
        if recording is None:
            raise CourseError(
                f"{course.called} replays what is recorded, and names no recording. Tell your teacher."
            )
        model: Model = CourseModel(recording, None, alike=self._alike(""))
        return _Rehearsed(model, self._rehearsal) if self._rehearsal is not None else model

    def _replaying_own(self, account: SolveAccount, name: str, known_as: str | None, *, fresh: bool) -> Model:
        mode = self._settings.recording()
        if mode is None:
            called = self._called(account, name)
            return _WaitedFor(lambda: called)
        from creator_magic.model.cassette import CassetteModel

        if mode == "replay":
            if fresh:
                raise InputError(
                    "--fresh asks a model, but the cassette's mode is replay. "
                    "Use: %creator cassette --mode auto"
                )
            if not self.cassette_path().is_file():
                raise InputError(
                    f"The cassette {self.cassette_path()} is not there, and its mode is replay. "
                    "Give the path of a recording, or use: %creator cassette --mode auto"
                )
            return CassetteModel(self.cassette(), None, None, "replay")
        # Within the cassette, so that no limit stands in the way of a replay.
        called_last = _WaitedFor(lambda: self._called(account, name))
        return CassetteModel(self.cassette(), called_last, known_as, "record" if fresh else mode)

    def _called(self, account: SolveAccount, name: str) -> Model:
        return LimitedModel(self._endpoint(name), name, account.limits, account.spend)

    def _configured(self, name: str) -> bool:
        return bool(name and (self._settings.key() or self._settings.endpoint()))

    def _endpoint(self, name: str) -> ChatModel:
        settings = self._settings
        key, base_url = settings.key(), settings.endpoint()
        if not self._configured(name):
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
                back_off=self._back_off,
            )
        return self._endpoints[identity]


class Toolboxes:
    """The toolboxes that settings describe, each combination opened once and kept.

    Parameters
    ----------
    settings : CreatorMagic
        Looked at anew at each call.
    project : Path
        The project's folder.
    """

    def __init__(self, settings: CreatorMagic, project: Path) -> None:
        self._settings = settings
        self._project = project
        self._known_as: tuple[object, ...] = ()
        self._toolbox: Toolbox | None = None

    def current(self) -> Toolbox:
        """Return the project's toolbox, with the personal one and the shared ones beside it."""
        settings = self._settings
        where = settings.endpoint(), settings.key(), settings.request_timeout
        shared = [*map(str, settings.course.toolboxes), *settings.shared_toolboxes]
        known_as = (settings.personal_toolbox, *shared, settings.embedding_model, *where)
        if self._toolbox is None or known_as != self._known_as:
            from creator_magic.toolbox.places import toolbox_of

            self.close()
            self._toolbox = toolbox_of(self._project, settings.personal_toolbox, shared, self._meaning())
            self._known_as = known_as
        return self._toolbox

    def close(self) -> None:
        """Close the files; the next use opens them again."""
        if self._toolbox is not None:
            self._toolbox.close()
            self._toolbox = None

    def _meaning(self) -> Meaning | None:
        settings = self._settings
        if not settings.embedding_model or settings.course.calls == "recorded":
            return None
        from creator_magic.model.embeddings import EmbeddingModel
        from creator_magic.toolbox.meaning import Meaning

        return Meaning(
            EmbeddingModel(
                settings.embedding_model,
                settings.endpoint() or None,
                settings.key() or None,
                timeout=settings.request_timeout,
            )
        )


class _WaitedFor:
    """A model that is called, and looked for only when it is: replaying needs none."""

    def __init__(self, find: Callable[[], Model]) -> None:
        self._find = cache(find)

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        on_text("")  # before anything that takes time
        return self._find().ask(question, on_text)


class _Rehearsed:
    """A model whose questions are told before an answer is looked for."""

    def __init__(self, inner: Model, tell: Callable[[Question], object]) -> None:
        self._inner = inner
        self._tell = tell

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        self._tell(question)
        return self._inner.ask(question, on_text)


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
