"""Where the time of a solve and of loading the extension goes, as text."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from benchmarks.overhead.kernels import ours, timed
from benchmarks.overhead.loading import LOAD

if TYPE_CHECKING:
    from benchmarks.overhead.model import ScriptedModel

MOST = 40

# A magic cell is profiled where the kernel runs it, so that the front end's answers are in it too.
_PROFILED = """
import cProfile, io, pstats
_profile, _run_cell = cProfile.Profile(), get_ipython().run_cell
def _profiled(source, *args, **kwargs):
    if not source.startswith("%%solve"):
        return _run_cell(source, *args, **kwargs)
    _profile.enable()
    try:
        return _run_cell(source, *args, **kwargs)
    finally:
        _profile.disable()
get_ipython().run_cell = _profiled
"""
_TOLD = """
import creator_magic, os, sys
_ours = os.path.dirname(creator_magic.__file__) + os.sep
for _order, *_only in (("cumulative", "creator_magic.*\\("), ("tottime",)):
    _text = io.StringIO()
    pstats.Stats(_profile, stream=_text).sort_stats(_order).print_stats(*_only, {most})
    print(_text.getvalue().replace(_ours, "").replace(sys.prefix, ""))
"""
_LOADED = f"""
import sys
import ipykernel.kernelapp, ipykernel.ipkernel
from IPython.core.interactiveshell import InteractiveShell
get_ipython = InteractiveShell.instance().get_ipython
print("here", file=sys.stderr)
{LOAD}
"""

_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)")


def solve_profile(model: ScriptedModel, solves: int, after: int) -> str:
    """Profile so many clean solves in a kernel, after others; the profiler itself makes them slower."""
    with ours(model) as with_us:
        for number in range(after):
            with_us.solve(number)
        timed(with_us.notebook, _PROFILED)
        for number in range(after, after + solves):
            with_us.solve(number)
        _, ran = timed(with_us.notebook, _TOLD.format(most=MOST))
    model.take_requests()
    return (
        f"{solves} clean solves after {after} others, under cProfile: divide by {solves} for one\n{ran.text}"
    )


def load_profile() -> str:
    """Return the imports of `%load_ext` that take longest, as Python tells them (`-X importtime`)."""
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(  # noqa: S603 - our own
            [sys.executable, "-X", "importtime", "-c", _LOADED],
            capture_output=True, text=True, check=True, cwd=folder,
        )  # fmt: skip
    found = [
        (int(own), int(below), name)
        for own, below, _, name in _LINE.findall(ran.stderr.partition("here\n")[2])
    ]
    lines = [
        f"imports of %load_ext: {len(found)} modules, {sum(own for own, *_ in found) / 1000:.1f} ms in all"
    ]
    for place, title in ((1, "with what they import"), (0, "by themselves")):
        lines.append(f"\nms {title}")
        longest = sorted(found, key=lambda each: -each[place])[:MOST]
        lines += [f"{each[place] / 1000:8.1f}  {each[2]}" for each in longest]
    return "\n".join(lines)
