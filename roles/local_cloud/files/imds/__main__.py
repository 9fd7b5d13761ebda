# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Entry point of the instance metadata service's double: see --help."""

from __future__ import annotations

import sys

from instance_metadata.server import main

sys.exit(main())
