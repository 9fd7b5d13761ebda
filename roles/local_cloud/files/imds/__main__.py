"""Entry point of the instance metadata service's double: see --help."""

from __future__ import annotations

import sys

from instance_metadata.server import main

sys.exit(main())
