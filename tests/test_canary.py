"""The canary is where a person's values are, in every kernel; each way of sharing shares only its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import nbformat
import pytest

from creator_magic.headless import run_notebook
from tests.canary import CANARY, ENTRY, FILE
from tests.conftest import environment
from tests.live_notebook import LiveNotebook
from tests.scripted_replies import TOOL
from tests.test_sharing import DECISION
from tests.test_terminal import cell, ipython

if TYPE_CHECKING:
    from pathlib import Path

    from tests.model_server import ModelServer

LOOK = f"""
import os, sys
print([{CANARY!r} in str(value) for value in (
    _canary, _canaries, _canary_object, _canary_function(), _canary_failure, sys.last_value,
    os.environ[{ENTRY!r}], In[0], Out[0],
)])
"""
EVERYWHERE = str([True] * 9)


def test_it_is_in_every_kernel(server: ModelServer, notebook: LiveNotebook, tmp_path: Path) -> None:
    assert notebook.run(LOOK).text == f"{EVERYWHERE}\n"
    assert notebook.value(f"open({FILE!r}).read()") == repr(CANARY)
    assert EVERYWHERE in ipython(server, tmp_path, cell(LOOK))
    path = tmp_path / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(LOOK)]), path)
    run_notebook(path, env=environment(server), timeout=60)
    assert EVERYWHERE in path.read_text("utf-8")


def test_a_server_that_hears_it_fails_the_test(server: ModelServer, notebook: LiveNotebook) -> None:
    server.reply_with(TOOL, DECISION)
    notebook.run(f"%%solve\nWhat is {CANARY}?")
    with pytest.raises(AssertionError, match="the canary was sent"):
        server.__exit__(None, None, None)
    server.forget()
    server.may_know = True


# What is sent of a variable without any sharing

FORMS = f"""
import collections, dataclasses, datetime, enum, pathlib, types
import numpy as np, pandas as pd, polars as pl
class Colour(enum.Enum):
    RED = {CANARY!r}
@dataclasses.dataclass
class Person:
    name: str = {CANARY!r}
class Text(str): ...
def stated(name={CANARY!r}):
    "A docstring is told with the function that is stated."
    return {CANARY!r}
values = [{CANARY!r}, "b"]
frame = pd.DataFrame({{"c": pd.Categorical(values), "s": values, "o": [values, 1]}}, index=values)
frame.attrs["source"], frame.index.name = {CANARY!r}, None
enum = pl.Enum(values)
forms = dict(
    categories=frame["c"], frame=frame, indexed=frame.set_index("s"), index=frame.index,
    polars_frame=pl.DataFrame({{"c": pl.Series(values, dtype=pl.Categorical), "e": values}}),
    polars_enum=pl.Series("e", values, dtype=enum), array=np.array(values), objects=np.array([values], "O"),
    nested=[[{CANARY!r}], {{{CANARY!r}: {{1: {CANARY!r}}}}}], keyed={{{CANARY!r}: 1}}, members={{{CANARY!r}}},
    member=Colour.RED, person=Person(), people=[Person()], text=Text({CANARY!r}), raw={CANARY.encode()!r},
    path=pathlib.Path({CANARY!r}), failure=ValueError({CANARY!r}), names=types.SimpleNamespace(a={CANARY!r}),
    counted=collections.Counter(values), function=stated, odd=_canary_object, parts=iter(values),
)
globals().update(forms)
"""


def test_the_form_of_a_variable_holds_no_value(server: ModelServer, notebook: LiveNotebook) -> None:
    assert notebook.run(FORMS).status == "ok"
    names = notebook.value("','.join(forms)").strip("'")
    first, others = names.split(",", 1)
    server.reply_with(TOOL, DECISION)
    ran = notebook.run(f"%%solve --use {first} --use {others}\nHow many?", "a")
    assert ran.status == "ok", ran.error
    told = server.calls[0].body["messages"][-1]["content"]
    assert all(f"- {name}: " in told for name in names.split(","))
    assert CANARY not in json.dumps(server.calls[0].body)


# Each way of sharing

ROW, FAULT = "row-5512", "trouble-8843"
DATA = f"""
import pandas as pd
df = pd.DataFrame({{"name": [{ROW!r}, "Grace", {CANARY!r}], "paid": [1.5, 2.5, 99.25]}})
other, amount = [{CANARY!r}], {FAULT!r}
"""
FAILS = "```python decision\nfloat(amount)\n```"


class Way(NamedTuple):
    """A way of sharing: what a person sets, types or calls, and what it shares."""

    shares: frozenset[str]
    flags: str = ""
    config: str = ""
    env: tuple[tuple[str, str], ...] = ()
    door: str = ""


ROWS, ERRORS = frozenset({ROW}), frozenset({FAULT})
WAYS = {
    "nothing": Way(frozenset(), "--use df"),
    "--share df:1": Way(ROWS, "--share df:1"),
    "--share errors": Way(ERRORS, "--use df --share errors"),
    "--share df:1,errors": Way(ROWS | ERRORS, "--share df:1,errors"),
    "--share twice": Way(ROWS | ERRORS, "--share df:1 --share errors"),
    "share_rows": Way(ROWS, "--use df", "share_rows = 1"),
    "share_errors": Way(ERRORS, "--use df", "share_errors = True"),
    "CREATOR_SHARE_ROWS": Way(ROWS, "--use df", env=(("CREATOR_SHARE_ROWS", "1"),)),
    "CREATOR_SHARE_ERRORS": Way(ERRORS, "--use df", env=(("CREATOR_SHARE_ERRORS", "True"),)),
    "solve(use=)": Way(frozenset(), door="use=['df']"),
    "solve(share=['df:1'])": Way(ROWS, door="share=['df:1']"),
    "solve(share=['errors'])": Way(ERRORS, door="use=['df'], share=['errors']"),
    "less than is set": Way(ROWS, "--share df:1 --use df", "share_rows = 2"),
    "forbidden": Way(frozenset(), "--use df", "share_rows = 1", (("CREATOR_SHARING", "forbidden"),)),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_each_way_shares_what_it_says_and_nothing_else(server: ModelServer, way: Way) -> None:
    with LiveNotebook({**environment(server), **dict(way.env)}) as notebook:
        notebook.run(f"%load_ext creator_magic\n{DATA}")
        if way.config:
            notebook.run(f"%config CreatorMagic.{way.config}")
        server.reply_with(TOOL, FAILS, DECISION)
        if way.door:
            ran = notebook.run(f"import creator_magic\ncreator_magic.solve('How much?', {way.door})")
        else:
            ran = notebook.run(f"%%solve {way.flags}\nHow much?", "a")
        assert ran.status == "ok", ran.error
    sent = json.dumps([call.body for call in server.calls])
    assert {text for text in (ROW, FAULT) if text in sent} == way.shares
    assert "Grace" not in sent
    assert CANARY not in sent
    assert ENTRY not in sent
