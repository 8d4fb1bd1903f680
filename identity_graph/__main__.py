"""Run the command without an installation: python -m identity_graph."""

import sys

from identity_graph.cli import main

if __name__ == "__main__":
    sys.exit(main())
