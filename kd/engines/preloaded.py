"""What workers have in common, loaded once by the fork server that they come from; nothing else imports this.

Loading torch takes seconds, and more than 250 MB that a process has to itself: pages of its libraries that the loader
wrote to. Forks share them. (The job's own process cannot be forked safely: it has threads.)
"""

import os

import numba  # noqa: F401
import torch  # noqa: F401

from kd.engines.local import settle

SERVER = os.getpid()

settle(os.getppid())
