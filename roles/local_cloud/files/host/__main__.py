"""Entry point of the program that makes and removes the rehearsal's hosts: see --help."""

from __future__ import annotations

import sys

from rehearsal_host.commands import main

sys.exit(main())
