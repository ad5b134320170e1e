"""`%rectify`: what is mended, what is sent, what is said before it is accepted, and what refusing leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.cells.protocol import MARKER, Failed, Offered
from creator_magic.headless import run_notebook
from creator_magic.redaction import WITHHELD
from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.scripted_replies import TOOL, decision
from tests.test_terminal import cell, ipython

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live_notebook import Ran
    from tests.model_server import ModelServer

BROKEN = "# The sum.\ntotal = sum(numbers) / len(nombers)  # mine\ntotal"
MENDED = BROKEN.replace("nombers", "numbers")
REPLY = f"`nombers` is not defined.\n```python\n{MENDED}\n```"
KEY = "sk-live-0123456789abcdefghij"


@pytest.fixture
def failed(notebook: LiveNotebook) -> LiveNotebook:
    """A notebook whose cell `mine` failed."""
    notebook.run("numbers = [1, 2, 3]", "numbers")
    assert notebook.run(BROKEN, "mine", places_cells=True).status == "error"
    return notebook


def offer(ran: Ran) -> dict[str, Any]:
    assert ran.status == "ok", ran.error
    (offered,) = [told for told in ran.told if told["op"] == "offered"]
    return offered


def press(notebook: LiveNotebook, cell_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the button sends; the reply, and what came for the page."""
    marker = {"v": 1, "client": "test", "cells": [], "mended": None}
    content = {"code": "%rectify", "silent": True, "store_history": False, "allow_stdin": True}
    metadata = {"cellId": cell_id, MARKER: marker}
    message = notebook.client.session.msg("execute_request", content, metadata=metadata)
    notebook.client.shell_channel.send(message)
    ran = notebook.gather(message["header"]["msg_id"])
    assert ran.outputs == []
    return {"status": ran.status}, ran.told


def sent(server: ModelServer) -> str:
    return str(server.calls[-1].body["messages"][-1]["content"])


# Which cell


def test_the_messages_for_the_page_are_as_the_protocol_says(
    server: ModelServer, failed: LiveNotebook
) -> None:
    server.reply_with(REPLY)
    offered = offer(failed.run("%rectify", "ask", places_cells=True))
    assert set(offered) == set(Offered.__annotations__)
    (told,) = failed.run("1 / 0", "other", places_cells=True).told
    assert set(told) == set(Failed.__annotations__)


def test_the_button_mends_its_own_cell_and_rectify_the_one_that_failed_last(
    server: ModelServer, failed: LiveNotebook
) -> None:
    failed.run("1 / 0", "later", places_cells=True)
    server.reply_with(REPLY, "Zero.\n```python\n1 / 1\n```")
    _, (offered,) = press(failed, "mine")
    assert (offered["cell"], offered["at"], offered["shown"]) == ("mine", "mine", False)
    assert ["gone", BROKEN.splitlines()[1]] in offered["diff"]
    offered = offer(failed.run("%rectify", "ask", places_cells=True))
    assert (offered["cell"], offered["at"], offered["shown"]) == ("later", "ask", True)
    assert offered["source"] == "1 / 1"


def test_a_cell_that_ran_well_since_is_not_mended(server: ModelServer, failed: LiveNotebook) -> None:
    assert failed.run(MENDED, "mine", places_cells=True).status == "ok"
    ran = failed.run("%rectify", "ask", places_cells=True)
    assert "No cell of yours has failed" in ran.error
    assert server.calls == []


def test_where_cells_cannot_be_told_apart_other_cells_may_run_between(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("numbers = [1]")
    notebook.run(BROKEN)
    notebook.run("numbers")
    assert BROKEN in notebook.run("%rectify --dry-run").text
    assert server.calls == []


def test_code_of_a_solve_is_left_to_its_own_rectification(server: ModelServer, failed: LiveNotebook) -> None:
    server.reply_with(TOOL, decision("twice(1 / 0)"))
    assert failed.run("%%solve --max-rectifications 0\nHow?", "solve", places_cells=True).status == "error"
    asked = len(server.calls)
    ran = failed.run("%rectify", "ask", places_cells=True)
    assert "rectified with its problem" in ran.error
    assert len(server.calls) == asked


def test_a_failed_rectify_is_no_failed_cell(server: ModelServer, failed: LiveNotebook) -> None:
    server.fault(0, "401")
    assert failed.run("%rectify", "ask", places_cells=True).told == []
    server.reply_with(REPLY)
    assert offer(failed.run("%rectify", "ask", places_cells=True))["cell"] == "mine"


def test_typed_over_the_cell_that_failed_it_is_replaced_by_the_mended_one(
    server: ModelServer, failed: LiveNotebook
) -> None:
    server.reply_with(REPLY)
    offered = offer(failed.run("%rectify", "mine", places_cells=True))
    assert (offered["cell"], offered["replaces"], offered["source"]) == ("mine", "%rectify", MENDED)


# With an instruction


def test_an_instruction_changes_the_code_below_it(server: ModelServer, notebook: LiveNotebook) -> None:
    code = "mean = sum(rows) / len(rows)  # mine"
    typed = f"%%rectify --use rows make it robust, don't round\n{code}"
    notebook.run("rows = [1]")
    server.reply_with("Empty lists.\n```python\nmean = sum(rows) / max(1, len(rows))\n```")
    offered = offer(notebook.run(typed, "c", places_cells=True))
    assert (offered["cell"], offered["at"], offered["replaces"]) == ("c", "c", typed)
    assert offered["source"] == "mean = sum(rows) / max(1, len(rows))  # mine"
    assert "make it robust, don't round" in sent(server)
    assert "- rows: " in sent(server)
    assert "%%rectify" not in sent(server)
    assert offered["sent"] == "the cell, what you said, the form of rows"


def test_above_a_cell_that_failed_its_error_goes_along(server: ModelServer, failed: LiveNotebook) -> None:
    server.reply_with(REPLY)
    offer(failed.run(f"%%rectify\n{BROKEN}", "mine", places_cells=True))
    assert "NameError" in sent(server)


def test_words_behind_rectify_are_for_the_cell_that_failed_last(
    server: ModelServer, failed: LiveNotebook
) -> None:
    server.reply_with(REPLY)
    offer(failed.run('%rectify keep the name --hint "two words" of it', "ask", places_cells=True))
    assert "keep the name of it" in sent(server)
    assert "- two words\n" in sent(server)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("%%rectify make it faster\n  \n", "there is none"),
        ("%%rectify\nx = 1", "nothing wrong"),
        ("%%rectify\nmake it robust to missing values, please", "looks like prose"),
        ("%rectify --hnt x", "Did you mean --hint?"),
        ("%rectify --use nowhere", "nowhere"),
        ("%rectify --share df", "cannot be read"),
    ],
)
def test_what_cannot_be_understood_is_said_and_nothing_is_sent(
    server: ModelServer, failed: LiveNotebook, typed: str, says: str
) -> None:
    assert says in failed.run(typed, "ask", places_cells=True).error
    assert server.calls == []


def test_code_that_is_no_python_is_mended_without_having_run(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_with("A bracket.\n```python\nprint((1 + 2) * 3)\n```")
    offer(notebook.run("%%rectify\nprint((1 + 2 * 3)", "c", places_cells=True))
    assert "syntax error" in sent(server)


# What is sent


def test_values_in_an_error_go_by_their_shape_unless_errors_are_shared(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("paid = ['Zebra 4711']")
    notebook.run("float(paid[0])  # a number", "c", places_cells=True)
    server.reply_by(lambda _: "Words.\n```python\nfloat(paid[0].split()[1])\n```")
    offered = offer(notebook.run("%rectify", "ask", places_cells=True))
    assert "Zebra" not in str(server.calls)
    assert "could not convert string to float: 'Aaaaa 9999'" in sent(server)
    assert offered["sent"] == "the cell, its error, values withheld"
    offered = offer(notebook.run("%rectify --share errors", "ask", places_cells=True))
    assert "Zebra 4711" in sent(server)
    assert offered["sent"] == "the cell, its error"
    assert "paid:" not in str(server.calls), "a variable that was not stated is not described"


def test_a_key_in_the_cell_is_withheld_and_comes_back_where_it_stood(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    source = f"key = '{KEY}'\nother = '{KEY[::-1]}'\nlen(kee)"
    notebook.run(source, "c", places_cells=True)
    server.reply_with(f"A slip.\n```python\nkey = '{WITHHELD}'\nother = '{KEY[::-1]}'\nlen(key)\n```")
    offered = offer(notebook.run("%rectify", "ask", places_cells=True))
    assert KEY not in str(server.calls)
    assert offered["source"] == source.replace("kee", "key")
    assert any("looks like a key was not sent" in note for note in offered["notes"])


def test_two_keys_that_a_reply_mixes_up_are_not_put_back_by_guess(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    other = KEY.replace("0123", "9876")
    notebook.run(f"one = '{KEY}'\ntwo = '{other}'\nlen(on)", "c", places_cells=True)
    mixed = f"```python\ntwo = '{WITHHELD}'\none = '{WITHHELD}'\nlen(one)\n```"
    server.reply_with(mixed, f"```python\none = '{WITHHELD}'\ntwo = '{WITHHELD}'\nlen(one)\n```")
    offered = offer(notebook.run("%rectify", "ask", places_cells=True))
    assert offered["source"] == f"one = '{KEY}'\ntwo = '{other}'\nlen(one)"
    assert "must stay as they are" in sent(server)


def test_a_dry_run_shows_all_of_it_and_sends_nothing(server: ModelServer, failed: LiveNotebook) -> None:
    said = failed.run("%rectify --dry-run --hint quickly", "ask", places_cells=True)
    assert BROKEN in said.text
    assert "NameError: name 'nombers' is not defined" in said.text
    assert "- quickly" in said.text
    assert said.told == []
    assert server.calls == []


def test_a_recorded_reply_serves_the_same_cell_with_the_same_error_only(server: ModelServer) -> None:
    with LiveNotebook(environment(server) | {"CREATOR_CASSETTE_MODE": "auto"}) as notebook:
        notebook.run("%load_ext creator_magic\nitems = []")
        server.reply_by(lambda _: "Why.\n```python\nlen(items)\n```")
        source = "items[0].strip()  # first"
        for _ in range(2):
            notebook.run(source, "c", places_cells=True)
            offered = offer(notebook.run("%rectify", "ask", places_cells=True))
        assert len(server.calls) == 1
        assert offered["head"].startswith("A change is offered · 1 replayed reply")
        assert offered["sent"] == ""
        notebook.run("items = [1]")
        notebook.run(source, "c", places_cells=True)
        offer(notebook.run("%rectify", "ask", places_cells=True))
        assert len(server.calls) == 2, "the same cell failed in another way"
        offer(notebook.run("%rectify --fresh", "ask", places_cells=True))
        assert len(server.calls) == 3


def test_it_counts_and_its_limits_hold(server: ModelServer, failed: LiveNotebook) -> None:
    failed.run("%config CreatorMagic.session_calls = 1")
    server.reply_with(REPLY)
    offer(failed.run("%rectify", "ask", places_cells=True))
    assert "mending" in failed.run("%creator log").text
    assert "LimitError" in failed.run("%rectify", "ask", places_cells=True).error
    assert len(server.calls) == 1


# What a reply may be


def test_words_alone_are_the_answer_where_the_cell_is_not_at_fault(
    server: ModelServer, failed: LiveNotebook
) -> None:
    server.reply_with("Run the cell above first; nothing in this one can mend it.")
    ran = failed.run("%rectify", "ask", places_cells=True)
    offered = offer(ran)
    assert (offered["source"], offered["diff"]) == (None, [])
    assert "Run the cell above first" in ran.html
    assert "would change nothing" in offered["head"]


def test_the_same_cell_again_is_no_change(server: ModelServer, failed: LiveNotebook) -> None:
    server.reply_with(f"Fine.\n```python\n{BROKEN}\n```")
    assert offer(failed.run("%rectify", "ask", places_cells=True))["source"] is None


def test_a_reply_that_cannot_be_used_is_asked_for_once_more(
    server: ModelServer, failed: LiveNotebook
) -> None:
    server.reply_with(f"```python\n{BROKEN}(\n```", f"This line:\n```python\nlen(numbers)\n```\nSo:\n{REPLY}")
    assert offer(failed.run("%rectify", "ask", places_cells=True))["source"] == MENDED
    assert "could not be used: The new cell has a syntax error" in sent(server)
    server.reply_with("```python\n(\n```", "```python\n)\n```")
    ran = failed.run("%rectify", "ask", places_cells=True)
    assert "gave no cell that can be used, and nothing was changed" in ran.error
    assert len(server.calls) == 4


def test_half_a_reply_is_not_offered(server: ModelServer, failed: LiveNotebook) -> None:
    server.fault(0, "length")
    server.reply_with(REPLY, REPLY)
    assert offer(failed.run("%rectify", "ask", places_cells=True))["source"] == MENDED
    assert len(server.calls) == 2


# What is said before it is accepted


def test_a_package_that_is_only_missing_is_named_but_no_name_is_guessed(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    server.reply_by(lambda _: "It is not installed.")
    hidden = "import sys\nsys.modules['sklearn'] = None\n"
    notebook.run(f"{hidden}import sklearn.linear_model", "c", places_cells=True)
    (note,) = offer(notebook.run("%rectify", "ask", places_cells=True))["notes"]
    assert note.startswith("Perhaps it is only not installed: `%pip install scikit-learn`")
    notebook.run("import surely_nobodys_package", "c", places_cells=True)
    assert offer(notebook.run("%rectify", "ask", places_cells=True))["notes"] == []


def test_what_ran_already_and_would_run_again_is_said(server: ModelServer, notebook: LiveNotebook) -> None:
    notebook.run("rows, made = [], 0")
    source = "fresh = []\nrows.append(1)\nfresh.append(2)\nrow[0]"
    notebook.run(source, "c", places_cells=True)
    server.reply_with(f"A slip.\n```python\n{source.replace('row[0]', 'rows[0]')}\n```")
    (note,) = offer(notebook.run("%rectify", "ask", places_cells=True))["notes"]
    assert note.startswith("What ran before it failed has changed `rows` in place.")


def test_effects_that_the_change_adds_are_said_and_no_others(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    source = "import os\nopen('a.txt', 'w').write('x')\nfoo"
    notebook.run(source, "c", places_cells=True)
    added = source.replace("foo", "os.remove('a.txt')")
    server.reply_with(f"Tidied.\n```python\n{added}\n```", f"Less.\n```python\n{source[:-4]}\n```")
    (note, *_) = offer(notebook.run("%rectify", "ask", places_cells=True))["notes"]
    assert note == "The change would also delete or move files (line 3)."
    notes = offer(notebook.run("%rectify", "ask", places_cells=True))["notes"]
    assert not any("would also" in note for note in notes)


def test_what_the_change_leaves_out_of_the_person_s_own_is_said(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run("%matplotlib inline\n\n# look here\nfor x in y:\n    # each\n    x", "c", places_cells=True)
    server.reply_with("No y.\n```python\npass\n```")
    notes = offer(notebook.run("%rectify", "ask", places_cells=True))["notes"]
    assert any("leaves out: %matplotlib inline  # look here  # each" in note for note in notes)


def test_a_scripted_or_hostile_reply_is_text(server: ModelServer, failed: LiveNotebook) -> None:
    bad = "<img src=x onerror=alert(1)>"
    server.reply_with(f"{bad} \x1b]0;title\x07\n```python\n{MENDED}\n'{bad}'\n```")
    ran = failed.run("%rectify", "ask", places_cells=True)
    assert bad not in ran.html
    assert "&lt;img" in ran.html
    assert "\x1b" not in str(offer(ran))


# Accepting, refusing, undoing


def test_accepted_beforehand_the_page_is_told_so(server: ModelServer, failed: LiveNotebook) -> None:
    server.reply_with(REPLY)
    assert offer(failed.run("%rectify --yes", "ask", places_cells=True))["accepted"] is True


def test_undo_brings_an_accepted_cell_back_and_only_then(server: ModelServer, failed: LiveNotebook) -> None:
    server.reply_with(REPLY)
    offered = offer(failed.run("%rectify", "ask", places_cells=True))
    assert "nothing to undo" in failed.run("%creator undo", "u", places_cells=True).error
    marker = {"v": 1, "client": "test", "cells": [], "mended": offered["id"]}
    assert failed.run(MENDED, "mine", metadata={MARKER: marker}).status == "ok"
    (restore,) = failed.run("%creator undo", "u", places_cells=True).told
    wanted = {"op": "restore", "cell": "mine", "replaces": MENDED, "source": BROKEN}
    assert {name: restore[name] for name in wanted} == wanted
    assert "nothing to undo" in failed.run("%creator undo", "u", places_cells=True).error


def test_elsewhere_undo_offers_the_cell_as_it_was(server: ModelServer, failed: LiveNotebook) -> None:
    server.reply_with(REPLY)
    assert failed.run("%rectify --yes", interactive=True).status == "ok"
    (payload,) = failed.run("%creator undo", interactive=True).payload
    assert (payload["text"], payload["replace"]) == (BROKEN, False)


def test_a_mended_cell_that_fails_too_can_be_mended_further(
    server: ModelServer, failed: LiveNotebook
) -> None:
    worse = MENDED.replace("sum(numbers)", "sum(numbers[0])")
    server.reply_with(f"So.\n```python\n{worse}\n```", f"Not so.\n```python\n{MENDED}\n```")
    ran = failed.run("%rectify --yes", interactive=True)
    assert "The mended cell failed too: TypeError" in ran.error
    assert ran.payload[0]["text"] == worse
    ran = failed.run("%rectify --yes", interactive=True)
    assert ran.status == "ok", ran.error
    assert ran.text.endswith("2.0")
    assert "TypeError" in sent(server)


def test_colab_replaces_no_cell_so_the_text_is_shown(server: ModelServer, failed: LiveNotebook) -> None:
    server.reply_with(REPLY)
    ran = failed.run("%rectify --yes", metadata={"colab": {"cell_id": "x"}}, interactive=True)
    assert ran.payload == []
    assert f"Nothing replaces a cell here; its text is:\n{MENDED}" in ran.text


def test_who_cannot_be_asked_has_nothing_changed(server: ModelServer, failed: LiveNotebook) -> None:
    server.reply_with(REPLY, REPLY)
    ran = failed.run("%rectify")
    assert ran.status == "ok", ran.error
    assert "Not applied: it needs your yes, and this notebook runs without input" in ran.text
    assert ran.payload == []
    with failed.at_once():
        sent_at_once = [failed.send(code, interactive=True) for code in ("%rectify", "numbers")]
    ran, _ = failed.gather_all(sent_at_once)
    assert "other cells were sent to run with this one" in ran.text
    assert "total" not in failed.names()


def test_an_interrupt_changes_nothing(server: ModelServer, failed: LiveNotebook) -> None:
    server.fault(0, "hang")
    waiting = failed.send("%rectify", "ask", places_cells=True)
    while not server.calls:
        failed.client.is_alive()
    failed.interrupt()
    ran = failed.gather(waiting)
    assert "nothing was mended, and nothing was changed" in ran.error
    assert ran.told == []


# Autofix


def test_autofix_sends_nothing_and_says_how_to(server: ModelServer, notebook: LiveNotebook) -> None:
    assert "Nothing is sent before you say so" in notebook.run("%creator autofix ask").text
    on_page = notebook.run(BROKEN, "a", places_cells=True, interactive=True)
    assert [told["asks"] for told in on_page.told] == [True]
    elsewhere = notebook.run(BROKEN, interactive=True)
    assert (
        "Rectify… `%rectify` sends this cell and its error, values withheld, to test-model" in elsewhere.text
    )
    headless = notebook.run(BROKEN)
    assert headless.text == ""
    with notebook.at_once():
        sent_at_once = [notebook.send(BROKEN, "a", places_cells=True, interactive=True) for _ in range(2)]
    assert notebook.gather_all(sent_at_once)[0].told[0]["asks"] is False
    notebook.run("%creator autofix off")
    assert [t["asks"] for t in notebook.run(BROKEN, "a", places_cells=True, interactive=True).told] == [False]
    assert notebook.run(BROKEN, interactive=True).text == ""
    assert server.calls == []
    assert "ask" in notebook.run("%creator autofix on").error


# Other ways to run a notebook


def test_a_terminal_prints_the_diff_asks_and_runs(server: ModelServer, tmp_path: Path) -> None:
    server.reply_with(REPLY)
    said = ipython(
        server,
        tmp_path,
        cell("%load_ext creator_magic\nnumbers = [2]") + cell(BROKEN) + cell("%rectify --yes"),
    )
    assert f"- {BROKEN.splitlines()[1]}" in said
    assert f"+ {MENDED.splitlines()[1]}" in said
    assert "Accepted by --yes" in said
    assert said.rstrip().endswith("2.0")


def test_at_a_terminal_the_person_is_asked_and_autofix_types_the_command(
    server: ModelServer, tmp_path: Path
) -> None:
    import pty

    server.reply_with(REPLY, REPLY)
    script = tmp_path / "session.ipy"
    script.write_text(
        cell("%load_ext creator_magic\n%creator autofix ask\nnumbers = [2]")
        + cell(BROKEN)
        + "print('typed', get_ipython().rl_next_input)\n"
        + cell("%rectify")
        + cell("'total' in globals()")
        + cell("%rectify"),
        encoding="utf-8",
    )
    person, terminal = pty.openpty()
    os.write(person, b"n\ny\n")
    ran = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(script)],
        cwd=tmp_path,
        env={**os.environ, **environment(server), "IPYTHONDIR": str(tmp_path)},
        stdin=terminal,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(terminal)
    os.close(person)
    assert "typed %rectify" in ran.stdout
    assert ran.stdout.count("Replace the cell with this, and run it? [y/N]") == 2
    accepted = ran.stdout.partition("Refused: nothing was changed.")[2]
    assert "False" in accepted
    assert accepted.rstrip().endswith("2.0"), ran.stdout + ran.stderr


def test_headless_it_is_applied_only_if_accepted_beforehand(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbformat

    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    server.reply_by(lambda _: REPLY)
    path = tmp_path / "a.ipynb"
    sources = ["%load_ext creator_magic\nnumbers = [2]", BROKEN, "%rectify", "%rectify --yes", "total"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    run_notebook(path, allow_errors=True)
    after = nbformat.read(path, as_version=4).cells
    assert [cell.source for cell in after] == sources
    said = ["".join(str(output) for output in cell.outputs) for cell in after]
    assert "Not applied" in said[2]
    assert "Accepted by --yes: the mended cell ran. Nothing replaces a cell here; its text is:" in said[3]
    assert "2.0" in said[4]
