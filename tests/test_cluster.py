import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from textthema.cli import main

ray = pytest.importorskip("ray", reason="needs: pip install 'textthema[cluster]'")


@pytest.fixture(scope="module")
def running_ray():
    """A Ray of two workers, which the commands of this module find started."""
    from textthema.cluster import start_ray

    module = start_ray(None, 2)
    yield
    module.shutdown()
