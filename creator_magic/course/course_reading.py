"""What a course file says, read key by key, and refused as a whole where it cannot be understood.

Most kernels have no course, and never come here.
"""

from __future__ import annotations

import ast
import itertools
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from creator_magic.course.course import DOORS, HELP, LIMITS, METHODS, NEVER, NO_COURSE, Course
from creator_magic.course.exercise import Exercise, ExerciseCheck
from creator_magic.errors import CourseError, InputError, meant
from creator_magic.model.prices import is_price
from creator_magic.policy.effects import EFFECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LEAST = {"timeout": 0.1, "max_rectifications": 0, "solve_money": 1e-6, "session_money": 1e-6}
"""Where it is not 1: nothing stands for no limit here."""


def course_said(said: Any, where: str, folder: Path) -> Course:
    """Return the course that a course file, or a notebook's metadata, says.

    Parameters
    ----------
    said : object
        Its tables.
    where : str
        Which it is, for messages.
    folder : Path
        What paths in it are relative to.

    Raises
    ------
    CourseError
        If it says what is not understood; the message names the place.
    """
    return _Reading(where, folder).course(said)


def fields_by_key() -> dict[str, dict[str, str]]:
    """Return which field of `Course` each key of a course file's `[course]` and `[help]` sets, by table."""
    return _Reading("", Path()).fields()


class _Reading:
    def __init__(self, where: str, folder: Path) -> None:
        self._where = where
        self._folder = folder

    def refuse(self, what: str) -> NoReturn:
        end = "" if what[-1] in ".?" else "."
        raise CourseError(
            f"The course file {self._where} is not understood: {what}{end} Until it is mended nothing of "
            "creator-magic runs here; tell your teacher."
        )

    def course(self, said: Any) -> Course:
        tables = self.table("", said, ("course", "help", "limits", "policy", "prices", "exercises"))
        course = self.part(NO_COURSE, "course", tables, self._course_keys())
        course = self.part(course, "help", tables, self._help_keys())
        if course.reveals_after != NEVER and course.most_help == "solution" and not course.climbs:
            self.refuse('reveal needs most: up to "solution" all is open at once')
        return replace(
            course,
            prices=self._prices(tables),
            limits=self._limits(tables.get("limits", {})),
            policy=self._policy(tables.get("policy", {})),
            exercises=self._exercises(tables.get("exercises", {})),
        )

    def part(
        self,
        course: Course,
        name: str,
        tables: Mapping[str, Any],
        keys: Mapping[str, tuple[str, Callable[[str, Any], Any]]],
    ) -> Course:
        given = self.table(name, tables.get(name, {}), tuple(keys))
        return replace(course, **{keys[key][0]: keys[key][1](key, value) for key, value in given.items()})

    def table(self, name: str, value: Any, known: Sequence[str]) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.refuse(f"{name or 'the whole'} must be a table.")
        for key in value:
            if key not in known:
                inside = f" in [{name}]" if name else ""
                self.refuse(f"there is no {key!r}{inside}.{meant(str(key), known, ' There is ')}")
        return value

    def fields(self) -> dict[str, dict[str, str]]:
        keys = {"course": self._course_keys(), "help": self._help_keys()}
        return {table: {key: said[0] for key, said in of_table.items()} for table, of_table in keys.items()}

    def _course_keys(self) -> dict[str, tuple[str, Callable[[str, Any], Any]]]:
        return {
            "name": ("name", self.text),
            "open": ("doors", lambda key, value: frozenset(self.some_of(key, value, DOORS))),
            "methods": ("methods", lambda key, value: frozenset(self.some_of(key, value, METHODS))),
            "models": ("models", lambda key, value: frozenset(self.texts(key, value))),
            "endpoint": ("endpoint", self.text),
            "sharing": ("sharing", lambda key, value: self.one_of(key, value, ("allowed", "forbidden"))),
            "calls": ("calls", lambda key, value: self.one_of(key, value, ("open", "recorded"))),
            "recording": ("recording", lambda key, value: self.path(self.text(key, value))),
            "toolboxes": (
                "toolboxes",
                lambda key, value: tuple(map(self.path, self.texts(key, value))),
            ),
            "ask": ("asks", self.yes_or_no),
        }

    def _help_keys(self) -> dict[str, tuple[str, Callable[[str, Any], Any]]]:
        return {
            "most": ("most_help", lambda key, value: self.one_of(key, value, HELP)),
            "climb": ("climbs", self.yes_or_no),
            "reveal": ("reveals_after", self._reveal),
            "show": ("hints_show", self._expressions),
        }

    def _reveal(self, key: str, value: Any) -> int:
        if value == "never":
            return NEVER
        if value == "always":
            return 0
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        return self.refuse(
            f'{key} must be "never", "always", or after how many failed checks, not {value!r}.'
        )

    def _expressions(self, key: str, value: Any) -> tuple[str, ...]:
        texts = self.texts(key, value)
        for text in texts:
            if not _is_expression(text):
                self.refuse(f"{key} takes expressions and names, as mean(x), not {text!r}.")
        return texts

    def _limits(self, said: Any) -> dict[str, float]:
        limits = self.table("limits", said, tuple(LIMITS))
        for name, value in limits.items():
            least = _LEAST.get(name, 1)
            whole = name not in ("timeout", "session_money", "solve_money")
            number = not isinstance(value, bool) and isinstance(value, int if whole else int | float)
            if not (number and (isinstance(value, int) or math.isfinite(value)) and least <= value):
                self.refuse(f"{name} cannot be {value!r}; it is a {'whole ' * whole}number from {least}.")
        return limits

    def _policy(self, said: Any) -> Any:
        policy = self.table("policy", said, EFFECTS)
        return {key: self.one_of(key, value, ("allow", "ask", "deny")) for key, value in policy.items()}

    def _prices(self, tables: Mapping[str, Any]) -> dict[str, dict[str, float]]:
        prices = tables.get("prices", {})
        if not (isinstance(prices, dict) and all(map(is_price, prices.values()))):
            self.refuse(
                "a price is said per million tokens, as in [prices.MODEL] with input = 1.0, output = 4.0"
            )
        limited = [name for name in tables.get("limits", {}) if name.endswith("_money")]
        if limited and not prices:
            self.refuse(f"{limited[0]} needs the prices it is counted by, as in [prices.MODEL]")
        return prices

    def _exercises(self, said: Any) -> dict[str, Exercise]:
        if not isinstance(said, dict):
            self.refuse("exercises must be tables, as in [exercises.break-even].")
        exercises = {name: self._exercise(name, given) for name, given in said.items()}
        for one, other in itertools.combinations(exercises.values(), 2):
            if one.states(other.problem):
                self.refuse(f"the exercises {one.name} and {other.name} have the same problem")
        return exercises

    def _exercise(self, name: str, said: Any) -> Exercise:
        given = self.table(f"exercises.{name}", said, ("problem", "checks"))
        checks = given.get("checks", [])
        if not isinstance(checks, list) or not checks:
            self.refuse(f"the checks of {name} must be a list of what must hold of the answer.")
        return Exercise(
            name,
            tuple(self._check(name, check) for check in checks),
            self.text("problem", given.get("problem", "")),
        )

    def _check(self, name: str, said: Any) -> ExerciseCheck:
        from creator_magic.kernel.answer_checks import check_readable

        given = {"check": said} if isinstance(said, str) else said
        given = self.table(f"exercises.{name}.checks", given, ("check", "says"))
        if "check" not in given:
            self.refuse(f"a check of {name} does not say what must hold: check = ….")
        check = ExerciseCheck(self.text("check", given["check"]), self.text("says", given.get("says", "")))
        try:
            check_readable(check.check)
        except InputError as error:
            self.refuse(f"a check of {name} cannot be read. {error.message}")
        return check

    def path(self, name: str) -> Path:
        """Return the path that `name` stands for, relative to the file's folder."""
        return (self._folder / Path(name).expanduser()).resolve()

    def text(self, key: str, value: Any) -> str:
        if not isinstance(value, str):
            self.refuse(f"{key} must be text in quotes, not {value!r}.")
        return value

    def yes_or_no(self, key: str, value: Any) -> bool:
        if not isinstance(value, bool):
            self.refuse(f"{key} must be true or false, not {value!r}.")
        return value

    def texts(self, key: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            self.refuse(f"{key} must be a list of texts, not {value!r}.")
        return tuple(self.text(key, each) for each in value)

    def some_of(self, key: str, value: Any, known: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.one_of(key, each, known) for each in self.texts(key, value))

    def one_of(self, key: str, value: Any, known: Sequence[str]) -> Any:
        if value not in known:
            self.refuse(f"{key} cannot be {value!r}.{meant(str(value), known, ' There is ')}")
        return cast("Any", value)


def _is_expression(text: str) -> bool:
    """Tell whether a text is one expression of Python, such as a name."""
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
