"""JupyterLab's server, whose kernels are forked where this system can.

python -m tests.browser.warm_server OPTIONS
"""

from __future__ import annotations

from jupyterlab.labapp import main

from tests.warm_kernels import can_fork, warm_provisioners

if __name__ == "__main__":
    if can_fork():
        warm_provisioners().default_provisioner_name = "warm"
    main()
