"""The command line, whose main process kills its launcher with -9 in the middle of the second epoch.

Started by ``accelerate launch`` in test_distributed.py.
"""

import os
import signal
import sys

from textthema.checkpoints import Checkpoint
from textthema.cli import main
from textthema.distributed import is_main

written = Checkpoint.after_batch


def after_batch_kill(self):
    written(self)
    if is_main() and self.training and (self.epoch, self.iter) == (1, 4):
        os.kill(os.getppid(), signal.SIGKILL)


if __name__ == "__main__":
    Checkpoint.after_batch = after_batch_kill
    sys.exit(main())
