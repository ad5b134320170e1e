"""Replies kept in a file: found again, appended safely, never lost without a word."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from creator_magic.errors import InputError, ModelError, ReplayMissError
from creator_magic.model.cassette import Cassette, CassetteModel, asked_of, key_of
from creator_magic.ports import Message, Question, Reply, Usage
from creator_magic.problem import Problem, Variable

if TYPE_CHECKING:
    from collections.abc import Callable

PROBLEM = Problem("How many loaves?", ("Round up.",), (Variable("df", "a frame with column 'price'"),))
QUESTION = Question("creation", 1, PROBLEM, (Message("user", "the prompt, worded somehow"),))
REPLY = Reply("```python\n1\n```", "stop", "model-a-dated", Usage(1, 10, 5), 0.5)


class FakeModel:
    """Counts the calls and replies with a text."""

    def __init__(self, reply: Reply = REPLY) -> None:
        self.calls = 0
        self.reply = reply

    def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        assert question
        self.calls += 1
        on_text(self.reply.text)
        return self.reply


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".creator" / "cassette.jsonl"


def text_of(cassette: Cassette, question: Question = QUESTION, model: str | None = None) -> str | None:
    found = cassette.find(question, model)
    return found.text if found else None


def with_text(text: str) -> Reply:
    return replace(REPLY, text=text)


def no_text(_: str) -> None: ...


# What identifies a reply


def test_a_reply_is_found_whatever_the_wording_of_the_prompt(path: Path) -> None:
    Cassette(path).add(QUESTION, REPLY, "model-a")
    other_wording = replace(QUESTION, messages=(Message("user", "another wording"),))
    assert text_of(Cassette(path), other_wording) == REPLY.text


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, stage="decision"),
        replace(QUESTION, attempt=2),
        replace(QUESTION, problem=replace(PROBLEM, text="How many loaves? ")),
        replace(QUESTION, problem=replace(PROBLEM, hints=())),
        replace(QUESTION, problem=replace(PROBLEM, variables=())),
        replace(QUESTION, problem=replace(PROBLEM, variables=(Variable("df", "other columns"),))),
        replace(QUESTION, problem=replace(PROBLEM, method="entangled")),
    ],
)
def test_another_question_is_not_found(path: Path, other: Question) -> None:
    Cassette(path).add(QUESTION, REPLY, "model-a")
    assert text_of(Cassette(path), other) is None


def test_the_format_stays_as_it_is(path: Path) -> None:
    """Recordings of others depend on it: a change here breaks their notebooks."""
    Cassette(path).add(QUESTION, REPLY, "model-a")
    line = json.loads(path.read_text(encoding="utf-8"))
    at = line.pop("at")
    assert at.endswith("+00:00")
    assert line == {
        "v": 1,
        "key": "02923ed5f1e042686f5e023a773501e3f56b2850157d68e82df0b6c8b9054c0d",
        "asked": {
            "problem": "How many loaves?",
            "hints": ["Round up."],
            "method": "creator",
            "stage": "creation",
            "attempt": 1,
            "inputs": [["df", "a frame with column 'price'"]],
        },
        "model": "model-a",
        "request": {"messages": [{"role": "user", "content": "the prompt, worded somehow"}]},
        "reply": {
            "text": REPLY.text,
            "finish_reason": "stop",
            "model": "model-a-dated",
            "usage": {
                "calls": 1,
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "cached_tokens": 0,
                "reasoning_tokens": 0,
            },
            "seconds": 0.5,
        },
    }


def test_a_scripted_reply_says_so(path: Path) -> None:
    Cassette(path).add(QUESTION, REPLY, "scripted", scripted=True)
    line = json.loads(path.read_text(encoding="utf-8"))
    assert (line["scripted"], line["request"]) == (True, None)
    reply = CassetteModel(Cassette(path), None, None, "replay").ask(QUESTION, no_text)
    assert reply.origin == "scripted"


def test_the_last_of_several_replies_counts(path: Path) -> None:
    cassette = Cassette(path)
    for text in ("first", "second"):
        cassette.add(QUESTION, with_text(text), "model-a")
    assert text_of(cassette) == text_of(Cassette(path)) == "second"
    assert len(path.read_bytes().splitlines()) == 2


@pytest.mark.parametrize("text", ["", "\x00\u2028\x85\r\n", "a\ud800b", "𝄞 ü", "x" * 3_000_000])
def test_any_text_is_kept_as_it_is(path: Path, text: str) -> None:
    question = replace(QUESTION, problem=Problem(text[:1000]))
    Cassette(path).add(question, with_text(text), "m")
    Cassette(path).add(QUESTION, REPLY, "m")
    assert text_of(Cassette(path), question) == text


# Modes


def test_replay_takes_any_models_reply_and_spends_nothing(path: Path) -> None:
    Cassette(path).add(QUESTION, REPLY, "model-a")
    inner = FakeModel()
    seen: list[str] = []
    reply = CassetteModel(Cassette(path), inner, "model-b", "replay").ask(QUESTION, seen.append)
    assert (reply.text, reply.finish_reason, reply.model) == (REPLY.text, "stop", "model-a-dated")
    assert (reply.usage, reply.origin, seen) == (Usage(), "replayed", [REPLY.text])
    assert reply.seconds < 0.5
    assert inner.calls == 0


def test_replay_without_a_reply_is_a_clear_miss(path: Path) -> None:
    with pytest.raises(ReplayMissError, match=r"cassette\.jsonl holds no reply for the creation"):
        CassetteModel(Cassette(path), FakeModel(), "m", "replay").ask(QUESTION, no_text)


def test_auto_calls_once_and_replays_then(path: Path) -> None:
    inner = FakeModel()
    first = CassetteModel(Cassette(path), inner, "model-a", "auto").ask(QUESTION, no_text)
    second = CassetteModel(Cassette(path), inner, "model-a", "auto").ask(QUESTION, no_text)
    assert (first.origin, second.origin, inner.calls) == ("called", "replayed", 1)
    assert first.usage == REPLY.usage


def test_auto_asks_another_model_anew(path: Path) -> None:
    Cassette(path).add(QUESTION, with_text("of a"), "model-a")
    inner = FakeModel(with_text("of b"))
    cassette = Cassette(path)
    assert CassetteModel(cassette, inner, "model-b", "auto").ask(QUESTION, no_text).text == "of b"
    assert CassetteModel(cassette, inner, "model-a", "auto").ask(QUESTION, no_text).text == "of a"
    assert inner.calls == 1


def test_auto_without_a_model_replays(path: Path) -> None:
    Cassette(path).add(QUESTION, REPLY, "model-a")
    model = CassetteModel(Cassette(path), None, None, "auto")
    assert model.ask(QUESTION, no_text).origin == "replayed"
    with pytest.raises(ReplayMissError, match="connect a model"):
        model.ask(replace(QUESTION, attempt=2), no_text)


def test_record_always_calls(path: Path) -> None:
    inner = FakeModel()
    model = CassetteModel(Cassette(path), inner, "model-a", "record")
    for _ in range(2):
        assert model.ask(QUESTION, no_text).origin == "called"
    assert inner.calls == len(path.read_bytes().splitlines()) == 2


def test_a_reply_that_broke_off_is_not_kept(path: Path) -> None:
    inner = FakeModel(replace(REPLY, finish_reason=None))
    CassetteModel(Cassette(path), inner, "model-a", "auto").ask(QUESTION, no_text)
    assert not path.exists()


def test_a_call_that_fails_leaves_no_trace(path: Path) -> None:
    class Failing:
        def ask(self, question: Question, on_text: Callable[[str], None]) -> Reply:
            raise ModelError(f"no {question.stage} {on_text}")

    with pytest.raises(ModelError):
        CassetteModel(Cassette(path), Failing(), "model-a", "auto").ask(QUESTION, no_text)
    assert not path.exists()


def test_a_reply_that_cannot_be_kept_is_not_lost(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    model = CassetteModel(Cassette(tmp_path / "cassette.jsonl"), FakeModel(), "m", "record")
    model._cassette.path = blocked / "cassette.jsonl"
    reply = model.ask(QUESTION, no_text)
    assert reply.text == REPLY.text
    assert "could not be kept" in reply.notices[0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    full = tmp_path / "cassette.jsonl"
    full.symlink_to("/dev/full")
    reply = CassetteModel(Cassette(full), FakeModel(), "m", "record").ask(QUESTION, no_text)
    assert "No space left" in reply.notices[0]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_half_a_line_does_not_stay_in_the_file(path: Path) -> None:
    import resource

    kept_lines(path, 2)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            Cassette(path).add(QUESTION, with_text("x" * 1000), "m")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before


# Damage


def kept_lines(path: Path, number: int) -> list[Question]:
    questions = [replace(QUESTION, attempt=attempt) for attempt in range(1, number + 1)]
    for question in questions:
        Cassette(path).add(question, with_text(f"reply {question.attempt}"), "m")
    return questions


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_cut_last_line_is_set_aside_and_told(path: Path, cut: int) -> None:
    first, second, third = kept_lines(path, 3)
    whole = path.read_bytes()
    path.write_bytes(whole[: -cut - 1])
    cut_line = path.read_bytes().split(b"\n")[-1]
    reply = CassetteModel(Cassette(path), FakeModel(with_text("new")), "m", "auto").ask(third, no_text)
    assert reply.text == "new"
    assert any("was cut off and is now in cassette.jsonl.damaged-1" in notice for notice in reply.notices)
    assert len(reply.notices) == 1
    assert path.with_name("cassette.jsonl.damaged-1").read_bytes() == cut_line
    texts = [text_of(Cassette(path), question) for question in (first, second, third)]
    assert texts == ["reply 1", "reply 2", "new"]
    assert all(json.loads(line) for line in path.read_bytes().splitlines())


def test_a_missing_last_line_end_is_no_damage(path: Path) -> None:
    first, second = kept_lines(path, 2)
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    cassette = Cassette(path)
    assert text_of(cassette, second) == "reply 2"
    cassette.add(QUESTION, with_text("again"), "m")
    assert [text_of(Cassette(path), question) for question in (first, second)] == ["again", "reply 2"]
    assert cassette.take_notices() == ()
    assert list(path.parent.iterdir()) == [path]


def test_a_cut_last_line_does_not_keep_the_rest_from_being_replayed(path: Path) -> None:
    first, _ = kept_lines(path, 2)
    path.write_bytes(path.read_bytes()[:-20])
    before = path.read_bytes()
    model = CassetteModel(Cassette(path), None, None, "replay")
    assert "cannot be read and is left out" in model.ask(first, no_text).notices[0]
    assert model.ask(first, no_text).notices == ()  # told once
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        b"<<<<<<< HEAD\n",
        b"\x00\xff\xfe\n",
        b"[]\n",
        b'{"v": 1}\n',
        b'{"v": 1, "key": 2, "reply": 3}\n',
        b"[" * 99_999 + b"\n",
    ],
)
def test_a_damaged_line_is_left_out_and_told(path: Path, damage: bytes) -> None:
    first, second = kept_lines(path, 2)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + damage + lines[1])
    cassette = Cassette(path)
    assert [text_of(cassette, first), text_of(cassette, second)] == ["reply 1", "reply 2"]
    assert len(cassette.take_notices()) == 1


def test_lines_of_a_newer_version_are_left_out_but_stay(path: Path) -> None:
    (first,) = kept_lines(path, 1)
    newer = json.dumps({"v": 2, "key": key_of(asked_of(first)), "something": "else"}).encode() + b"\r\n"
    path.write_bytes(path.read_bytes() + newer)
    cassette = Cassette(path)
    assert text_of(cassette, first) == "reply 1"
    cassette.add(first, REPLY, "m")
    assert newer in path.read_bytes()
    assert "newer version" in cassette.take_notices()[0]


@pytest.mark.parametrize("end", [b"\r\n", b" \n\n", b"\n"])
def test_what_editors_leave_is_no_damage(path: Path, end: bytes) -> None:
    first, second = kept_lines(path, 2)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", end))
    cassette = Cassette(path)
    assert [text_of(cassette, question) for question in (first, second)] == ["reply 1", "reply 2"]
    assert cassette.take_notices() == ()


def test_what_is_edited_where_it_was_read_is_replayed_as_it_stands(path: Path) -> None:
    first, second = kept_lines(path, 2)
    cassette = Cassette(path)
    assert text_of(cassette, first) == "reply 1"
    path.write_bytes(path.read_bytes().replace(b"reply 1", b"better!"))
    assert text_of(cassette, first, "m") == "better!"
    one, other = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(other + one)
    assert [text_of(cassette, question) for question in (first, second)] == ["better!", "reply 2"]
    path.write_bytes(other + one.replace(b'"key"', b'"kex"'))
    assert [text_of(cassette, question) for question in (first, second)] == [None, "reply 2"]
    assert len(cassette.take_notices()) == 1


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Cassette(tmp_path).find(QUESTION)


# Several at once


def test_what_others_append_is_seen(path: Path) -> None:
    here, there = Cassette(path), Cassette(path)
    assert text_of(here) is None
    for attempt in range(1, 4):
        question = replace(QUESTION, attempt=attempt)
        there.add(question, with_text(str(attempt)), "m")
        assert text_of(here, question) == str(attempt)
    assert len(here) == 3


@pytest.mark.parametrize("text", ["b", "another, longer text " * 99])
def test_another_file_in_its_place_is_read_anew(path: Path, text: str) -> None:
    cassette = Cassette(path)
    cassette.add(QUESTION, with_text("a"), "m")
    assert text_of(cassette) == "a"
    beside = path.with_name("other.jsonl")
    Cassette(beside).add(replace(QUESTION, attempt=7), with_text(text), "m")
    beside.replace(path)
    assert text_of(cassette) is None
    assert text_of(cassette, replace(QUESTION, attempt=7)) == text
    path.write_bytes(b"")
    assert len(cassette) == 0


WRITER = """
import sys
from dataclasses import replace
from creator_magic.model.cassette import Cassette
from tests.test_model_cassette import QUESTION, with_text
name, path = sys.argv[1:]
print(flush=True)
sys.stdin.readline()
cassette = Cassette(path)
for attempt in range(200):
    cassette.add(replace(QUESTION, attempt=attempt), with_text(name * (attempt * 100)), name)
"""


def test_two_processes_append_at_once(path: Path) -> None:
    def start(name: str) -> subprocess.Popen[str]:
        command: list[Any] = [sys.executable, "-c", WRITER, name, path]
        root = Path(__file__).parent.parent
        return subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    with start("a") as one, start("b") as two:
        for writer in (one, two):
            assert writer.stdout is not None
            writer.stdout.readline()
        for writer in (one, two):
            assert writer.stdin is not None
            writer.stdin.write("\n")
            writer.stdin.flush()
    assert (one.returncode, two.returncode) == (0, 0)
    cassette = Cassette(path)
    for name in "ab":
        for attempt in range(200):
            assert text_of(cassette, replace(QUESTION, attempt=attempt), name) == name * (attempt * 100)
    assert len(path.read_bytes().splitlines()) == 400
    assert cassette.take_notices() == ()
