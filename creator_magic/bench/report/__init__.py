"""The report on a benchmark: what came of it, how sure that is, and what led to every figure.

results files ──▶ ways by data set (`arms`) ──▶ sections ──▶ a terminal, a page, a notebook
                      shares and tests (`statistics`)        rows that open (`traced`)
"""

from creator_magic.bench.report.report import BenchReport, read_report

__all__ = ["BenchReport", "read_report"]
