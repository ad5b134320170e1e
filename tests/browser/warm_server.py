"""JupyterLab's server, whose kernels are forked where this system can.

python -m tests.browser.warm_server OPTIONS
"""

from __future__ import annotations

import faulthandler

from jupyterlab.labapp import main

from tests.browser.jupyter_server import TELL_STACKS
from tests.warm_kernels import can_fork, warm_provisioners

if __name__ == "__main__":
    faulthandler.register(TELL_STACKS)
    if can_fork():
        warm_provisioners().default_provisioner_name = "warm"
    main()
