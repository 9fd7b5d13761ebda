# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lets the folder run as a program: `python roles/local_cloud/files/emulator VERB`."""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a folder, Python puts the package itself on the path, where its modules would shadow others.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from emulator.cli import main

if __name__ == "__main__":
    sys.exit(main())
