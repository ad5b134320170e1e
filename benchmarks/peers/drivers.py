"""How each peer is installed, and solves a problem in a live kernel as its own documentation has it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Driver:
    """One way of one peer.

    Parameters
    ----------
    name : str
        What it is called in the table.
    package : str
        What its version is looked up by.
    installed : tuple of str
        What pip is given.
    imported : str
        What a person runs first; this is timed as its import.
    prepared : str
        What is run once after that.
    solved : str
        A cell that solves `{problem}`, a Python text, or `{text}`, as it stands.
    inserts : bool
        Whether it only puts code into a new cell, which is then run.
    settled : str
        What is run after each problem, untimed, while a person would read on.
    limit : float or None
        How many times as long as it creator-magic may take.
    """

    name: str
    package: str
    installed: tuple[str, ...]
    imported: str
    prepared: str
    solved: str
    inserts: bool = False
    settled: str = ""
    limit: float | None = None


_SMOLAGENTS = """
import os
_model = smolagents.OpenAIServerModel(
    model_id="{0}", api_base=os.environ["OPENAI_BASE_URL"], api_key=os.environ["OPENAI_API_KEY"]
)
_agent = smolagents.CodeAgent(tools=[], model=_model, max_steps=4)
"""

_PANDASAI = """
import os
import pandasai
from pandasai_litellm.litellm import LiteLLM

pandasai.config.set({"llm": LiteLLM(
    model="openai/pandasai", api_base=os.environ["OPENAI_BASE_URL"], api_key=os.environ["OPENAI_API_KEY"]
)})
_frame = pandasai.DataFrame({"quantity": [1, 2], "price": [1.5, 4.0]})
"""

_INTERPRETER = """
import os

interpreter.llm.model = "openai/open-interpreter"
interpreter.llm.api_base = os.environ["OPENAI_BASE_URL"]
interpreter.llm.api_key = os.environ["OPENAI_API_KEY"]
interpreter.llm.supports_functions = False
interpreter.llm.context_window, interpreter.llm.max_tokens = 100_000, 4_000
interpreter.auto_run = interpreter.offline = interpreter.disable_telemetry = True

def _solve(problem):
    interpreter.messages = []
    return interpreter.chat(problem, display=False)[-1]["content"]
"""

DRIVERS = (
    Driver(
        "jupyter-ai-magics",
        "jupyter-ai-magics",
        ("jupyter-ai-magics", "langchain-openai"),
        "%load_ext jupyter_ai_magics",
        "",
        "%%ai openai-chat-custom:jupyter-ai -f code\n{text}",
        inserts=True,
    ),
    *(
        Driver(
            f"smolagents, {steps} step{'s' * (steps == 'two')}",
            "smolagents",
            ("smolagents", "openai"),
            "import smolagents",
            _SMOLAGENTS.format(f"smolagents-{steps}"),
            "_agent.run({problem})",
            limit=1.0 if steps == "two" else None,
        )
        for steps in ("one", "two")
    ),
    Driver(
        "pandasai",
        "pandasai",
        ("pandasai", "pandasai-litellm"),
        "import pandasai, pandasai_litellm.litellm",
        _PANDASAI,
        "print(_frame.chat({problem}))",
    ),
    Driver(
        "Open Interpreter",
        "open-interpreter",
        ("open-interpreter", "setuptools<81"),
        "from interpreter import interpreter",
        _INTERPRETER,
        "_solve({problem})",
    ),
)
