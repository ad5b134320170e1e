"""The names that IPython puts into a notebook's namespace, in place of or beside what is built in."""

from __future__ import annotations

SHELL_NAMES = frozenset({"In", "Out", "exit", "quit", "get_ipython", "display", "open"})
"""They are the shell's, and no variables of the person's."""

ANSWER = "answer"
"""What an answer is called in a check, and may be called in a cell of the person's."""
