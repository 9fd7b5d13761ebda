# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs beside tests that answer for many cases at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def answers(program: Path, cases: Mapping[str, Any]) -> dict[str, Any]:
    """What a program says to each case; it reads them as one JSON list, and prints one.

    Args:
        program: a file of Python.
        cases: by their names.
    """
    done = subprocess.run(
        [sys.executable, program], input=json.dumps(list(cases.values())), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(cases, json.loads(done.stdout), strict=True))
