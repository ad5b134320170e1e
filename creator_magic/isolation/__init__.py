"""Isolation: generated code in a process of its own, with limits, so that whatever it does there dies there.

    this process ──spawns──▶ fork server ──forks──▶ supervisor ──forks──▶ worker
                  `fork_server` (kept warm)         `supervisor`          `worker`: runs the code

The fork server is a clean interpreter, never a fork of this process, whose threads and locks would not
survive one. It runs no code of anybody's: it imports once what executions need, and forks a supervisor for
each, which takes milliseconds where a new Jupyter kernel takes most of a second. The supervisor is a loop
that knows nothing of Python code: it enforces time, memory and number of processes, and ends everything
that its worker started. The worker runs one of two programs: `cell_worker`, the cells of an attempt, with
the same parts as in the live kernel (outputs, answers, tracebacks), or `call_worker`, one function, without
IPython.

Not `jupyter_client`: its kernels start in 0.7 s and 50 MiB each, are interrupted but not limited, and
leave to the caller what a kernel's own children do. It also has no channel for variables.

What this is not: a sandbox. The worker runs as the same user, with the same files and network.
"""

from creator_magic.isolation.call import CallError
from creator_magic.isolation.executor import IsolatedExecutor, shared_executor
from creator_magic.isolation.limits import IsolationLimits

__all__ = ["CallError", "IsolatedExecutor", "IsolationLimits", "shared_executor"]
