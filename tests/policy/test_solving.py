"""The policy in a live kernel: what is denied does not run, and the person has the last word."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from creator_magic.cells.generated import KEY
from creator_magic.headless import run_notebook
from creator_magic.policy import EFFECTS
from tests.conftest import environment
from tests.live_notebook import LiveNotebook, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.model_server import ModelServer

DECISION = "```python decision\ncount('a b')\n```"
PLAIN = "It need not touch files.\n```python tool\ndef count(text):\n    return len(text.split())\n```"
ANSWER = "2"


def tool(*lines: str) -> str:
    """A tool that does `lines` before it counts."""
    body = "\n".join(f"    {line}" for line in lines)
    return f"```python tool\ndef count(text):\n{body}\n    return len(text.split())\n```"


def _default(server: ModelServer) -> dict[str, str]:
    return {name: value for name, value in environment(server).items() if name != "CREATOR_POLICY"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "precious.txt").write_text("kept")
    return tmp_path


@pytest.fixture
def book(server: ModelServer, folder: Path) -> Iterator[LiveNotebook]:
    with LiveNotebook(_default(server), cwd=str(folder)) as live:
        assert live.run("%load_ext creator_magic").status == "ok"
        yield live


@pytest.fixture
def site() -> Iterator[tuple[str, list[str]]]:
    """A server that notes what it is asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", asked
    server.shutdown()
    server.server_close()


DELETE = tool("import os", "os.remove('precious.txt')")


def solve(book: LiveNotebook, flags: str = "", **sent: Any) -> Any:
    return book.run(f"%%solve {flags}\nHow many words?", "magic", places_cells=True, **sent)


# Denied


def test_what_is_denied_does_not_run_and_the_model_finds_another_way(
    server: ModelServer, book: LiveNotebook, folder: Path
) -> None:
    server.reply_with(DELETE, DECISION, PLAIN)
    ran = solve(book)
    assert ran.status == "ok", ran.error
    assert (folder / "precious.txt").read_text() == "kept"
    assert text_of(ran.cell("decision")["outputs"]) == ANSWER
    told = server.calls[2].body["messages"][-1]["content"]
    assert "tool cell, line 3: os.remove('precious.txt')  # `os.remove` deletes or moves files" in told
    assert "does not permit" in told
    assert "--allow" not in told
    assert "it would delete or move files" in ran.html
    assert ran.record["summary"]["attempts"] == 2


def test_a_second_denial_ends_the_solve_with_one_message(
    server: ModelServer, book: LiveNotebook, folder: Path
) -> None:
    again = tool("from pathlib import Path", "Path('precious.txt').unlink()", "open('new.txt', 'w')")
    server.reply_with(DELETE, DECISION, again, "never asked for")
    before = book.names()
    ran = solve(book, "--max-rectifications 5")
    assert ran.status == "error"
    assert ran.error.splitlines() == [
        "UnsolvedError: The code did not run: it would delete or move files and write files.",
        "  tool cell, line 3: Path('precious.txt').unlink()",
        "  tool cell, line 4: open('new.txt', 'w')",
        "To permit it, add to the cell's first line: --allow delete,write.",
    ]
    assert len(server.calls) == 3
    assert [path.name for path in folder.glob("*.txt")] == ["precious.txt"]
    assert book.names() == before
    (error,) = ran.cell("tool")["outputs"]
    assert (error["ename"], error["output_type"]) == ("NotPermitted", "error")


def test_a_denied_request_never_reaches_its_server(
    server: ModelServer, book: LiveNotebook, site: tuple[str, list[str]]
) -> None:
    url, asked = site
    fetch = tool("import urllib.request as u", f"u.urlopen({url!r})")
    server.reply_with(fetch, DECISION, PLAIN)
    assert solve(book).status == "ok"
    assert asked == []
    server.reply_with(fetch, DECISION)
    ran = solve(book, "--fresh --allow network")
    assert ran.status == "ok", ran.error
    assert asked == ["/"]
    assert "Allowed: network" in ran.html


def test_create_is_judged_too(server: ModelServer, book: LiveNotebook, folder: Path) -> None:
    server.reply_with("```python tool\nimport os\nos.remove('precious.txt')\ndef f(): return 1\n```", PLAIN)
    ran = book.run("%%create\nCount words.", "magic")
    assert ran.status == "ok", ran.error
    assert (folder / "precious.txt").exists()
    assert len(server.calls) == 2


def test_the_same_code_again_ends_it_with_the_same_message(server: ModelServer, book: LiveNotebook) -> None:
    server.reply_with(DELETE, DECISION, f"I insist.\n{DELETE}")
    ran = solve(book, "--max-rectifications 5")
    assert "--allow delete" in ran.error
    assert len(server.calls) == 3


def test_what_the_notebook_calls_otherwise_is_what_it_is(
    server: ModelServer, book: LiveNotebook, folder: Path
) -> None:
    book.run("from os import remove as tidy\nfrom pathlib import Path\nhere = Path('precious.txt')")
    book.run(
        "import functools, os\nlater = functools.partial(os.remove, 'precious.txt')\nbound = here.unlink"
    )
    for line in ("tidy('precious.txt')", "here.rename('b')", "later()", "bound()"):
        server.reply_with(tool(line), DECISION, PLAIN)
        ran = solve(book, "--fresh")
        assert ran.status == "ok", ran.error
        assert "it would delete or move files" in ran.html, line
    assert (folder / "precious.txt").exists()


def test_the_models_own_names_are_in_what_it_is_told(server: ModelServer, book: LiveNotebook) -> None:
    book.run("count = 'mine'")
    server.reply_with(DELETE.replace("os.remove", "os.remove(count.__name__) or os.remove"), DECISION, PLAIN)
    ran = solve(book)
    assert ran.status == "ok", ran.error
    told = server.calls[2].body["messages"][-1]["content"]
    assert "os.remove(count.__name__)" in told.split("What happened:")[1]


def test_the_model_is_told_beforehand(server: ModelServer, book: LiveNotebook) -> None:
    def told(flags: str, *replies: str) -> set[str]:
        server.forget()
        server.reply_with(*replies)
        shown = solve(book, f"{flags} --dry-run").text
        assert solve(book, f"{flags} --fresh").status == "ok"
        said = [call.body["messages"][-1]["content"].partition("\n")[0] for call in server.calls]
        assert all(line in shown for line in said)
        return set(said)

    rest = (
        "install packages, use eval, exec or pickle, touch the kernel, read credentials or read environment "
        "variables."
    )
    everything = f"write files, delete files, start processes, use the network, {rest}"
    assert told("", DELETE, DECISION, PLAIN) == {f"The code must not {everything}"}
    some = told("--allow write,delete,network", PLAIN, DECISION)
    assert some == {f"The code must not start processes, {rest}"}
    # What a person would be asked about is theirs to decide.
    allowed = dict.fromkeys(EFFECTS, "allow") | {"processes": "ask", "read": "deny", "delete": "deny"}
    book.run(f"%config CreatorMagic.policy = {allowed}")
    assert told("", PLAIN, DECISION) == {"The code must not read files or delete files."}
    assert told("--allow delete --allow read", PLAIN, DECISION) == {"Problem:"}


# Permitted


def test_allow_lets_it_run_and_the_record_says_so(
    server: ModelServer, book: LiveNotebook, folder: Path
) -> None:
    server.reply_with(DELETE, DECISION)
    ran = solve(book, "--allow delete,write --allow network")
    assert ran.status == "ok", ran.error
    assert not (folder / "precious.txt").exists()
    assert "Allowed: delete<" in ran.html


def test_settings_say_what_is_permitted(server: ModelServer, book: LiveNotebook, folder: Path) -> None:
    assert book.run("%config CreatorMagic.policy = {'delete': 'allow', 'read': 'deny'}").status == "ok"
    server.reply_with(DELETE, DECISION)
    assert solve(book).status == "ok"
    assert not (folder / "precious.txt").exists()
    server.reply_with(tool("open('a')"), DECISION)
    ran = solve(book, "--fresh --max-rectifications 0")
    assert "it would read files" in ran.error
    assert "--allow read" in ran.error


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        ("{'netwrok': 'allow'}", "Did you mean network?"),
        ("{'network': 'perhaps'}", "allow, ask or deny"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(book: LiveNotebook, policy: str, says: str) -> None:
    ran = book.run(f"%config CreatorMagic.policy = {policy}")
    assert says in ran.error + ran.text
    assert book.value("get_ipython().run_line_magic('config', 'CreatorMagic.policy')") == "{}"


def test_theenvironment_says_what_is_permitted(server: ModelServer, folder: Path) -> None:
    with LiveNotebook({**_default(server), "CREATOR_POLICY": "{'delete': 'allow'}"}, str(folder)) as book:
        book.run("%load_ext creator_magic")
        server.reply_with(DELETE, DECISION)
        assert solve(book).status == "ok"
    assert not (folder / "precious.txt").exists()


def test_a_flag_that_cannot_be_used_names_the_closest(server: ModelServer, book: LiveNotebook) -> None:
    ran = solve(book, "--allow netwrok")
    assert "Did you mean network?" in ran.error
    assert server.calls == []
    assert "--allow" in book.complete("%%solve --al")


def test_the_python_door_has_the_same_keys(server: ModelServer, book: LiveNotebook, folder: Path) -> None:
    server.reply_with(DELETE, DECISION, DELETE)
    ran = book.run("import creator_magic\ncreator_magic.solve('How many?')")
    assert "To permit it" in ran.error
    server.reply_with(DELETE, DECISION)
    ran = book.run("s = creator_magic.solve('How many?', allow=['delete'])\nprint(s.answer, s.permitted)")
    assert ran.text == "2 ('delete',)\n", ran.error
    assert not (folder / "precious.txt").exists()
    assert "Did you mean delete?" in book.run("creator_magic.solve('How many?', allow='delet')").error


# What stands in the notebook


def test_standing_cells_are_judged_and_the_persons_own_are_not(
    server: ModelServer, book: LiveNotebook, folder: Path
) -> None:
    server.reply_with(DELETE, DECISION)
    ran = solve(book, "--allow delete")
    cells = ran.cells
    (folder / "precious.txt").write_text("again")
    denied = solve(book, standing=cells)
    assert "--allow delete" in denied.error
    assert (folder / "precious.txt").exists()
    assert [cell["source"] for cell in denied.cells] == [cell["source"] for cell in cells]
    assert len(server.calls) == 2
    mine = [dict(cell) for cell in cells]
    mine[0]["source"] += "\n# mine"
    ran = solve(book, standing=mine)
    assert ran.status == "ok", ran.error
    assert not (folder / "precious.txt").exists()
    assert len(server.calls) == 2


def test_a_permission_does_not_make_it_another_problem(
    server: ModelServer, book: LiveNotebook, folder: Path
) -> None:
    server.reply_with(DELETE, DECISION)
    cells = solve(book, "--allow delete").cells
    (folder / "precious.txt").write_text("again")
    assert solve(book, "--allow delete,network", standing=cells).status == "ok"
    assert len(server.calls) == 2
    assert not (folder / "precious.txt").exists()


# Asked


ASKS = "%config CreatorMagic.policy = {'delete': 'ask'}"


def ask(book: LiveNotebook, answer: str, flags: str = "", **sent: Any) -> tuple[str, Any]:
    """Solve as a person who answers; return what was asked, and what came of it."""
    message = book.send(
        f"%%solve {flags}\nHow many words?", "magic", places_cells=True, interactive=True, **sent
    )
    return book.answer(answer), book.gather(message)


def test_yes_lets_it_run(server: ModelServer, book: LiveNotebook, folder: Path) -> None:
    book.run(ASKS)
    server.reply_with(DELETE, DECISION)
    question, ran = ask(book, "y")
    assert "Run the tool and the decision cell? It would delete or move files:" in question
    assert "tool cell, line 3: os.remove('precious.txt')" in question
    assert ran.status == "ok", ran.error
    assert not (folder / "precious.txt").exists()
    # The code was in the notebook while the person was asked.
    shown = [sync for sync in ran.syncs if any("os.remove" in cell["source"] for cell in sync["cells"])]
    assert shown
    assert "Allowed: delete<" in ran.html


@pytest.mark.parametrize("answer", ["", "n", "no", "perhaps"])
def test_anything_else_does_not(server: ModelServer, book: LiveNotebook, folder: Path, answer: str) -> None:
    book.run(ASKS)
    server.reply_with(DELETE, DECISION, PLAIN)
    _, ran = ask(book, answer)
    assert ran.status == "ok", ran.error
    assert (folder / "precious.txt").exists()
    assert len(server.calls) == 3


def test_the_stop_button_answers_too(server: ModelServer, book: LiveNotebook, folder: Path) -> None:
    book.run(ASKS)
    server.reply_with(DELETE, DECISION)
    message = book.send("%%solve\nHow many words?", "magic", places_cells=True, interactive=True)
    assert book.client.get_stdin_msg(timeout=60)["msg_type"] == "input_request"
    book.interrupt()
    ran = book.gather(message)
    assert ran.error == "KeyboardInterrupt: the solve was stopped; every variable is as it was."
    assert (folder / "precious.txt").exists()


def test_a_run_without_input_is_not_held_up(server: ModelServer, book: LiveNotebook, folder: Path) -> None:
    book.run(ASKS)
    server.reply_with(DELETE, DECISION)
    ran = solve(book, "--max-rectifications 0")
    assert "It needs your yes, and this notebook runs without input." in ran.error
    assert "--allow delete" in ran.error
    assert (folder / "precious.txt").exists()


@pytest.mark.parametrize(("before", "after"), [(0, 1), (0, 3), (1, 0), (3, 0), (2, 2)])
def test_run_all_is_not_held_up(
    server: ModelServer, book: LiveNotebook, folder: Path, before: int, after: int
) -> None:
    book.run(ASKS)
    server.reply_with(DELETE, DECISION)
    magic = "%%solve --max-rectifications 0\nHow many words?"
    codes = [*["1 + 1"] * before, magic, *["2 + 2"] * after]
    with book.at_once():
        sent = [book.send(code, f"cell {n}", interactive=True) for n, code in enumerate(codes)]
    ran = book.gather_all(sent)[before]
    assert "other cells were sent to run with this one" in ran.error
    assert (folder / "precious.txt").exists()
    # Run by itself afterwards, it asks.
    server.reply_with(DELETE, DECISION)
    _, alone = ask(book, "y")
    assert alone.status == "ok", alone.error


def test_ask_shows_all_code_first(server: ModelServer, book: LiveNotebook) -> None:
    server.reply_with(PLAIN, DECISION)
    question, ran = ask(book, "yes", "--ask")
    assert question == "Run the tool and the decision cell? [y/N] "
    assert ran.status == "ok", ran.error
    cells = ran.cells
    server.reply_with(PLAIN, DECISION, PLAIN.replace("split()", "split(' ')"))
    message = book.send(
        "%%solve --ask --fresh\nHow many words?", "magic", places_cells=True, interactive=True
    )
    book.answer("n")
    book.answer("n")
    refused = book.gather(message)
    assert "The code did not run: it was not agreed to." in refused.error
    # What stands has been seen, and is not asked about again.
    assert solve(book, "--ask", standing=cells).status == "ok"


def test_ask_where_nobody_answers_asks_no_model(server: ModelServer, book: LiveNotebook) -> None:
    ran = solve(book, "--ask")
    assert "InputError" in ran.error
    assert "Nothing was sent" in ran.error
    assert server.calls == []


def test_a_headless_run_is_not_held_up(server: ModelServer, folder: Path) -> None:
    server.reply_by(lambda body: DECISION if "The tool:" in body["messages"][-1]["content"] else DELETE)
    path = folder / "a.ipynb"
    cells = [
        nbformat.v4.new_code_cell(code)
        for code in ("%load_ext creator_magic", ASKS, "%%solve --max-rectifications 0\nHow many words?")
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    report = run_notebook(path, allow_errors=True, timeout=60, env=_default(server))
    assert [failure.reason.partition(" The")[0] for failure in report.failures] == ["UnsolvedError:"]
    solved = json.loads(path.read_text("utf-8"))
    text = json.dumps(solved)
    assert "runs without input" in text
    assert (folder / "precious.txt").exists()
    assert any(KEY in cell["metadata"] for cell in solved["cells"])
