# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The floor of the benchmarks: what the roles make, made by one plain boto3 process, one call after the other.

It reads what stands first and writes only what differs, compares every attribute that the roles manage, and waits
where AWS makes one wait. Nothing in it is slower than it has to be, nothing is left out.
"""

from __future__ import annotations

import argparse
import json
import sys

from plain import compute, core, iam, monitoring, network, storage
from plain.aws import Aws, Difference
from plain.settings import Settings


def apply(aws: Aws, settings: Settings) -> None:
    """Make everything as it should be."""
    standing = network.apply(aws, settings)
    storage.apply(aws, settings)
    profile = iam.apply(aws, settings)
    instance = compute.apply(aws, settings, standing.public_subnets[0], standing.security_group, profile)
    monitoring.apply(aws, settings, instance)


def destroy(aws: Aws, settings: Settings) -> None:
    """Remove everything, last made first."""
    for part in (monitoring, compute, iam, storage, network):
        part.destroy(aws, settings)


def main(arguments: list[str] | None = None) -> int:
    """Run one verb. Returns the exit status: 1 where `verify` finds a difference."""
    parser = argparse.ArgumentParser(prog="floor.py", description=__doc__)
    parser.add_argument(
        "verb",
        choices=("apply", "verify", "destroy", "describe"),
        help="verify writes nothing; describe prints the part",
    )
    parser.add_argument("--endpoint-url", help="default: AWS_ENDPOINT_URL, or AWS itself")
    parser.add_argument("--ca-bundle", help="certificates to trust (default: AWS_CA_BUNDLE)")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--core", action="store_true", help="only what alchemy makes too: see plain/core.py")
    options = parser.parse_args(arguments)
    aws = Aws(options.endpoint_url, options.ca_bundle, options.region, read_only=options.verb == "verify")
    settings = Settings.read(aws.account, options.region)
    if options.verb == "describe":
        print(json.dumps(core.description(settings)))
        return 0
    try:
        if options.verb == "destroy":
            (core.destroy if options.core else destroy)(aws, settings)
        else:
            (core.apply if options.core else apply)(aws, settings)
    except Difference as difference:
        print(f"Not as it should be: {difference}", file=sys.stderr)
        return 1
    print(f"{len(aws.written)} writing calls")
    return 0


if __name__ == "__main__":
    sys.exit(main())
