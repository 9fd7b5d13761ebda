# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prints as JSON which behaviours moto has by itself. A program of its own: moto reads its settings once."""

from __future__ import annotations

import json
import os
import sys

from emulator.control import MOTO_SETTINGS

os.environ.update(MOTO_SETTINGS)


def main() -> int:
    """Try every behaviour on one moto."""
    from behaviours import BEHAVIOURS
    from clients import Clients
    from moto import mock_aws

    found = {}
    with mock_aws():
        aws = Clients()
        for behaviour in BEHAVIOURS:
            try:
                found[behaviour.aspect] = behaviour.holds(aws)
            except Exception as error:
                found[behaviour.aspect] = False
                print(f"{behaviour.aspect}: {type(error).__name__}: {error}", file=sys.stderr)
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
