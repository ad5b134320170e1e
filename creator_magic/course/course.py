"""A course: what its teacher opens to students, as pure data.

Courses are combined by `narrowed`, which takes the stricter of two in every respect, so that
whoever is nearer to the student can only restrict.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

from creator_magic.errors import CourseError
from creator_magic.policy.effects import EFFECTS, TOLD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from creator_magic.course.exercise import Exercise
    from creator_magic.policy.effects import Effect, Verdict
    from creator_magic.problem import Method

Door = Literal["solve", "create", "rectify", "explain", "tools", "explore", "bench", "python"]
"""What a course may close: magics, `%creator explain`, `creator-magic bench`, and the Python functions."""

DOORS: tuple[Door, ...] = get_args(Door)

METHODS: tuple[Method, ...] = ("creator", "entangled", "plan")

Help = Literal["question", "hint", "signature", "tool", "solution"]
"""How much help there is: a question back, a hint, the tool's signature and docstring, the tool, all."""

HELP: tuple[Help, ...] = get_args(Help)

WRITTEN: Mapping[Door, str] = {
    "explain": "%creator explain",
    "rectify": "%rectify",
    "tools": "%tools",
    "explore": "%explore",
    "bench": "creator-magic bench",
    "python": "creator_magic.solve and creator_magic.create",
}

_SHOWS: Mapping[Door, Help] = {
    "rectify": "solution",
    "explain": "tool",
    "tools": "tool",
    "explore": "tool",
    "bench": "solution",
    "python": "solution",
}
"""How much a door gives away: it is closed where a course gives less."""

LIMITS: Mapping[str, bool] = {
    "session_calls": True,
    "session_tokens": True,
    "session_money": True,
    "solve_calls": True,
    "solve_tokens": True,
    "solve_money": True,
    "timeout": False,
    "max_rectifications": False,
    "samples": False,
}
"""What may be limited, and whether 0 stands for no limit there."""

_FLAGS: Mapping[str, str] = {
    "timeout": "--timeout",
    "max_rectifications": "--max-rectifications",
    "samples": "--samples",
}

GIVEN: Mapping[Help, str] = {
    "question": "a question back",
    "hint": "a hint",
    "signature": "a tool's first line and description",
    "tool": "the tool",
    "solution": "the solution",
}
"""Each level of help in words, behind "up to"."""

_STRICTNESS: tuple[Verdict, ...] = ("allow", "ask", "deny")

NEVER = -1


@dataclass(frozen=True, slots=True)
class Course:
    """What a teacher opens.

    Parameters
    ----------
    name : str
        What the course is called; empty where there is none.
    doors : frozenset of str
        What is open, of `DOORS`.
    methods : frozenset of str
        The methods that are open, of `METHODS`.
    models : frozenset of str or None
        The models that may be asked; None for any.
    endpoint : str
        The one endpoint that may be asked; empty for any.
    sharing : {"allowed", "forbidden"}
        Whether values and the text of errors may be sent.
    calls : {"open", "recorded"}
        Whether a model may be called, or only what is recorded is replayed.
    recording : Path or None
        The file of replies that all students replay; it is only read.
    toolboxes : tuple of Path
        Toolboxes that all students use; they are only read.
    most_help : {"question", "hint", "signature", "tool", "solution"}
        The most help there is.
    climbs : bool
        Whether each level of help opens only when the one below it was taken.
    reveals_after : int
        After how many checks that failed the solution may be revealed; `NEVER` for never.
    hints_show : tuple of str or None
        Expressions and names that a hint may show as code; None where nothing is said, which is none.
    limits : mapping of str to float
        Limits by name, of `LIMITS`.
    policy : mapping of str to {"allow", "ask", "deny"}
        The most that generated code may do, by effect.
    asks : bool
        Whether code that a model wrote is always shown and agreed to before it runs.
    prices : mapping
        By model, as the setting takes them; what limits of money are counted by.
    exercises : mapping of str to Exercise
        By name.
    fault : str
        Why nothing is open, where a course file is not understood; empty where all are.
    """

    name: str = ""
    doors: frozenset[Door] = frozenset(DOORS)
    methods: frozenset[Method] = frozenset(METHODS)
    models: frozenset[str] | None = None
    endpoint: str = ""
    sharing: Literal["allowed", "forbidden"] = "allowed"
    calls: Literal["open", "recorded"] = "open"
    recording: Path | None = None
    toolboxes: tuple[Path, ...] = ()
    most_help: Help = "solution"
    climbs: bool = False
    reveals_after: int = NEVER
    hints_show: tuple[str, ...] | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    policy: Mapping[Effect, Verdict] = field(default_factory=dict)
    asks: bool = False
    prices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    exercises: Mapping[str, Exercise] = field(default_factory=dict)
    fault: str = ""

    @property
    def restricts(self) -> bool:
        """Whether there is a course at all."""
        return self != NO_COURSE

    @property
    def called(self) -> str:
        """What messages call it, as the subject of a sentence."""
        return f"Your course, {self.name}," if self.name else "Your course"

    @property
    def most_level(self) -> int:
        """The most help there is as a level, 1 to 5."""
        return HELP.index(self.most_help) + 1

    @property
    def gives_all(self) -> bool:
        """Whether whatever a model writes may be seen as it comes."""
        return self.most_help == "solution" and not self.climbs

    def exercise_of(self, problem: str) -> Exercise | None:
        """Return the exercise with this problem, if there is one."""
        return next((each for each in self.exercises.values() if each.states(problem)), None)

    def limited(self, name: str, value: float) -> float:
        """Return a limit as it holds where a person sets `value`.

        Parameters
        ----------
        name : str
            One of `LIMITS`.
        value : float
            What is set; where 0 stands for no limit, it does here too.
        """
        most = self.limits.get(name)
        if most is None or (LIMITS[name] and not most):
            return value
        return most if LIMITS[name] and not value else min(most, value)

    def check(self, door: Door) -> None:
        """Raise if a door is closed.

        Raises
        ------
        CourseError
            Naming the door, and why it is closed.
        """
        self.check_understood()
        written = WRITTEN.get(door, f"%%{door}")
        if door not in self.doors:
            raise CourseError(f"{self.called} does not open {written}. Ask your teacher if you need it.")
        shows = _SHOWS.get(door, "question")
        if HELP.index(shows) >= self.most_level:
            raise CourseError(
                f"{self.called} gives help up to {GIVEN[self.most_help]}, and {written} would show more."
            )
        if self.climbs and shows == "solution":
            raise CourseError(
                f"{self.called} gives one step of help after the other, and {written} would pass them over."
            )

        if door == "bench" and (self.limits or self.methods != frozenset(METHODS)):
            raise CourseError(f"{self.called} limits what may be asked, and {written} keeps no such limits.")
        if door in ("bench", "explore") and self.calls == "recorded":
            raise CourseError(f"{self.called} replays what is recorded, and {written} asks for more.")

    def check_understood(self) -> None:
        """Raise if a course file is not understood.

        Raises
        ------
        CourseError
            Saying which, and why.
        """
        if self.fault:
            raise CourseError(self.fault)

    def opens(self, door: Door) -> bool:
        """Tell whether a door is open."""
        try:
            self.check(door)
        except CourseError:
            return False
        return True

    def check_model(self, name: str) -> None:
        """Raise if a model may not be asked; an empty name stands for none.

        Raises
        ------
        CourseError
            Naming the models that may.
        """
        if name and self.models is not None and name not in self.models:
            raise CourseError(f"{self.called} works with {_listed(self.models)}, not with {name}.")

    def check_method(self, method: str) -> None:
        """Raise if a method is closed.

        Raises
        ------
        CourseError
            Naming the methods that are open.
        """
        if method in METHODS and method not in self.methods:
            raise CourseError(f"{self.called} works with the method {_listed(self.methods)}, not {method}.")

    def check_allowed(self, effects: Iterable[Effect]) -> None:
        """Raise if a flag may not allow what it names.

        Raises
        ------
        CourseError
            Naming what the course keeps closed.
        """
        for effect in effects:
            if self.allows(effect) != "allow":
                what = TOLD.get(effect, "come from elsewhere")
                raise CourseError(f"{self.called} does not let code {what}. Leave {effect} out of --allow.")

    def check_limit(self, name: str, value: float | None) -> None:
        """Raise if a flag sets a limit higher than the course does; None sets none.

        Raises
        ------
        CourseError
            Naming the limit.
        """
        if value is not None and self.limited(name, value) != value:
            raise CourseError(
                f"{self.called} allows at most {self.limits[name]:g} for {_FLAGS[name]}, not {value:g}."
            )

    def allows(self, effect: Effect) -> Verdict:
        """Return the most that is said of an effect."""
        return self.policy.get(effect, "allow")

    def verdict(self, effect: Effect, said: Verdict) -> Verdict:
        """Return what holds of an effect where a person says `said`."""
        return stricter(said, self.allows(effect))

    @property
    def revealing(self) -> int:
        """After how many failed checks the solution is to be had; 0 at once, `NEVER` for never."""
        return 0 if self.most_help == "solution" else self.reveals_after

    def narrowed(self, nearer: Course) -> Course:
        """Return this course with what `nearer` restricts further.

        Parameters
        ----------
        nearer : Course
            One that is nearer to the student; where it is looser, it counts for nothing.
        """
        if not (self.restricts and nearer.restricts):
            return nearer if nearer.restricts else self
        models = _common(self.models, nearer.models)
        limits = dict(self.limits)
        for name, most in nearer.limits.items():
            limits[name] = self.limited(name, most)
        policy = {
            effect: stricter(self.allows(effect), nearer.allows(effect))
            for effect in EFFECTS
            if effect in self.policy or effect in nearer.policy
        }
        return replace(
            self,
            name=self.name or nearer.name,
            doors=self.doors & nearer.doors,
            methods=self.methods & nearer.methods,
            models=models,
            endpoint=self.endpoint or nearer.endpoint,
            sharing="forbidden" if "forbidden" in (self.sharing, nearer.sharing) else "allowed",
            calls="recorded" if "recorded" in (self.calls, nearer.calls) else "open",
            recording=self.recording or nearer.recording,
            toolboxes=self.toolboxes or nearer.toolboxes,
            most_help=min(self.most_help, nearer.most_help, key=HELP.index),
            climbs=self.climbs or nearer.climbs,
            reveals_after=_later(self.revealing, nearer.revealing),
            hints_show=self._shown(nearer),
            limits=limits,
            policy=policy,
            asks=self.asks or nearer.asks,
            prices={**nearer.prices, **self.prices},
            exercises={**self.exercises, **self._added(nearer)},
        )

    def _added(self, nearer: Course) -> dict[str, Exercise]:
        """Return the exercises of `nearer` that take the place of none of these."""
        return {
            name: exercise
            for name, exercise in nearer.exercises.items()
            if name not in self.exercises and self.exercise_of(exercise.problem) is None
        }

    def _shown(self, nearer: Course) -> tuple[str, ...] | None:
        if self.gives_all and self.hints_show is None:
            return nearer.hints_show
        if nearer.hints_show is None:
            return self.hints_show
        return tuple(each for each in self.hints_show or () if each in nearer.hints_show)


NO_COURSE = Course()


def stricter(one: Verdict, other: Verdict) -> Verdict:
    """Return the stricter of two verdicts."""
    return max(one, other, key=_STRICTNESS.index)


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return other if one is None else one if other is None else one & other


def _listed(names: Iterable[str]) -> str:
    return " or ".join(sorted(names)) or "nothing at all"


def _later(one: int, other: int) -> int:
    return NEVER if NEVER in (one, other) else max(one, other)
