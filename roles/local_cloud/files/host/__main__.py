# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Entry point of the program that makes and removes the rehearsal's hosts: see --help."""

from __future__ import annotations

import sys

from rehearsal_host.commands import main

sys.exit(main())
