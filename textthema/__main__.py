"""Let ``python -m textthema`` be the command line."""

import sys

from textthema.cli import main

if __name__ == "__main__":
    sys.exit(main())
