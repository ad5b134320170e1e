"""Checks of an installation: versions, a kernel, a front end, the model; each with what to do about it."""

from __future__ import annotations

import difflib
import platform
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.cells.request import current_request
from creator_magic.check import Check
from creator_magic.config import CreatorMagic, shown_endpoint
from creator_magic.errors import CreatorError
from creator_magic.running_front_end import running_front_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from creator_magic.course.course import Course
    from creator_magic.session import Session

_NEEDED = ("ipython", "ipykernel", "openai", "nbformat", "nbclient", "nbconvert", "jupyter-client")
_FRONT_ENDS = ("jupyterlab", "notebook")

_WAYS = (
    "OpenAI: set OPENAI_API_KEY and CREATOR_MODEL",
    "another service: set OPENAI_BASE_URL too, as its manual says; it often ends in /v1",
    "a model on this machine: start Ollama, LM Studio, llama.cpp or vLLM, then run this again",
)


def checks(settings: CreatorMagic | None = None, kernel_name: str = "python3") -> Iterator[Check]:
    """Look at the installation, one thing after another.

    Parameters
    ----------
    settings : CreatorMagic, optional
        The settings to check; without them, those of the environment.
    kernel_name : str, optional
        The kernel to start.

    Yields
    ------
    Check
        As each is done.
    """
    yield _python()
    yield _packages()
    yield _kernel(kernel_name)
    yield _front_end()
    try:
        settings = settings or CreatorMagic()
    except CreatorError as error:
        yield Check("settings", "fail", error.message, ("correct or unset that variable",))
        return
    yield from model_checks(settings)


def checks_in_notebook(session: Session) -> Iterator[Check]:
    """Look at what a running notebook works with: its front end, its packages, its model.

    Parameters
    ----------
    session : Session
        The session of the kernel's shell.

    Yields
    ------
    Check
        As each is done.
    """
    yield running_front_end(current_request(session.shell), in_kernel=session.in_kernel)
    yield _python()
    yield _packages()
    if session.settings.course.calls == "recorded":
        yield _recording(session.settings.course)
    else:
        yield from model_checks(session.settings)


def model_checks(settings: CreatorMagic) -> Iterator[Check]:
    """Look at the model that is set, and ask its endpoint for its list of models."""
    yield _model(settings)
    if settings.key() or settings.endpoint():
        yield _endpoint(settings)


def check_lines(check: Check) -> Iterator[str]:
    """Yield a check as lines of text, its advice indented."""
    yield f"{check.state:<5} {check.name:<9} {check.found}"
    for line in check.advice:
        yield f"{'':<16}- {line}"


def installed(package: str) -> str | None:
    """Return the version of an installed package without importing it.

    Parameters
    ----------
    package : str
        Its name in the package index.

    Returns
    -------
    str or None
        None if it is not installed.
    """
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _python() -> Check:
    return Check("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _packages() -> Check:
    found = {name: installed(name) for name in ("creator-magic", *_NEEDED, *_FRONT_ENDS)}
    shown = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    missing = [name for name in ("creator-magic", *_NEEDED) if not found[name]]
    if missing:
        advice = "run `python -m pip install --upgrade creator-magic` with the Python above"
        return Check("packages", "fail", f"missing: {', '.join(missing)}; there are: {shown}", (advice,))
    return Check("packages", "ok", shown)


def _kernel(kernel_name: str) -> Check:
    import nbformat.v4

    from creator_magic.headless import run_notebook
    from creator_magic.run_report import KernelDiedError

    cells = [nbformat.v4.new_code_cell("1 + 1"), nbformat.v4.new_code_cell("%load_ext creator_magic")]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        try:
            report = run_notebook(path, kernel_name=kernel_name, timeout=60)
        except KernelDiedError as error:
            return Check("kernel", "fail", f"{error.report.failures[-1]}", (_REINSTALL,))
        except CreatorError as error:
            reason = error.message.replace(f"{path}: ", "")
            advice = "run `python -m pip install --upgrade ipykernel` with the Python above"
            return Check("kernel", "fail", reason, (advice,))
    if report.failures:
        failure = report.failures[0]
        return Check("kernel", "fail", f"`{failure.title}` fails in it: {failure.reason}", (_REINSTALL,))
    return Check(
        "kernel",
        "ok",
        f"{kernel_name} starts, counts and loads creator_magic in {time.monotonic() - began:.1f} s",
    )


def _front_end() -> Check:
    """Look at the JupyterLab of this environment, and which copy of the extension it loads."""
    from creator_magic import labextension

    apps = [f"{name} {number}" for name in _FRONT_ENDS if (number := installed(name))]
    if not apps:
        found = "neither JupyterLab nor Notebook is installed in this environment"
        return Check("front end", "ok", found, (_ELSEWHERE,))
    here = f"{' and '.join(apps)}, "
    try:
        ours, copies = labextension.bundled(), labextension.found_here()
    except CreatorError as error:
        return Check("front end", "warn", error.message, (_REINSTALL,))
    if not copies:
        return Check("front end", "warn", f"{here}without the extension", (_INSTALL,))
    used, *shadowed = copies
    at = f"the extension {used} from {used.folder}"
    if not used.is_same(ours):
        remove = f"remove {used.folder}, or bring it up to date"
        if any(copy.is_same(ours) for copy in shadowed):
            remove += f"; it hides the right one in {next(c.folder for c in shadowed if c.is_same(ours))}"
        return Check("front end", "warn", f"{here}with {at}, but this package is {ours}", (remove, _INSTALL))
    if labextension.is_disabled():
        return Check("front end", "warn", f"{here}with {at}, which is disabled", (_ENABLE,))
    old = [copy for copy in shadowed if not copy.is_same(ours)]
    advice = tuple(f"an older copy in {copy.folder} is not used here" for copy in old)
    return Check("front end", "ok", f"{here}with {at}", advice)


_ELSEWHERE = "if JupyterLab runs in another one, for this kernel: run `creator-magic install-frontend`"
_INSTALL = "run `creator-magic install-frontend`, then reload the page"
_ENABLE = "run `jupyter labextension enable creator-magic`, then reload the page"
_REINSTALL = "install creator-magic into the environment that the kernel runs in"


def _model(settings: CreatorMagic) -> Check:
    name, endpoint = settings.model_name(), settings.endpoint()
    key = "a key is set" if settings.key() else "no key is set"
    if name and (settings.key() or endpoint):
        return Check("model", "ok", f"{name} at {shown_endpoint(endpoint)}; {key}")
    if settings.key() or endpoint:
        found = f"no model is named for {shown_endpoint(endpoint)} ({key})"
        return Check("model", "warn", found, ("set CREATOR_MODEL to one of the endpoint's models",))
    found = f"{name} is named, but neither key nor endpoint is set" if name else "none is set"
    return Check("model", "warn", found, (*_found_here(), *_WAYS))


def _found_here() -> tuple[str, ...]:
    from creator_magic.model.local_servers import find_local_servers

    return tuple(
        f"{server.name} answers on this machine: set OPENAI_BASE_URL={server.base_url} and "
        f"CREATOR_MODEL={server.models[0] if server.models else '(one that it has loaded)'}"
        for server in find_local_servers()
    )


def _recording(course: Course) -> Check:
    """Look at the recording of a course that calls no model."""
    from creator_magic.model.course_recording import CourseRecording

    path = course.recording
    if path is None or not path.is_file():
        found = f"{course.called} replays recorded replies, and {path or 'its recording'} is not there"
        return Check("model", "fail", found, ("tell your teacher",))
    try:
        replies = len(CourseRecording(path))
    except CreatorError as error:
        return Check("model", "fail", error.message, ("tell your teacher",))
    found = f"{course.called} replays what {path.name} has recorded, {replies:,} replies"
    return Check("model", "ok", f"{found}; no model is asked, and no key is needed")


def _endpoint(settings: CreatorMagic) -> Check:
    from creator_magic.model.local_servers import list_models

    name, shown = settings.model_name(), shown_endpoint(settings.endpoint())
    began = time.monotonic()
    try:
        models = list_models(settings.endpoint() or None, settings.key() or None, timeout=10)
    except CreatorError as error:
        advice = "check OPENAI_BASE_URL and OPENAI_API_KEY, and whether the network or the server is up"
        return Check("endpoint", "fail", error.message, (advice,))
    answered = f"{shown} answered in {time.monotonic() - began:.1f} s and lists {len(models)} models"
    if not name:
        return Check("endpoint", "ok", f"{answered}, such as {', '.join(sorted(models)[:5])}")
    if name in models:
        return Check("endpoint", "ok", f"{answered}, {name} among them")
    near = difflib.get_close_matches(name, models) or sorted(models)[:5]
    advice = (
        f"if {name} is a misspelling: there are {', '.join(near)}; some endpoints do not list every model"
    )
    return Check("endpoint", "warn", f"{answered}, but not {name}", (advice,))
