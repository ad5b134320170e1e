"""What a person types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import environment
from tests.faults.catalogue import Fault, fault
from tests.live_notebook import LiveNotebook

if TYPE_CHECKING:
    from tests.faults.book import Book
    from tests.model_server import ModelServer

pytestmark = pytest.mark.xdist_group("faults of input")


@fault(
    "The cell is empty",
    "A failed cell: the problem is empty, and where to state it",
    requests=0,
    case="%%solve\n \n",
    says=["The problem is empty", "below %%solve"],
)
@fault(
    "A flag that does not exist",
    "A failed cell that names the flag and the closest one there is",
    requests=0,
    case="%%solve --modle x\nWhat?",
    says=["--modle", "Did you mean --model?"],
)
@fault(
    "A flag without its value",
    "A failed cell that names the flag, and where help is",
    requests=0,
    case="%%solve --model\nWhat?",
    says=["--model: expected one argument", "See %%solve -h"],
)
@fault(
    "`--max-rectifications many`",
    "A failed cell that names the value and what is wanted",
    requests=0,
    case="%%solve --max-rectifications many\nWhat?",
    says=["'many' is no whole number from 0 to 20"],
)
@fault(
    "`--timeout 0`",
    "A failed cell that names the value and what is wanted",
    requests=0,
    case="%%solve --timeout 0\nWhat?",
    says=["'0' is no number of seconds"],
)
@fault(
    "`--method` with an unknown method",
    "A failed cell that lists the methods",
    requests=0,
    case="%%solve --method plain\nWhat?",
    says=["invalid choice: 'plain'", "creator", "entangled"],
)
@fault(
    "`--into` with no name",
    "A failed cell that names the value",
    requests=0,
    case="%%solve --into 3x\nWhat?",
    says=["'3x'", "name of a variable"],
)
@fault(
    "`--use` of a variable that is not there",
    "A failed cell that names the closest variable",
    requests=0,
    case="%%solve --use wrod\nWhat?",
    says=["`wrod`", "Did you mean `word`?"],
)
@fault(
    "A quote in the first line that is not closed",
    "A failed cell that shows the line",
    requests=0,
    case="%%solve --hint 'open\nWhat?",
    says=["a quote is open", "--hint 'open"],
)
@fault(
    "`%creator` with an unknown word",
    "A failed cell that names the closest word",
    requests=0,
    case="%creator staus",
    says=["staus", "Did you mean status?"],
)
def test_input_that_cannot_be_used_is_refused_before_anything_is_sent(book: Book, fault: Fault) -> None:
    book.failed(book.notebook.run(fault.case), fault)
    assert book.server.requests == []


@fault(
    "A setting of a wrong type or out of its range",
    "`%config` fails and names the setting; its value is as before",
    requests=0,
    case="timeout",
    says=["timeout"],
)
def test_a_setting_that_cannot_be_used_stays_as_it_was(book: Book, fault: Fault) -> None:
    for value in ("-1", "'soon'"):
        refused = book.notebook.run(f"%config CreatorMagic.{fault.case} = {value}")
        assert fault.says[0] in refused.error + refused.text
        assert book.notebook.run("%config CreatorMagic.timeout").text == "60.0"
    book.untouched()


@fault(
    "A base URL that is none",
    "A failed cell: how a base URL begins and ends",
    requests=0,
    case="base_url localhost:1234",
    says=["base URL cannot be used", "http://"],
)
@fault(
    "A key with characters that no key has, such as a line end or a dash from a text editor",
    "A failed cell that says so and does not show the key",
    requests=0,
    case="api_key sk-test\N{EN DASH}0123456789",
    says=["API key holds characters that no key has"],
)
def test_settings_that_cannot_work_are_told_when_they_are_used(book: Book, fault: Fault) -> None:
    name, value = fault.case.split()
    with book.with_setting(name, value):
        ran = book.solve()
    book.failed(ran, fault)
    assert "0123456789" not in ran.error + ran.html


@fault(
    "An environment variable `CREATOR_…` with a value that cannot be used",
    "`%load_ext` fails with a message that names variable and value",
    requests=0,
    case="soon",
    says=["CREATOR_TIMEOUT is 'soon'"],
)
def test_a_bad_environment_is_told_on_loading(server: ModelServer, fault: Fault) -> None:
    with LiveNotebook({**environment(server), "CREATOR_TIMEOUT": fault.case}) as notebook:
        ran = notebook.run("%load_ext creator_magic")
        assert ran.status == "error"
        assert fault.says[0] in ran.error
        assert len(ran.error.splitlines()) == 1
        assert notebook.names() == set()
    assert len(server.requests) == fault.requests


@fault(
    "No model, key or endpoint is set",
    "A failed cell with the ways out; nothing is sent to anybody",
    requests=0,
    says=["no model, key or endpoint is set", "OPENAI_API_KEY", "Nothing was sent"],
)
def test_without_a_model_the_ways_out_are_named(server: ModelServer, fault: Fault) -> None:
    with LiveNotebook() as notebook:
        notebook.run("%load_ext creator_magic")
        ran = notebook.run("%%solve\nWhat?")
        assert ran.status == "error"
        assert [words for words in fault.says if words not in ran.error] == []
        assert "Traceback" not in ran.error
        assert notebook.names() == set()
    assert len(server.requests) == fault.requests
