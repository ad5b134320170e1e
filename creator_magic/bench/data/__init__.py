"""Data: problems with known answers, read from files.

    a file or folder ──▶ records (`records`) ──▶ its layout (`layouts`, `columns`) ──▶ problems

The layouts of published data are recognised by their own fields; any other file needs a word on which column
is what. Nothing published is part of this package: its own problems (`bundled`) were written for it.
"""

from creator_magic.bench.data.problem_set import ProblemSet
from creator_magic.bench.data.reading import bundled, read_problems

__all__ = ["ProblemSet", "bundled", "read_problems"]
