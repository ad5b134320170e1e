"""What looks like a key is neither sent, nor recorded, nor shown in a record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_magic.redaction import WITHHELD, Redaction
from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.scripted_replies import TOOL, decision

if TYPE_CHECKING:
    from pathlib import Path

    from tests.model_server import ModelServer

DECISION = decision("twice(4)")

KEYS = [
    "sk-proj-abcdefghijklmnop1234",
    "sk-ant-api03-abcdefghijklmnop",
    "ghp_abcdefghijklmnopqrstuvwx1234",
    "github_pat_11ABCDEFG0abcdefghij_klm",
    "glpat-abcdefghij1234567890",
    "AKIAABCDEFGHIJKLMNOP",
    "AIzaSyA1234567890abcdefghijklmnopqrstuvw",
    "xoxb-123456789012-abcdefghij",
    "hf_abcdefghijklmnopqrstuvwxyz",
    "sk_live_abcdefghijklmnop1234",
    "rk_test_abcdefghijklmnop1234",
    "npm_abcdefghijklmnopqrstuvwxyz0123",
    "pypi-AgEIcHlwaS5vcmcCJDU0NzAyYmQyLTAxMjMtNDU2Ny04OWFiLWNkZWYw",
    "SG.abcdefghijklmnop.qrstuvwxyz0123456",
    "dapi0123456789abcdef0123456789abcdef",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----",
    *(f"{issued}abcdefghijklmnopqrstuvwx1234" for issued in ("gho_", "ghs_", "ghu_", "ghr_", "rk_live_")),
    *("ASIAABCDEFGHIJKLMNOP", "sk_test_abcdefghijklmnop1234"),
]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:8])
def test_the_forms_of_issued_keys_are_withheld(key: str) -> None:
    assert Redaction()(f"call it with {key}, please") == f"call it with {WITHHELD}, please"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("postgres://joe:s3cret@db/sales", f"postgres://joe:{WITHHELD}@db/sales"),
        ("Authorization: Bearer abcdefghij0123456789", f"Authorization: Bearer {WITHHELD}"),
        ("api_key = 'abcd1234efgh5678'", f"api_key = '{WITHHELD}'"),
        ("ACCESS-KEY: abcd1234efgh5678", f"ACCESS-KEY: {WITHHELD}"),
        ("password=hunter2hunter2", f"password={WITHHELD}"),
        ("PASSWD=hunter2hunter2", f"PASSWD={WITHHELD}"),
        ("Proxy-Authorization: basic abcdefghij0123456789", f"Proxy-Authorization: basic {WITHHELD}"),
        ("the bearer abcdefghij0123456789", f"the bearer {WITHHELD}"),
        ("My_Secret: abcd1234efgh5678", f"My_Secret: {WITHHELD}"),
        ("auth_token=abcd1234efgh5678", f"auth_token={WITHHELD}"),
    ],
)
def test_what_is_said_to_be_a_secret_is_withheld(text: str, told: str) -> None:
    assert Redaction()(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "The bearer of this letter gets 12345678901234567890 marks.",
        "token = next_token(stream)",
        "A password: correct horse battery staple",
        "http://localhost:8080/v1 at 10:30, write to joe@example.org",
        "The key is 12 cm long and costs 3.20; task-management risk-assessment",
        "a ratio of 3:4@5 and sk-1",
        "mean_secret = df['secret'].mean()",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert Redaction()(text) == text


def test_the_values_of_telling_environment_entries_are_withheld_and_plain_words_and_numbers_are_not() -> None:
    own = {
        "SHOP_TOKEN": "zebra-9-quux",
        "SHOP_TOKEN_2": "zebra-9-quux-longer",
        "MAX_TOKENS": "10000000",
        "KEYBOARD": "swiss-german",
        "HOME": "home-directory-7",
        "CREATOR_MODEL": "model-7-large",
    }
    said = "zebra-9-quux-longer, zebra-9-quux, 10000000, swiss-german, home-directory-7, model-7-large"
    told = f"{WITHHELD}, {WITHHELD}, 10000000, swiss-german, home-directory-7, model-7-large"
    assert Redaction.of(own)(said) == told
    assert Redaction.of({}, "key-of-mine-1")("key-of-mine-1") == WITHHELD


@given(st.text(), st.sampled_from(KEYS), st.text())
def test_no_surroundings_let_a_key_through(before: str, key: str, after: str) -> None:
    assert key not in Redaction()(f"{before} {key} {after}")


@given(st.text())
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = Redaction()(text)
    assert Redaction()(once) == once


def test_a_key_in_a_problem_a_hint_and_a_row_is_neither_sent_nor_recorded(
    server: ModelServer, tmp_path: Path
) -> None:
    first, second, third = KEYS[0], KEYS[2], KEYS[5]
    env = {**environment(server), "CREATOR_CASSETTE_MODE": "auto"}
    with LiveNotebook(env, cwd=str(tmp_path)) as notebook:
        notebook.run(f"%load_ext creator_magic\nrows = ['{third}', 'fine']")
        server.reply_with(TOOL, DECISION)
        ran = notebook.run(
            f"%%solve --hint 'use {second}' --share rows:2\nCall it with {first}.", cell_id="a"
        )
        assert ran.status == "ok", ran.error
        assert "looks like a key" in ran.html
    sent = json.dumps([call.body for call in server.calls])
    kept = (tmp_path / ".creator" / "cassette.jsonl").read_text("utf-8")
    for key in (first, second, third):
        assert key not in sent
        assert key not in kept
        assert key not in json.dumps(ran.outputs)
    assert sent.count(WITHHELD) == 6
    assert "fine" in sent


def test_a_key_in_an_error_message_stays_out_of_the_record_and_out_of_the_next_prompt(
    server: ModelServer, notebook: LiveNotebook
) -> None:
    notebook.run(f"address = 'postgres://joe:{KEYS[0]}@db/sales'")
    broken = "```python decision\nraise ConnectionError(f'cannot reach {address}')\n```"
    server.reply_with(TOOL, broken, DECISION)
    ran = notebook.run("%%solve --use address --share errors\nHow much?", cell_id="a")
    assert ran.status == "ok", ran.error
    assert "cannot reach postgres://joe:" in json.dumps(server.calls[-1].body)
    assert KEYS[0] not in json.dumps([call.body for call in server.calls])
    assert KEYS[0] not in json.dumps(ran.outputs)
