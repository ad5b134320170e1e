"""What each stage takes from a reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reply.read import CALL, TOOL, code_of, fenced, refused

if TYPE_CHECKING:
    from creator_magic.ports import CodeStage

CREATION: dict[str, tuple[str, str]] = {
    "tool alone": (fenced(TOOL), TOOL),
    "class": (fenced("class A:\n    pass"), "class A:\n    pass"),
    "example after it": (fenced(f"{TOOL}\n\n# Example\n{CALL}"), TOOL),
    "example with inputs": (fenced(f"{TOOL}\n\nside = 3\n{CALL}"), TOOL),
    "main guard": (fenced(f'{TOOL}\n\nif __name__ == "__main__":\n    {CALL}'), TOOL),
    "example in a block of its own": (f"{fenced(TOOL)}Use:\n{fenced(CALL)}", TOOL),
    "example without a mark": (f"{fenced(TOOL)}Use:\n{fenced(CALL, '')}", TOOL),
    "example that is no Python": (f"{fenced(TOOL)}Use:\n{fenced('area(side=...) -> 9')}", TOOL),
    "parts in blocks": (
        fenced("import math") + fenced("PI = 3") + fenced(TOOL),
        f"import math\n\nPI = 3\n\n{TOOL}",
    ),
    "parts and an example": (fenced("import math") + fenced(TOOL) + fenced(CALL), f"import math\n\n{TOOL}"),
    "two definitions": (fenced("def a(): ...") + fenced("def b(): ..."), "def a(): ...\n\ndef b(): ..."),
    "constant after it": (fenced(f"{TOOL}\n\nSIDE = 3"), f"{TOOL}\n\nSIDE = 3"),
    "constant it reads, with its comment": (
        fenced("def f(x):\n    return x * K\n\n# Rate\nK = R * 2\nn = 3\nprint(f(n))"),
        "def f(x):\n    return x * K\n\n# Rate\nK = R * 2",
    ),
    "call between definitions": (
        fenced(f"{TOOL}\n{CALL}\n\ndef b(): ..."),
        f"{TOOL}\n{CALL}\n\ndef b(): ...",
    ),
    "import with a fallback": (
        fenced(f"try:\n    import a\nexcept ImportError:\n    a = None\n{TOOL}\n{CALL}"),
        f"try:\n    import a\nexcept ImportError:\n    a = None\n{TOOL}",
    ),
    "decorated, with a comment": (
        fenced("# Square\n@cache\ndef f(x):\n    return x  # here\n\nf(3)"),
        "# Square\n@cache\ndef f(x):\n    return x  # here",
    ),
    "tagged beside untagged": (fenced(CALL) + fenced(TOOL, "python tool"), TOOL),
    "tagged, with an example": (fenced(f"{TOOL}\n\n{CALL}", "python tool"), TOOL),
    "whole program after its parts": (fenced(TOOL) + fenced(f"{TOOL}\n{CALL}"), TOOL),
    "without a mark": (fenced(TOOL, ""), TOOL),
}


@pytest.mark.parametrize(("text", "tool"), CREATION.values(), ids=CREATION.keys())
def test_creation_keeps_the_tool_and_drops_its_use(text: str, tool: str) -> None:
    assert code_of(text, "creation") == (tool, None)


def test_creation_takes_a_tagged_decision_too() -> None:
    assert code_of(fenced(TOOL) + fenced(CALL, "python decision"), "creation") == (TOOL, CALL)


def test_creation_wants_a_function() -> None:
    for text in (
        fenced(CALL),
        fenced("X = 3", "python tool"),
        fenced(CALL, "python decision"),
        fenced("f = 3"),
    ):
        assert "defines no function" in refused(text, "creation").reason


def test_creation_may_use_an_offered_tool_again() -> None:
    assert code_of(fenced(CALL), "creation", "area") == (None, CALL)
    assert "defines no function" in refused(fenced(CALL), "creation", "other").reason


DECISION: dict[str, tuple[str, str | None, str]] = {
    "call": (fenced(CALL), None, CALL),
    "imports and helpers of its own": (
        fenced(f"import math\ndef double(x): return x * 2\n{CALL}"),
        None,
        f"import math\ndef double(x): return x * 2\n{CALL}",
    ),
    "several blocks": (
        fenced("a = 3") + fenced("b = area(a)") + fenced("b"),
        None,
        "a = 3\n\nb = area(a)\n\nb",
    ),
    "again as a whole": (
        fenced("a = 3\nb = area(a)") + fenced("a = 3\nb = area(a)\nb"),
        None,
        "a = 3\nb = area(a)\nb",
    ),
    "tool repeated above": (
        fenced(f"import math\n{TOOL}\n\n# Call\n{CALL}"),
        f"import math\n{TOOL}",
        f"# Call\n{CALL}",
    ),
    "tool repeated in its block": (fenced(TOOL) + fenced(CALL), TOOL, CALL),
    "tool defined after a call": (fenced(f"{CALL}\n{TOOL}\n{CALL}"), None, f"{CALL}\n{TOOL}\n{CALL}"),
    "tagged": (fenced(CALL, "python decision") + fenced("area(4)"), None, CALL),
    "tagged tool": (fenced(TOOL, "python tool") + fenced(CALL), TOOL, CALL),
    "tool repeated in a tagged decision": (fenced(f"{TOOL}\n{CALL}", "python decision"), TOOL, CALL),
}


@pytest.mark.parametrize(("text", "tool", "decision"), DECISION.values(), ids=DECISION.keys())
def test_decision_is_all_of_the_code(text: str, tool: str | None, decision: str) -> None:
    assert code_of(text, "decision", "area") == (tool, decision)


def test_decision_wants_a_call() -> None:
    assert "repeats the tool and makes no call" in refused(fenced(TOOL), "decision", "area").reason
    assert "repeats the tool and makes no call" in refused(fenced(TOOL, "python tool"), "decision").reason
    assert "makes no call" in refused(fenced(TOOL), "decision").reason


BOTH: dict[str, tuple[str, str, str]] = {
    "one block": (
        fenced(f"import math\n{TOOL}\na = 3; b = 4\nprint(area(a, b))"),
        f"import math\n{TOOL}",
        "a = 3; b = 4\nprint(area(a, b))",
    ),
    "constants above and between": (
        fenced(f'"""Squares."""\nK = 2\n{TOOL}\nL = max(3, 4)\ndef g(): ...\nx = 1\n{CALL}'),
        f'"""Squares."""\nK = 2\n{TOOL}\nL = max(3, 4)\ndef g(): ...',
        f"x = 1\n{CALL}",
    ),
    "result between": (
        fenced(f"{TOOL}\nx = area(3)\ndef g(): ...\ng()"),
        TOOL,
        "x = area(3)\ndef g(): ...\ng()",
    ),
    "preparation above": (
        fenced(f"import random\nrandom.seed(0)\n{TOOL}\n{CALL}"),
        f"import random\nrandom.seed(0)\n{TOOL}",
        CALL,
    ),
    "comment above the call": (
        fenced(f"{TOOL}  # done\n\n# Now\n{CALL}"),
        f"{TOOL}  # done",
        f"# Now\n{CALL}",
    ),
    "main guard": (
        fenced(f'{TOOL}\nif __name__ == "__main__":\n    {CALL}'),
        TOOL,
        f'if __name__ == "__main__":\n    {CALL}',
    ),
    "two blocks": (fenced(TOOL) + fenced(CALL), TOOL, CALL),
    "helper in the second": (fenced(TOOL) + fenced(f"def g(): ...\n{CALL}"), TOOL, f"def g(): ...\n{CALL}"),
    "three blocks": (fenced("import math") + fenced(TOOL) + fenced(CALL), f"import math\n\n{TOOL}", CALL),
    "decision first": (fenced(CALL) + fenced(TOOL), TOOL, CALL),
    "tagged tool": (
        fenced(TOOL, "python tool") + fenced("def g(): ...") + fenced(CALL),
        f"{TOOL}\n\ndef g(): ...",
        CALL,
    ),
    "tagged decision": (fenced(f"{TOOL}\narea(4)") + fenced(CALL, "python decision"), TOOL, CALL),
    "tagged tool with an example": (
        fenced(f"{TOOL}\narea(4)", "python tool") + fenced(CALL, "python decision"),
        TOOL,
        CALL,
    ),
    "without marks": (fenced(TOOL, "") + fenced(CALL, ""), TOOL, CALL),
    "without fences": (f"{TOOL}\n\n{CALL}", TOOL, CALL),
}


@pytest.mark.parametrize(("text", "tool", "decision"), BOTH.values(), ids=BOTH.keys())
@pytest.mark.parametrize("stage", ["rectification", "entangled"])
def test_tool_and_decision_are_told_apart(stage: CodeStage, text: str, tool: str, decision: str) -> None:
    assert code_of(text, stage) == (tool, decision)


def test_rectification_may_correct_either_alone() -> None:
    assert code_of(fenced(TOOL), "rectification") == (TOOL, None)
    assert code_of(fenced(f"import math\n{CALL}"), "rectification") == (None, f"import math\n{CALL}")
    assert code_of(
        fenced("# as before", "python tool") + fenced(CALL, "python decision"), "rectification"
    ) == (None, CALL)


def test_rectification_leaves_helpers_to_a_decision_that_calls_the_standing_tool() -> None:
    code = f"def show(x): print(x)\nshow(area(3))\n{CALL}"
    assert code_of(fenced(code), "rectification", "area") == (None, code)
    assert code_of(fenced(f"{TOOL}\n{code}"), "rectification", "area") == (
        f"{TOOL}\ndef show(x): print(x)",
        f"show(area(3))\n{CALL}",
    )


def test_entangled_wants_both() -> None:
    assert "no decision" in refused(fenced(TOOL), "entangled").reason
    assert "no tool" in refused(fenced(CALL), "entangled").reason


def test_what_is_joined_must_still_be_python() -> None:
    late = "from __future__ import annotations\ndef g(): ..."
    assert refused(fenced(TOOL) + fenced(late), "creation").syntax
