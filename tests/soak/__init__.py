"""A soak: processes that solve, keep and write are killed at random moments, and nothing may be lost.

python -m tests.soak [--kills 200] [--seed 1]

In each round three processes work in one project at the same time: a kernel that solves problems and
takes in tools, `creator-magic run` on a notebook, and a writer that keeps replies and tools and saves a
notebook as fast as it can. At a random moment all are killed (SIGKILL). Then every file is looked at as it
was left, and opened as anybody would: what a process had reported as kept must be there.
"""
