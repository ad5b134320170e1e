"""The export: what trainers read, without repeats, split by tool, with rounds that rehearse."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from creator_magic.explore.memory import LongTermMemory
from creator_magic.explore.trial import (
    ASPECTS,
    Judgement,
    Observation,
    Provenance,
    Reflection,
    Trial,
    Turn,
)
from creator_magic.project_store import ProjectStore

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def trial(tool: str, number: int, query: str, *, version: str = "v1", passes: bool = True) -> Trial:
    turns = (
        Turn("Hm.", f"{tool}(0)", Observation("ValueError: no", ok=False, kind="error")),
        Turn("Then.", f"{tool}({number})", Observation(str(number))),
    )
    judgement = Judgement(ASPECTS if passes else (), "", "judge")
    told = Provenance(("m",), ("called",), "", "", "", f"def {tool}(n): ...")
    return Trial(
        tool,
        version,
        1,
        number,
        query,
        turns,
        f"{number} €",
        Reflection(solved=True),
        judgement,
        provenance=told,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    store = ProjectStore(tmp_path / ".creator" / "toolbox.sqlite")
    memory = LongTermMemory(store)
    for tool, number in (("alpha", 40), ("beta", 20), ("gamma", 10), ("delta", 5)):
        for n in range(1, number + 1):
            memory.keep(trial(tool, n, f"Query {n} of {tool}?"))
    memory.keep(trial("alpha", 41, "query 1  of ALPHA?"))
    memory.keep(trial("alpha", 42, "Unfit?", passes=False))
    store.close()
    return tmp_path


def export(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).parent / "creator-magic")
    return subprocess.run(
        [program, "export-trials", "out", *words], cwd=project, capture_output=True, text=True, check=False
    )


def samples(project: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project / "out" / name).read_text("utf-8").splitlines()]


def by_tool(found: list[dict[str, Any]]) -> dict[str, int]:
    return {tool: sum(s["tool"] == tool for s in found) for tool in dict.fromkeys(s["tool"] for s in found)}


def test_each_trial_gives_a_call_sample_and_an_answer_sample(project: Path) -> None:
    done = export(project)
    assert done.returncode == 0, done.stderr
    assert "1 trials repeat a query and were left out." in done.stdout
    found = samples(project, "round-1.jsonl")
    assert by_tool(found) == {"alpha": 80, "beta": 40, "delta": 10, "gamma": 20}
    assert len({json.dumps(s["messages"]) for s in found}) == len(found)
    call, answer = found[:2]
    assert (call["kind"], answer["kind"]) == ("call", "answer")
    assert [m["role"] for m in call["messages"]] == ["system", "user", "assistant"]
    assert call["messages"][2]["content"] == "```python decision\nalpha(1)\n```"
    assert [m["role"] for m in answer["messages"]] == ["system", "user", "assistant", "user", "assistant"]
    assert answer["messages"][-1]["content"] == "Answer: 1 €"
    assert "def alpha(n): ..." in call["messages"][1]["content"]
    assert "ValueError" not in json.dumps(found)


def test_it_goes_through_a_chat_template(project: Path) -> None:
    import jinja2.sandbox

    export(project)
    template = jinja2.sandbox.ImmutableSandboxedEnvironment().from_string(CHATML)
    keys = set()
    for sample in samples(project, "round-1.jsonl"):
        text = template.render(messages=sample["messages"], add_generation_prompt=False)
        assert text.count("<|im_start|>assistant") == sum(
            m["role"] == "assistant" for m in sample["messages"]
        )
        roles = [m["role"] for m in sample["messages"]]
        assert roles[0] == "system"
        assert roles[1:] == ["user", "assistant"] * ((len(roles) - 1) // 2)
        keys.add(tuple((name, type(value)) for name, value in sorted(sample.items())))
    assert len(keys) == 1, "a loader of tables wants the same columns in every line"


def test_rounds_rehearse_and_held_out_tools_stand_apart(project: Path) -> None:
    done = export(project, "--round", "alpha", "--round", "beta", "--round", "gamma", "--held-out", "delta")
    assert done.returncode == 0, done.stderr
    assert by_tool(samples(project, "round-1.jsonl")) == {"alpha": 80}
    assert by_tool(samples(project, "round-2.jsonl")) == {"beta": 40, "alpha": 8}
    assert by_tool(samples(project, "round-3.jsonl")) == {"gamma": 20, "alpha": 8, "beta": 4}
    assert by_tool(samples(project, "held_out.jsonl")) == {"delta": 10}
    about = json.loads((project / "out" / "export.json").read_text("utf-8"))
    assert about["rounds"] == [["alpha"], ["beta"], ["gamma"]]
    assert about["rehearsal"] == 0.1
    before = (project / "out" / "round-3.jsonl").read_bytes()
    (project / "out").rename(project / "first")
    export(project, "--round", "alpha", "--round", "beta", "--round", "gamma", "--held-out", "delta")
    assert (project / "out" / "round-3.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--round", "alfa"], "There are no trials of alfa. Did you mean alpha?"),
        (["--round", "alpha", "--held-out", "alpha"], "alpha is named twice"),
    ],
)
def test_what_cannot_be_exported_is_refused(project: Path, words: list[str], said: str) -> None:
    done = export(project, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (project / "out").exists()
