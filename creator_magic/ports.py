"""The doors between the stages and the world: a model, a kernel, and the data they exchange.

`solver` and `stages` know only this file and the data classes beside it. Whatever satisfies a
protocol here can serve: a live kernel, a process of its own, an HTTP endpoint, a cassette.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from creator_magic.problem import Problem

CodeStage = Literal["creation", "reuse", "decision", "rectification", "entangled", "program"]
"""The stages whose replies hold code; a program is what a benchmark compares tools with."""

TrialStage = Literal[
    "imagination",
    "trial",
    "reflection",
    "judge",
    "fault",
    "fault_judge",
    "tool_rectification",
    "paraphrase",
]
"""The stages of an exploration, and of what is made of it."""

AnswerStage = Literal["vanilla", "cot"]
"""The stages of a benchmark whose replies hold the answer itself."""

Stage = (
    CodeStage
    | TrialStage
    | AnswerStage
    | Literal["review", "plan", "explanation", "mending", "cases", "help"]
)
Role = Literal["tool", "decision", "plan"]
"""What a generated cell is for; a plan is text, and no code."""

Output = dict[str, Any]
"""One output of a cell, in the form nbformat 4.5 gives it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat: a role of the protocol and its plain text."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """The code that a rectification which a person asked for began with.

    Parameters
    ----------
    cells : tuple of CodeCell
        The tool and the decision as they stood.
    remark : str
        What the person said is wrong with them, verbatim; empty if they did not say.
    edited : frozenset of str
        The keys of those that the person edited: their own code is not judged.
    """

    cells: tuple[CodeCell, ...]
    remark: str
    edited: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KeptTool:
    """The source of a kept tool, for a cell.

    Parameters
    ----------
    name : str
        The function.
    source : str
        Whole but for the tools it calls.
    shown : str
        What a model is told of it, where its code stays here: it is a function of the person's.
    here : bool
        Whether it stands in the notebook already, in a cell that ran, and the name means it.
    """

    name: str
    source: str
    shown: str = ""
    here: bool = False


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A problem that a tool solved when it was explored, and how it was called.

    Parameters
    ----------
    query : str
        The problem, as a model imagined it.
    code : str
        The call.
    showed : str
        What it returned; empty where that would be long.
    """

    query: str
    code: str
    showed: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tool that may serve a problem, or a part of it.

    Parameters
    ----------
    name : str
        The function.
    shown : str
        What a model is told of it: signature and docstring, in Python.
    place : str
        Where it was found, in words.
    terms : tuple of str
        What it shares with the problem, what is rarest first: why it was found.
    tools : tuple of KeptTool
        The tools that it calls, those first that others call, and itself at the end; none for a
        function that the person wrote in the notebook.
    demonstrations : tuple of Demonstration
        Of an explored tool, those that are most like the problem, the most similar first.
    """

    name: str
    shown: str
    place: str
    terms: tuple[str, ...] = ()
    tools: tuple[KeptTool, ...] = ()
    demonstrations: tuple[Demonstration, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One call to a model: which stage asks, for which attempt, and the messages.

    Parameters
    ----------
    stage : str
        The stage that asks, one of `Stage`.
    attempt : int
        The number of the attempt that the reply is for, counted from 1.
    problem : Problem
        What is worked on. With stage and attempt it identifies the question, whatever the
        wording of our prompts.
    messages : tuple of Message
        What is sent.
    beginning : Beginning or None
        What the first attempt was, where no model wrote it; then it identifies the question too.
    candidates : tuple of Candidate
        The tools that the messages offer. They do not identify the question: a recorded reply is
        kept with those that it chose among.
    sample : int
        Which of several solutions it is for, from 1.
    said : str
        What execution said of a cell of the person's that is to be mended, or the cases that a tool fails;
        it identifies the question too.
    trial : tuple of str and int
        Which trial of an exploration it is for: tool, version, parts left out, episode, number; or which
        setup of a benchmark, and which time. It identifies the question too.
    """

    stage: Stage
    attempt: int
    problem: Problem
    messages: tuple[Message, ...]
    beginning: Beginning | None = None
    candidates: tuple[Candidate, ...] = ()
    sample: int = 1
    said: str = ""
    trial: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What calls cost: their number, and tokens as the endpoint counted them."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


Origin = Literal["called", "replayed", "scripted"]
"""Where a reply came from: a model now, a recording of a model, or a person who wrote it by hand."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer to a `Question`.

    Parameters
    ----------
    text : str
        The whole text.
    finish_reason : str or None
        As the protocol gives it; None where the stream ended without one.
    model : str
        The name of the model that answered.
    usage : Usage
        What the call cost; `calls` is 0 for a reply that was not called for.
    seconds : float
        Wall time of the call.
    origin : {"called", "replayed", "scripted"}
        Where the text came from.
    notices : tuple of str
        What the person should know about the call, such as a parameter that was adapted.
    recorded : Usage
        What the call cost when it was recorded, for one that is replayed.
    recorded_seconds : float
        How long it took then.
    """

    text: str
    finish_reason: str | None = "stop"
    model: str = ""
    usage: Usage = Usage()
    seconds: float = 0.0
    origin: Origin = "called"
    notices: tuple[str, ...] = ()
    recorded: Usage = Usage()
    recorded_seconds: float = 0.0


class Model(Protocol):
    """Whatever answers questions."""

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """Answer `question`; call `on_text` with the whole text so far as it grows.

        An empty text says that the answer has to be waited for.

        Raises
        ------
        ModelError
            If no answer can be had.
        """
        ...


@dataclass(frozen=True, slots=True)
class CodeCell:
    """Generated code for one cell: its role, its slot in the solve, its source.

    `foreign` says that it was made elsewhere, and not for this problem: a tool that was imported; `own`,
    that it is a function of the person's that came with a kept tool, whose code no model is told.
    """

    role: Role
    key: str
    source: str
    foreign: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """One level of a traceback that lies in a generated cell."""

    key: str
    line: int
    function: str
    text: str


FailureKind = Literal[
    "reply",
    "syntax",
    "names",
    "denied",
    "missing",
    "error",
    "timeout",
    "exit",
    "memory",
    "crash",
    "isolation",
]
"""Why an attempt failed: an unusable reply, a syntax error, names that cannot be kept apart from
the user's, code that would do what is not permitted, packages that are not installed, an exception, the
time limit, code that tried to end the kernel, the memory limit, a process that died of it, or a variable
that cannot be had in isolation."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed.

    Parameters
    ----------
    kind : str
        One of `FailureKind`.
    name : str
        The exception's type, or a word for what happened.
    message : str
        The exception's own message; it may quote the user's data, so it is for the person only.
    key : str or None
        The slot of the cell that failed.
    frames : tuple of Frame
        The levels of the traceback that lie in generated cells, outermost first.
    traceback : tuple of str
        Lines to show the person, without frames of ours.
    of_library : bool
        Whether the exception's type comes from a library, so that its name is nobody's data.
    lost : tuple of str
        What could not be put back as it was, each as "`name` is a generator".
    missing : tuple of str
        The modules that are not installed, where it failed for want of them.
    wrong : str
        The name of an attribute or an argument that there is not; empty if it failed of anything else.
    close : tuple of str
        Names close to it that the library has.
    """

    kind: FailureKind
    name: str
    message: str
    key: str | None = None
    frames: tuple[Frame, ...] = ()
    traceback: tuple[str, ...] = ()
    of_library: bool = True
    lost: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    wrong: str = ""
    close: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CellRun:
    """A generated cell that was run, with its outputs in order."""

    cell: CodeCell
    outputs: tuple[Output, ...] = ()


@dataclass(frozen=True, slots=True)
class Execution:
    """What running an attempt's cells came to.

    Parameters
    ----------
    runs : tuple of CellRun
        The cells that ran, the failed one last.
    failure : Failure or None
        None if every cell ran to its end; then the names that the cells bound are kept.
    answer : object
        The value of the decision's last expression, or the text it printed.
    seconds : float
        Wall time of all cells.
    notices : tuple of str
        What the person should know of how they ran.
    left : tuple of str
        What a failed execution changed or started and could not be undone, in plain words.
    changed : tuple of str
        Names of the user's whose objects were changed in place, if every cell ran to its end.
    """

    runs: tuple[CellRun, ...]
    failure: Failure | None = None
    answer: Any = None
    seconds: float = 0.0
    notices: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


OWN_DOCTESTS = "doctest"
"""The check that runs the examples in the docstrings of the tools, and wants some to be there."""

OWN_EXAMPLES = "the examples in the tool's docstring"
"""The same where the person has not asked for it: what has no example passes."""


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check of the person's that an answer does not pass.

    Parameters
    ----------
    check : str
        The check, as the person wrote it.
    why : str
        What it said instead, for the person; it may quote the answer.
    raised : str
        The type of what it raised; empty if it just does not hold.
    broken : bool
        Whether the check itself does not work, whatever the answer is.
    """

    check: str
    why: str
    raised: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What the person's checks say of an answer.

    Parameters
    ----------
    passed : int
        How many it passes.
    failed : tuple of FailedCheck
        The others, in their order.
    form : str
        What kind of thing the answer is, without its value.
    """

    passed: int
    failed: tuple[FailedCheck, ...] = ()
    form: str = ""

    @property
    def broken(self) -> bool:
        """Whether one of the checks does not work itself."""
        return any(each.broken for each in self.failed)


@dataclass(frozen=True, slots=True)
class Hygiene:
    """Generated code with its names kept apart from the user's.

    Parameters
    ----------
    cells : tuple of CodeCell
        The cells as they will run and stand in the notebook.
    renamed : tuple of (str, str)
        Names that were changed, old and new; one name may change in both cells.
    refused : mapping of str to str
        Names that would break something and could not be renamed, with the reason.
    """

    cells: tuple[CodeCell, ...]
    renamed: tuple[tuple[str, str], ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether code may run.

    Parameters
    ----------
    refusal : Failure or None
        Why it may not; its frames are the places in the code.
    permitted : tuple of str
        What it may do beyond computing, and would.
    """

    refusal: Failure | None = None
    permitted: tuple[str, ...] = ()


class Policy(Protocol):
    """What decides whether generated code may run."""

    def judge(
        self,
        cells: Sequence[CodeCell],
        show: Callable[[str], None],
        *,
        standing: bool = False,
        edited: frozenset[str] = frozenset(),
    ) -> Ruling:
        """Say whether `cells` may run, before they do.

        Parameters
        ----------
        cells : sequence of CodeCell
            The code as it would run, in order.
        show : callable
            Called with a line before a person is asked: they must see the code by then.
        standing : bool
            Whether the cells stand in the notebook already, where the person has seen them.
        edited : frozenset of str
            The keys of cells that the person edited: those are the person's own code.
        """
        ...


class Kernel(Protocol):
    """Where generated code runs."""

    def keep_apart(
        self, cells: Sequence[CodeCell], owner: str, keep: frozenset[str] = frozenset()
    ) -> Hygiene:
        """Rename what would overwrite a name of the user's, of another solve, or a builtin.

        Parameters
        ----------
        cells : sequence of CodeCell
            The tool cell, the decision cell, or both.
        owner : str
            The solve that the cells belong to; names it bound before are its own to bind again.
        keep : frozenset of str
            Further names that must not be bound, such as the one given to `--into`.
        """
        ...

    def execute(
        self,
        cells: Sequence[CodeCell],
        owner: str,
        timeout: float | None,
        on_output: Callable[[str, Callable[[], tuple[Output, ...]]], None],
        on_notice: Callable[[tuple[str, ...]], None],
    ) -> Execution:
        """Run `cells` as one transaction: if one fails, names, what they reach, and process are as before.

        Parameters
        ----------
        cells : sequence of CodeCell
            What runs, in order.
        owner : str
            The solve that the names they bind belong to.
        timeout : float or None
            Time limit for all cells together, in seconds.
        on_output : callable
            Called when a cell's outputs changed, with its key and a function that returns them.
        on_notice : callable
            Called before the code runs with what the user should know of it: what it can change and
            nobody can undo. Each is said once.

        Raises
        ------
        KeyboardInterrupt
            If the person interrupted; everything is as before then too.
        """
        ...

    def check(self, checks: Sequence[str], answer: object, owner: str, timeout: float | None) -> Checked:
        """Say whether an answer passes the person's checks, after an `execute` that ended well.

        Parameters
        ----------
        checks : sequence of str
            Expressions, names of functions, and doctests.
        answer : object
            What they are about.
        owner : str
            The solve whose tools' own doctests may be meant.
        timeout : float or None
            Time limit for all of them together, in seconds.
        """
        ...

    def take_back(self) -> None:
        """Make every name be as before the last `execute`, although it ended well."""
        ...
