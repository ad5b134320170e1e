"""The export: what trainers read, without repeats, split by tool, with rounds that rehearse."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from tests.conftest import environment

if TYPE_CHECKING:
    from tests.model_server import ModelServer

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


def export(project: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).parent / "creator-magic")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "CREATOR_"))}
    return subprocess.run(
        [program, "export-trials", "out", *words],
        cwd=project,
        env={**env, **settings},
        capture_output=True,
        text=True,
        check=False,
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


def paraphrases(body: dict[str, Any]) -> str:
    number, tool = re.findall(r"Query: Query (\d+) of (\w+)\?", body["messages"][1]["content"])[0]
    return f"""Query: Of {tool}, query {number}!
1. Query: Somebody wonders what number {number} might come to.
Query: For {number} and 1000 more, tell me that.
- **Query:** Work out entry {number} by tonight, would you?
Query: Reckon a fifth, beyond whatever the {number} was capped at."""


def test_paraphrases_are_samples_that_say_so_and_stay_with_their_tool(
    project: Path, server: ModelServer
) -> None:
    server.reply_by(paraphrases)
    words = ["--round", "gamma", "--round", "delta", "--held-out", "beta", "--paraphrases", "4"]
    env = {**environment(server), "CREATOR_CASSETTE_MODE": "auto"}
    done = export(project, *words, **env)
    assert done.returncode == 0, done.stderr
    said = "35 queries to be paraphrased, 4 times at the most each, by 35 calls of test-model."
    assert done.stdout.startswith(said)
    assert len(server.calls) == 35
    assert "a line, each behind" in server.calls[0].body["messages"][0]["content"]
    gamma = [s for s in samples(project, "round-1.jsonl") if s["kind"] == "call"]
    assert by_tool(gamma).keys() == {"gamma"}
    # Of the four the first is hardly another query, and one has another number.
    first = [s for s in gamma if s["trial"] == 1]
    assert [s["paraphrase"] for s in first] == [False, True, True]
    assert {s["imagined"] for s in first} == {"Query 1 of gamma?"}
    assert first[1]["messages"][1]["content"].endswith("Query: Somebody wonders what number 1 might come to.")
    assert first[1]["messages"][2] == first[0]["messages"][2]
    assert (first[0]["models"], first[1]["models"]) == (["m"], ["m", "test-model"])
    assert [s["paraphrase"] for s in gamma].count(True) == 2 * 10
    # Rounds rehearse a tenth of all queries, and what is held out is so in any words.
    rehearsed = [s for s in samples(project, "round-2.jsonl") if s["tool"] == "gamma"]
    assert len(rehearsed) == 2 * round(0.1 * len(gamma))
    assert by_tool(samples(project, "held_out.jsonl")) == {"beta": 2 * 3 * 20}
    about = json.loads((project / "out" / "export.json").read_text("utf-8"))
    assert (about["paraphrases"], about["dropped_paraphrases"]) == (2 * 35, 2 * 35)
    assert len({tuple(sorted(s)) for s in gamma}) == 1

    # What is there already is refused before a model is asked; what was replied is replayed.
    assert "is there already" in export(project, *words, **env).stderr
    before = (project / "out" / "round-1.jsonl").read_bytes()
    (project / "out").rename(project / "first")
    assert export(project, *words, **{**env, "CREATOR_CASSETTE_MODE": "replay"}).returncode == 0
    assert (project / "out" / "round-1.jsonl").read_bytes() == before
    assert len(server.calls) == 35


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
