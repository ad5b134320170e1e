"""A tool from elsewhere runs once a person has said so, and what is known of it cannot be brought along."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

import pytest

from creator_magic import seals
from creator_magic.kernel.live import LiveKernel
from creator_magic.policy.gate import Gate
from creator_magic.policy.person import CannotAskError
from creator_magic.ports import CodeCell
from creator_magic.project_store import ProjectStore
from creator_magic.seals import Seals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from creator_magic.policy.effects import Effect, Verdict
    from creator_magic.ports import Ruling

SOURCE = "import math\n\ndef area(r):\n    return math.pi * r * r\n"
TOOL = CodeCell("tool", "tool", SOURCE, foreign=True)
DECISION = CodeCell("decision", "decision", "area(2)")
ABSENT = "nobody is there"
WAY = "Run this cell by itself or add to its first line: --allow foreign."


class Person:
    """Somebody who says what they were told to say, or nobody."""

    def __init__(self, answer: bool | None) -> None:
        self.answer = answer
        self.questions: list[str] = []

    def agrees(self, question: str) -> bool:
        if self.answer is None:
            raise CannotAskError(ABSENT)
        self.questions.append(question)
        return self.answer


def judged(
    known: Seals,
    person: Person,
    *,
    verdicts: Mapping[Effect, Verdict] | None = None,
    allowed: Sequence[Effect] = (),
    tool: CodeCell = TOOL,
) -> Ruling:
    gate = Gate(verdicts or {}, allowed, person, lambda _: {}, known)
    return gate.judge([tool, DECISION], lambda _: None)


@pytest.fixture
def known(tmp_path: Path) -> Seals:
    return Seals(ProjectStore(tmp_path / ".creator" / "toolbox.sqlite"))


def test_its_first_run_asks_and_no_later_one(known: Seals, tmp_path: Path) -> None:
    person = Person(answer=True)
    assert judged(known, person).permitted == ("foreign",)
    (question,) = person.questions
    assert "It would run a tool from elsewhere for the first time:" in question
    assert "tool cell, line 3: def area(r):" in question
    assert judged(known, person).refusal is None
    # Another session of the same person's knows it too; another text is another tool.
    later = Seals(ProjectStore(tmp_path / ".creator" / "toolbox.sqlite"))
    assert judged(later, person).permitted == ()
    assert len(person.questions) == 1
    judged(later, person, tool=CodeCell("tool", "tool", SOURCE + "\n# and more", foreign=True))
    assert len(person.questions) == 2


def test_where_nobody_can_answer_it_needs_a_flag(known: Seals) -> None:
    refusal = judged(known, Person(None)).refusal
    assert refusal is not None
    assert refusal.kind == "denied"
    assert refusal.message.splitlines() == [
        "The code did not run: it would run a tool from elsewhere for the first time.",
        "  tool cell, line 3: def area(r):",
        f"It needs your yes, and {ABSENT}. {WAY}",
    ]
    assert judged(known, Person(None), allowed=["foreign"]).refusal is None
    assert judged(known, Person(None)).refusal is None


def test_who_said_no_is_asked_again(known: Seals) -> None:
    no = Person(answer=False)
    for _ in range(2):
        refusal = judged(known, no).refusal
        assert refusal is not None
        assert refusal.message.endswith("You were asked, and did not agree.")
    assert len(no.questions) == 2


def test_a_setting_decides_for_all_and_agrees_to_none(known: Seals) -> None:
    assert judged(known, Person(None), verdicts={"foreign": "allow"}).refusal is None
    denied = judged(known, Person(None), verdicts={"foreign": "deny"}).refusal
    assert denied is not None
    assert "--allow foreign" in denied.message


def test_it_is_judged_as_any_code_is(known: Seals) -> None:
    harmful = CodeCell("tool", "tool", "import os\ndef area(r):\n    os.remove('a')\n", foreign=True)
    refusal = judged(known, Person(None), allowed=["foreign"], tool=harmful).refusal
    assert refusal is not None
    assert "delete" in refusal.message
    # What did not run was not agreed to either.
    assert judged(known, Person(None), allowed=["delete"], tool=harmful).refusal is not None


def test_names_that_are_kept_apart_leave_it_foreign() -> None:
    kernel = LiveKernel()
    kernel.namespace["area"] = "mine"
    apart = kernel.keep_apart([TOOL, DECISION], "owner")
    assert apart.renamed
    assert [cell.foreign for cell in apart.cells] == [True, False]


def test_a_project_cannot_bring_its_own_agreement(
    known: Seals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(known, Person(answer=True))
    assert stat.S_IMODE(seals.key_file().stat().st_mode) == 0o600
    shutil.copytree(tmp_path / ".creator", tmp_path / "sent" / ".creator")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "of another person"))
    theirs = Seals(ProjectStore(tmp_path / "sent" / ".creator" / "toolbox.sqlite"))
    assert judged(theirs, Person(None)).refusal is not None


@pytest.mark.parametrize("damage", ["no folder", "no key", "no project file"])
def test_where_nothing_can_be_kept_this_kernel_remembers(
    known: Seals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    data = tmp_path / "data"
    monkeypatch.setenv("XDG_DATA_HOME", str(data))
    if damage == "no folder":
        data.write_text("a file")
    elif damage == "no key":
        (data / "creator-magic").mkdir(parents=True)
        (data / "creator-magic" / "seal.key").write_bytes(b"short")
    else:
        (tmp_path / ".creator").write_text("a file")
    assert judged(known, Person(answer=True)).refusal is None
    assert judged(known, Person(None)).refusal is None


def test_kernels_that_start_at_once_make_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    link = os.link

    def late(new: str, path: Path) -> None:
        path.write_bytes(b"k" * 32)
        link(new, path)

    monkeypatch.setattr(os, "link", late)
    store = ProjectStore(tmp_path / ".creator" / "toolbox.sqlite")
    Seals(store).agree(SOURCE)
    assert Seals(store).agreed(SOURCE)
    assert seals.key_file().read_bytes() == b"k" * 32
