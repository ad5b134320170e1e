"""Every way of our own interface to loosen a course, tried in a real kernel and in a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import KEY_OF_THE_TESTS
from tests.live_notebook import LiveNotebook
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live_notebook import Ran
    from tests.model_server import ModelServer

COURSE = """
[course]
name = "Statistics 1"
open = ["solve", "tools"]
methods = ["creator"]
models = ["small"]
endpoint = "{url}"
sharing = "forbidden"
ask = false
[limits]
session_calls = 4
session_tokens = 1000000
solve_calls = 3
session_money = 5.0
timeout = 20
max_rectifications = 1
samples = 2
[policy]
network = "deny"
write = "ask"
foreign = "deny"
[prices.small]
input = 1.0
output = 2.0
[exercises.bakery]
problem = "How many loaves?"
checks = ["answer == 250"]
"""

LOOSE = {
    "CREATOR_MODEL": "large",
    "CREATOR_CREATION_MODEL": "large",
    "CREATOR_EMBEDDING_MODEL": "large",
    "CREATOR_PARAMETERS": '{"model": "large", "extra_body": {"model": "large"}, "temperature": 0}',
    "CREATOR_METHOD": "entangled",
    "CREATOR_POLICY": '{"network": "allow", "write": "allow"}',
    "CREATOR_SHARING": "allowed",
    "CREATOR_SHARE_ERRORS": "True",
    "CREATOR_SHARE_ROWS": "5",
    "CREATOR_TIMEOUT": "500",
    "CREATOR_MAX_RECTIFICATIONS": "20",
    "CREATOR_SESSION_CALLS": "0",
    "CREATOR_SESSION_TOKENS": "0",
    "CREATOR_SOLVE_CALLS": "100",
    "CREATOR_AUTOFIX": "ask",
    "CREATOR_PRICES": "{'small': {'input': 0, 'output': 0}}",
    "JPY_SESSION_NAME": "elsewhere.ipynb",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    "CREATOR_BASE_URL": "http://127.0.0.1:9/v1",
    "CREATOR_CASSETTE_MODE": "off",
}
"""An environment that would open everything."""

HELD = {
    "timeout": 20.0,
    "max_rectifications": 1,
    "session_calls": 4,
    "session_tokens": 1_000_000,
    "solve_calls": 3,
    "share_errors": False,
    "share_rows": 0,
    "sharing": "forbidden",
    "prices": {"small": {"input": 1.0, "output": 2.0}},
    "autofix": "off",
    "method": "creator",
    "creation_model": "",
    "embedding_model": "",
    "parameters": {"temperature": 0},
    "verdicts()": {"write": "ask", "network": "deny", "foreign": "deny"},
    "course.exercise_of('How many\\nloaves?').name": "bakery",
    "course.most_help": "solution",
    "endpoint()": "URL",
    "model_name()": "small",
    "creation_model_name()": "",
}
"""What holds whatever is tried."""

SETTINGS = "__import__('creator_magic.session', fromlist=['']).session_of(get_ipython()).settings"
"""As a person would get at them from Python."""

REFUSED = {
    "%config CreatorMagic.model = 'large'": "keeps model",
    "%config CreatorMagic.creation_model = 'large'": "keeps creation_model",
    "%config CreatorMagic.embedding_model = 'large'": "keeps embedding_model",
    "%config CreatorMagic.base_url = 'http://127.0.0.1:9/v1'": "keeps base_url",
    "%config CreatorMagic.parameters = {'temperature': 0, 'model': 'large'}": "keeps parameters",
    "%config CreatorMagic.method = 'entangled'": "keeps method",
    "%config CreatorMagic.policy = {'network': 'allow'}": "keeps policy",
    "%config CreatorMagic.policy = {'write': 'allow'}": "keeps policy",
    "%config CreatorMagic.sharing = 'allowed'": "Sharing was forbidden",
    "%config CreatorMagic.share_errors = True": "keeps share_errors",
    "%config CreatorMagic.share_rows = 3": "keeps share_rows",
    "%config CreatorMagic.timeout = 21.0": "keeps timeout",
    "%config CreatorMagic.max_rectifications = 2": "keeps max_rectifications",
    "%config CreatorMagic.session_calls = 0": "keeps session_calls",
    "%config CreatorMagic.session_calls = 5": "keeps session_calls",
    "%config CreatorMagic.session_tokens = 0": "keeps session_tokens",
    "%config CreatorMagic.solve_calls = 0": "keeps solve_calls",
    "%config CreatorMagic.autofix = 'ask'": "keeps autofix",
    "%config CreatorMagic.prices = {'small': {'input': 0, 'output': 0}}": "keeps prices",
    "%config CreatorMagic.session_money = 0": "keeps session_money",
    "%creator autofix ask": "keeps autofix",
    "%creator explain": "does not open %creator explain",
    "%creator reveal": "Which problem is it?",
    "%rectify": "does not open %rectify",
    "%%rectify make it a mean\n1 + 1": "does not open %rectify",
    "%rectify --dry-run": "does not open %rectify",
    "%explore math:sqrt": "does not open %explore",
    "%explore --report math:sqrt": "does not open %explore",
    "%tools check --allow foreign x": "come from elsewhere",
    f"%%create\n{BREAD}": "does not open %%create",
    f"%%create --dry-run\n{BREAD}": "does not open %%create",
    f"%%solve --model large\n{BREAD}": "works with small, not with large",
    f"%%solve --method entangled\n{BREAD}": "works with the method creator",
    f"%%solve --method plan\n{BREAD}": "works with the method creator",
    f"%%solve --allow network\n{BREAD}": "does not let code use the network",
    f"%%solve --allow read,write\n{BREAD}": "does not let code write files",
    f"%%solve --timeout 21\n{BREAD}": "at most 20 for --timeout",
    f"%%solve --max-rectifications 2\n{BREAD}": "at most 1 for --max-rectifications",
    f"%%solve --samples 3\n{BREAD}": "at most 2 for --samples",
    f"%%solve --use x --share x:1\n{BREAD}": "haring is forbidden",
    f"%%solve --share errors\n{BREAD}": "haring is forbidden",
    f"%%solve --review\n{BREAD}": "haring is forbidden",
    "import creator_magic; creator_magic.solve('x')": "does not open creator_magic.solve",
    "import creator_magic; creator_magic.create('x')": "does not open creator_magic.solve",
    f"{SETTINGS}.model = 'large'": "keeps model",
    f"{SETTINGS}.course = None": "course",
}
"""What is refused, and words of the refusal."""

WITHOUT_EFFECT = [
    "import os; os.environ.update({'CREATOR_MODEL': 'large', 'OPENAI_BASE_URL': 'http://127.0.0.1:9/v1'})",
    "%env CREATOR_TIMEOUT=500",
    "%env CREATOR_MODEL=large",
    f"{SETTINGS}.policy['network'] = 'allow'",
    f"{SETTINGS}.parameters.update(model='large'); {SETTINGS}.parameters.pop('model')",
    f"{SETTINGS}.keep_within(__import__('creator_magic.course.course', fromlist=['']).NO_COURSE)",
    "%reload_ext creator_magic",
    "import os; os.chdir('..'); get_ipython().run_line_magic('reload_ext', 'creator_magic')",
    "%unload_ext creator_magic\n%load_ext creator_magic",
    "get_ipython().config.CreatorMagic.timeout = 500.0",
    "%reload_ext creator_magic\n%config CreatorMagic",
]
"""What is not refused, and opens nothing."""


@pytest.fixture
def folder(server: ModelServer, tmp_path: Path) -> Path:
    """A folder of a course, whose own course file opens all that it can."""
    for made in ("course/week", "elsewhere", ".creator"):
        (tmp_path / made).mkdir(parents=True)
    folder = tmp_path / "course" / "week"
    (folder.parent / "creator.toml").write_text(COURSE.replace("{url}", server.url))
    (folder / "creator.toml").write_text(
        '[course]\nmodels = ["small", "large"]\n[limits]\nsession_calls = 99\ntimeout = 900\n'
        '[policy]\nnetwork = "allow"\nread = "allow"\n[help]\nmost = "solution"\nshow = ["x"]\n'
        '[exercises.bakery]\nchecks = ["True"]\n'
        '[exercises.mine]\nproblem = "How many loaves?"\nchecks = ["True"]\n'
    )
    return folder


@pytest.fixture
def course(folder: Path) -> Iterator[LiveNotebook]:
    with LiveNotebook({**LOOSE, "OPENAI_API_KEY": KEY_OF_THE_TESTS}, cwd=str(folder)) as live:
        live.run("%cd -q ../../elsewhere\n%env JPY_SESSION_NAME=x")
        assert live.run("%load_ext creator_magic").status == "ok"
        yield live


def test_no_way_of_ours_opens_what_the_course_closes(server: ModelServer, course: LiveNotebook) -> None:
    held = {**HELD, "endpoint()": server.url}
    read = f"[{', '.join(f'{SETTINGS}.{name}' for name in held)}]"
    expected = repr(list(held.values()))
    assert course.value(read) == expected
    course.run("import numpy\nx = [1]")
    for code, words in REFUSED.items():
        ran = course.run(code)
        assert words in ran.error + ran.text, f"{code!r} came to {ran.error or ran.text!r}"
    assert course.value(read) == expected
    for code in WITHOUT_EFFECT:
        course.run(code)
        assert course.value(read) == expected, code
    assert not server.requests

    server.reply_by(lambda body: DECISION if "The tool:" in str(body) else TOOL)
    rans: list[Ran] = []
    for number in range(3):
        rans.append(course.run(f"%%solve\n{BREAD} Shop {number}."))
        course.run("%reload_ext creator_magic")
    assert [ran.status for ran in rans] == ["ok", "ok", "error"], [ran.error for ran in rans]
    assert "Statistics 1, allows 4 calls a session" in rans[2].error
    assert "Ask your teacher" in rans[2].error
    assert "%config" not in rans[2].error
    assert {call.body["model"] for call in server.calls} == {"small"}
    assert len(server.calls) == 4

    # The toolbar's buttons come as requests of their own.
    marker = {"creator_magic_frontend": {"v": 1, "cells": [], "rectify": "", "path": "", "mended": None}}
    ran = course.run(f"%%solve\n{BREAD}", cell_id="a", metadata=marker)
    assert "does not open %rectify" in ran.error
    status = course.run("%creator").text
    assert "Statistics 1; help up to the solution; closed: %%create" in status


COMMANDS = {
    ("explore", "math:sqrt"): "does not open %explore",
    ("explore", "--report", "math:sqrt"): "does not open %explore",
    ("bench",): "does not open creator-magic bench",
    ("tools", "check", "--allow", "foreign"): "come from elsewhere",
}


def test_nor_does_a_command_in_a_terminal(server: ModelServer, folder: Path) -> None:
    command = str(Path(sys.executable).parent / "creator-magic")
    env = {**os.environ, **LOOSE, "OPENAI_API_KEY": KEY_OF_THE_TESTS}
    started = [
        subprocess.Popen([command, *words], cwd=folder, env=env, text=True, stderr=subprocess.PIPE)
        for words in COMMANDS
    ]
    for process, words in zip(started, COMMANDS.values(), strict=True):
        said = process.communicate(timeout=60)[1]
        assert process.returncode != 0
        assert words in said
    assert not server.requests


def test_a_notebook_restricts_itself_once_its_front_end_tells_which_it_is(
    server: ModelServer, course: LiveNotebook, folder: Path
) -> None:
    said = {"policy": {"write": "deny"}, "course": {"open": ["tools"]}}
    text = json.dumps({"metadata": {"creator_magic": {"course": said}}})
    (folder / "a.ipynb").write_text(text)
    marker = {"creator_magic_frontend": {"v": 1, "cells": [], "path": "elsewhere/a.ipynb", "mended": None}}
    ran = course.run(f"%%solve\n{BREAD}", cell_id="a", metadata=marker)
    assert "does not open %%solve" in ran.error
    (folder / "b.ipynb").write_text(text.replace("tools", "toolz"))
    marker["creator_magic_frontend"]["path"] = "b.ipynb"
    for _ in range(2):
        assert "b.ipynb is not understood" in course.run("%tools", metadata=marker).error
    (folder / "b.ipynb").write_text(text)
    assert course.run("%tools", metadata=marker).status == "ok", "it is mended"
    assert not server.requests


def test_a_course_file_that_is_not_understood_opens_nothing(server: ModelServer, tmp_path: Path) -> None:
    (tmp_path / "creator.toml").write_text("[help]\nmost = 'everything'\n")
    with LiveNotebook({"OPENAI_BASE_URL": server.url}, cwd=str(tmp_path)) as live:
        ran = live.run("%load_ext creator_magic")
        assert "CourseError: The course file" in ran.error
        assert "tell your teacher" in ran.error
        assert "Cell magic `%%solve` not found" in live.run(f"%%solve\n{BREAD}").text
    assert not server.requests
