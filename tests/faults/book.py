"""A person's notebook in which something goes wrong, and what must hold whatever that is."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from creator_magic.inert import inert
from tests.live_notebook import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.catalogue import Fault
    from tests.live_notebook import LiveNotebook, Ran
    from tests.model_server import ModelServer

TOOL = "```python tool\ndef one_more(number):\n    return number + 1\n```"
DECISION = "```python decision\none_more(41)\n```"
ANSWER = "42"

MINE = "mine = [1, 2]; word = 'kept'; seen = (id(mine), id(word))"
AS_BEFORE = "(id(mine), id(word)) == seen and (mine, word) == ([1, 2], 'kept')"
NAMES = {"mine", "word", "seen"}

LONGEST = 5
"""Lines that a message may have."""


class Book:
    """A live notebook with a few variables of the person's, and the server that it asks."""

    def __init__(self, server: ModelServer, notebook: LiveNotebook) -> None:
        self.server = server
        self.notebook = notebook
        self.judged = False

    def begin(self) -> None:
        """Forget what earlier tests asked, and bind the person's variables anew."""
        self.server.forget()
        self.judged = False
        kept = "('In', 'Out', 'exit', 'quit', 'open', 'get_ipython')"
        own = f"[_n for _n in globals() if _n[0] != '_' and _n not in {kept}]"
        ran = self.notebook.run(f"for _name in {own}:\n    del globals()[_name]\n{MINE}")
        assert ran.status == "ok", ran.error

    def solve(self, flags: str = "", problem: str = "What is one more than 41?", timeout: float = 60) -> Ran:
        """Run a `%%solve` cell as a front end that places generated cells does."""
        return self.notebook.run(f"%%solve {flags}\n{problem}", "magic", timeout, places_cells=True)

    def solve_by(self, code: str, flags: str = "--max-rectifications 0", timeout: float = 60) -> Ran:
        """Run a `%%solve` cell whose tool is `code` and whose decision calls it; a mended one follows."""
        self.server.reply_with(f"```python tool\n{code}\n```", DECISION, TOOL)
        return self.solve(flags, timeout=timeout)

    @contextmanager
    def with_setting(self, name: str, value: object) -> Iterator[None]:
        """Change a setting inside the `with`."""
        before = self.notebook.value(f"get_ipython().run_line_magic('config', 'CreatorMagic.{name}')")
        assert self.notebook.run(f"%config CreatorMagic.{name} = {value!r}").status == "ok"
        try:
            yield
        finally:
            self.notebook.run(f"%config CreatorMagic.{name} = {before}")

    def failed(self, ran: Ran, fault: Fault) -> None:
        """The cell failed with one message of a few lines, and nothing was lost or left behind."""
        assert ran.status == "error", ran.html
        assert [words for words in fault.says if words not in ran.error] == [], ran.error
        assert len(ran.error.splitlines()) <= LONGEST
        assert sum(output["output_type"] == "error" for output in ran.outputs) == 1
        self.shown_safely(ran)
        assert len(self.server.calls) == fault.requests
        assert self.notebook.names() == NAMES
        self.untouched()

    def solved(self, ran: Ran, fault: Fault, requests: int | None = None, *names: str) -> None:
        """The cell succeeded with the answer, after so many requests, and the record tells the story."""
        assert ran.status == "ok", ran.error
        assert text_of(ran.cell("decision")["outputs"]).endswith(ANSWER)
        assert [words for words in fault.says if words not in ran.html.replace("&#39;", "'")] == [], ran.html
        self.shown_safely(ran)
        assert len(self.server.calls) == (fault.requests if requests is None else requests)
        assert self.notebook.names() == NAMES | {"one_more", *names}
        self.untouched()

    def stopped(self, ran: Ran, fault: Fault) -> None:
        """The cell ended as interrupted, with one line, and nothing was lost or left behind."""
        assert ran.error == "KeyboardInterrupt: the solve was stopped; every variable is as it was."
        assert "Interrupted" in ran.html
        self.failed(ran, fault)

    def shown_safely(self, ran: Ran) -> None:
        """Nothing that is shown holds frames of ours, a terminal's escapes, or live HTML of a model's."""
        own = [o for o in ran.outputs if o["output_type"] in ("display_data", "error")]
        said = [ran.error, ran.html, *(o["data"]["text/plain"] for o in own if "data" in o)]
        assert "Traceback" not in ran.error
        for text in said:
            assert inert(text) == text
            assert "creator_magic/" not in text
        assert "<script" not in ran.html
        assert "<img" not in ran.html
        for output in self.generated_errors(ran):
            assert inert(json.dumps(output)) == json.dumps(output)
            assert "creator_magic" not in json.dumps(output)

    def generated_errors(self, ran: Ran) -> list[dict[str, object]]:
        """The errors in generated cells."""
        marked = [o for o in ran.outputs if "creator_magic" in o.get("metadata", {})]
        return [
            output
            for cell in (ran.cells if marked else [])
            for output in cell["outputs"]
            if output["output_type"] == "error"
        ]

    def untouched(self) -> None:
        """The person's variables are the very objects they were, and the kernel works."""
        self.judged = True
        assert self.notebook.value(AS_BEFORE) == "True"
        assert self.notebook.run("1 + 1").text == "2"
