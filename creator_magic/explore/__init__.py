"""Exploration: a model learns a tool by simulated trial and error (STE, arXiv 2403.04746).

In an *episode* it makes a few *trials*: it imagines a query that needs the tool, answers it by calls
that really run, and reflects whether that solved it. The episode is its short-term memory; every query
with its verdict is its long-term memory. Trials that a judge lets pass serve later problems as
demonstrations. Nothing of the core imports this package.
"""
