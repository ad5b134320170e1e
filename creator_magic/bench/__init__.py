"""Bench: the experiments of the papers, for any model, on their data or on one's own.

    problems (`problem`) ──▶ ways to work on them (`setup`) ──▶ rows (`row`) ──▶ a report

A row is appended to a file as soon as its problem is worked on, so that a run can be stopped, killed and
gone on with. What was asked and run stands in traces beside the rows.
"""
