"""JupyterLab's server, whose kernels are forked where this system can.

python -m tests.browser.warm_server OPTIONS
"""

from __future__ import annotations

import faulthandler
import os

from jupyterlab.labapp import main

from tests.browser.jupyter_server import TELL_STACKS
from tests.warm_kernels import can_fork, warm_provisioners

if __name__ == "__main__":
    if TELL_STACKS is not None:
        faulthandler.register(TELL_STACKS)
    if can_fork():
        warm_provisioners().default_provisioner_name = "warm"
    main()
    # A thread of anyio's in which it read files may wait for ever, and Python for that thread.
    os._exit(0)
