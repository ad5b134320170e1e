"""What the kernel survives of the catalogue where the policy lets everything run.

    python -m tests.policy.survival

runs each snippet twice in a notebook's kernel, as the decision cell of a `%%solve` that allows every
effect: in the kernel itself, and with `--isolate`. It writes `survival.toml`, which the table of the
documentation shows. The kernel has a folder, a home and a temporary folder of its own, with what the
snippets look for; names of hosts lead to the machine itself, where nobody answers. What could harm the
machine all the same is not run, and listed so.
"""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import sys
import tempfile
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import psutil

from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.model_server import ModelServer
from tests.policy.snippets import SURVIVAL, Snippet, snippets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIVES, DIES, HANGS = "lives", "dies", "hangs"
KEEPS = "lives, with what it was allowed to change"
SPOILED = "lives, and is not as before"
NOT_REACHED = "lives; it does not come to run"
NOT_RUN = "not run"

TOO_HARMFUL = {
    "Ends other processes": "it would end every process of the machine",
    "Kills by number": "it would end the machine's first process",
    "Installs pip": "it would change the installation that runs this",
}
"""What is not run at all, and why."""

TOO_HARMFUL_HERE = {"Forks for ever": "nothing would stop it"}
"""What is run in isolation only."""

_TIME = 2.0
_GRACE = 10.0
"""Seconds after the time limit when a kernel that has not answered counts as hung."""

_TOOL = "```python tool\ndef nothing():\n    return None\n```"

_HERE = (
    (re.compile(r"example\.org|bucket"), "127.0.0.1"),
    (re.compile(r"'rm', '-rf', '/'"), "'rm', '-rf', 'results'"),
    (re.compile(r"extractall\('/'\)"), "extractall('root')"),
)
"""What leads out of the kernel's folder, and where it leads instead."""

_SETUP = """
%load_ext creator_magic
import builtins, math, os, pickle, resource, shutil, signal, sys, tarfile
from pathlib import Path
import numpy, pandas
def tidy_up(path):
    shutil.rmtree(path)
keep, df = [1, [2]], pandas.DataFrame({'a': [1]})
chosen, source = 'notes.txt', 'http://127.0.0.1:9/a.csv'
def _state():
    return (
        builtins.print, builtins.len, builtins.open, sys.modules.get('math'), list(sys.meta_path),
        signal.getsignal(signal.SIGINT), signal.getitimer(signal.ITIMER_REAL), sys.gettrace(), sys.excepthook,
        resource.getrlimit(resource.RLIMIT_AS), dict(os.environ), keep, list(df.columns),
        str(numpy.random.get_state()),
    )
_before = _state()
"""

_FILES = """
for name in 'a b a.csv b.csv a.txt notes.txt results.csv .secrets.csv a.yml script.sh'.split():
    Path(name).write_text('a,b\\n1,2\\n')
Path('script.py').write_text('x = 1')
for folder in ('results', '.ssh', '.aws', 'root'):
    Path(folder).mkdir(exist_ok=True)
for name in ('results/one', '.ssh/id_rsa', '.ssh/id_ed25519', '.ssh/config', '.aws/credentials', '.netrc'):
    Path(name).write_text('machine a login b password c')
Path('a.pkl').write_bytes(pickle.dumps([1]))
numpy.save('a.npy', numpy.ones(2))
with tarfile.open('a.tar', 'w') as archive:
    archive.add('a.txt')
"""


@dataclass
class Trial:
    """A notebook's kernel for hostile code, begun anew when a snippet has ended or spoiled it.

    Parameters
    ----------
    isolated : bool
        Whether code is tried in a separate process first.
    """

    isolated: bool

    def __post_init__(self) -> None:
        self._server = ModelServer()
        self._folder = tempfile.TemporaryDirectory(prefix="survival-", ignore_cleanup_errors=True)
        self._book: LiveNotebook | None = None
        self._pid = 0

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._server.__exit__(None, None, None)
        self._folder.cleanup()

    def run(self, snippet: Snippet) -> str:
        """Run a snippet; return what became of the kernel."""
        here = {} if self.isolated else TOO_HARMFUL_HERE
        reason = (TOO_HARMFUL | here).get(snippet.what)
        if reason:
            return f"{NOT_RUN}: {reason}"
        code = snippet.code.replace("/home/me", self._folder.name)
        for pattern, instead in _HERE:
            code = pattern.sub(instead, code)
        book = self._ready()
        self._server.forget()
        self._server.reply_with(_TOOL, f"```python decision\n{code}\n```")
        flags = f"--timeout {_TIME} --max-rectifications 0 --fresh"
        try:
            ran = book.run(f"%%solve {flags}\nWhat?", "magic", timeout=_TIME * 2 + _GRACE, places_cells=True)
            said = self._said(ran.error)
            if not self._is_as_before(book):
                said = KEEPS if ran.status == "ok" else SPOILED
        except (queue.Empty, AssertionError):
            said = HANGS if book.manager.is_alive() else DIES
        if said in (DIES, HANGS, KEEPS, SPOILED):
            self._end()
        return said

    def _ready(self) -> LiveNotebook:
        if self._book is None:
            home = self._folder.name
            env = {
                **environment(self._server),
                "CREATOR_ISOLATE": "if-possible" if self.isolated else "off",
                "CREATOR_ISOLATE_MEMORY": "1024",
                **dict.fromkeys(("HOME", "TMPDIR", "IPYTHONDIR", "XDG_DATA_HOME", "XDG_CACHE_HOME"), home),
                "BROWSER": "true",
                "PIP_NO_INDEX": "1",
            }
            self._book = LiveNotebook(env, home).__enter__()
            assert self._book.run(_SETUP).status == "ok"
            self._pid = int(self._book.value("os.getpid()"))
        assert self._book.run(f"os.chdir({self._folder.name!r})\n{_FILES}").status == "ok"
        return self._book

    def _is_as_before(self, book: LiveNotebook) -> bool:
        """Tell whether variables and process are as before; the kernel answers, and the stop button works."""
        same = book.run("sys.stdout.write(str(_state() == _before)); None", timeout=_GRACE).text == "True"
        message = book.send("sys.stdout.write('begun')\nwhile True: pass")
        while book.client.get_iopub_msg(timeout=_GRACE)["msg_type"] != "stream":
            pass
        book.interrupt()
        return "KeyboardInterrupt" in book.gather(message, timeout=_GRACE).error and same

    def _said(self, error: str) -> str:
        missing = re.search(r"The code needs (?:the module )?(.+), which (?:is|are) not installed", error)
        if missing:
            return f"{NOT_RUN}: no {missing[1].partition(' (')[0]} where this was made"
        if any(words in error for words in ("would break the notebook", "only plain Python", "SyntaxError")):
            return NOT_REACHED
        return LIVES

    def _end(self) -> None:
        """End the kernel, and what its code has started."""
        if self._book is None:
            return
        with suppress(psutil.NoSuchProcess):
            started = psutil.Process(self._pid).children(recursive=True)
            for process in started:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        self._book.__exit__(None, None, None)
        self._book = None


def survival(chosen: Iterable[Snippet]) -> Iterator[tuple[Snippet, str, str]]:
    """Run snippets; yield each with what became of the kernel, and with isolation."""
    with Trial(isolated=False) as here, Trial(isolated=True) as apart:
        for snippet in chosen:
            yield snippet, here.run(snippet), apart.run(snippet)


def main() -> None:
    """Run all of the catalogue, and write what came of it."""
    lines = [
        "# Written by `python -m tests.policy.survival`: what the kernel survives, alone and isolated.\n"
    ]
    for snippet, here, apart in survival(snippets()):
        print(f"{snippet.title}: {here} | {apart}", file=sys.stderr)  # noqa: T201 - it takes minutes
        lines.append(f"{json.dumps(snippet.title)} = {json.dumps([here, apart])}")
    text = "\n".join([*lines, ""])
    tomllib.loads(text)
    SURVIVAL.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
