"""Grading: whether an answer is right.

`grade` compares what was shown with the right answer, in the way that the problem says: as a number
(`number`), as mathematics (`latex`), as text (`text`), or by an expression that must hold (`check`). Beside
it stands the verdict of the rule that CREATOR was published with (`lenient`). Nothing that a model wrote is
run in this process: numbers and formulas are parsed, and algebra and checks have processes of their own.
"""

from creator_magic.bench.grading.grade import Grade, grade, require_for

__all__ = ["Grade", "grade", "require_for"]
