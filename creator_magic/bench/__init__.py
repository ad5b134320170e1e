"""Bench: the experiments of the papers, for any model, on their data or on one's own.

    problems (`data`) ─▶ units (`unit`) ─▶ an executor (`engines`) ─▶ rows, traces (`appending`) ─▶ `report`
                         setups (`setup`)  `work`, by `methods`; `grading`

A row is appended to a file as soon as its problem is worked on, so that a run can be stopped, killed and
gone on with. What was asked and run stands in traces beside the rows.
"""
