# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command line of the emulator."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

from emulator import calls, control
from emulator.places import Place

CHECKOUT = Path(__file__).resolve().parents[4]
NOT_RUNNING = 3


def main(arguments: list[str] | None = None) -> int:
    """Run one verb. Returns the exit status: 0, 1 for trouble, 3 when `status` finds nothing running."""
    options = _parser().parse_args(arguments)
    directory = options.directory or CHECKOUT / ".cache" / "local_cloud" / str(options.slot)
    place = Place(options.slot, directory.absolute())
    try:
        return _run(options, place)
    except control.Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1


def _run(options: argparse.Namespace, place: Place) -> int:
    match options.verb:
        case "serve":
            from emulator.server import serve

            return serve(place)
        case "start":
            return _say(place, changed=control.start(place))
        case "stop":
            return _say(place, changed=control.stop(place))
        case "reset":
            return _say(place, changed=control.reset(place))
        case "status":
            _say(place, changed=False)
            return 0 if control.running_pid(place) else NOT_RUNNING
        case "env":
            # A profile or a session's token would outrank the rehearsal's keys.
            print("unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_REGION AWS_ENDPOINT_URL_S3")
            for name, value in control.client_environment(place).items():
                print(f"export {name}={shlex.quote(value)}")
        case "calls":
            for call in calls.read(place.calls, options.since, options.writing, options.caller):
                print(json.dumps(asdict(call)))
            if options.clear:
                control.clear_calls(place)
    return 0


def _say(place: Place, changed: bool) -> int:
    """Print what Ansible's command module reads to tell whether something changed."""
    print(
        json.dumps(
            {
                "changed": changed,
                "pid": control.running_pid(place),
                "endpoint": place.endpoint,
                "ca_bundle": str(place.authority),
            }
        )
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--slot",
        type=_slot,
        default=os.environ.get("LOCAL_CLOUD_SLOT", "0"),
        help="which rehearsal; each has ports and files of its own (default: LOCAL_CLOUD_SLOT, or 0)",
    )
    common.add_argument(
        "--directory", type=Path, help="where its files are (default: .cache/local_cloud/SLOT in the checkout)"
    )
    parser = argparse.ArgumentParser(prog="emulator", description="An AWS of the rehearsal's own, on loopback.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, text in (
        ("start", "start in the background and wait until it answers"),
        ("stop", "save the state and end"),
        ("status", "exit with 0 when it runs and with 3 when not"),
        ("reset", "forget everything in it"),
        ("env", "print shell lines that point AWS clients at it"),
        ("serve", "run in the foreground"),
    ):
        verbs.add_parser(verb, parents=[common], help=text)
    listing = verbs.add_parser("calls", parents=[common], help="print the API calls so far, one JSON object a line")
    listing.add_argument(
        "--since", type=float, default=0.0, metavar="TIME", help="only later ones; seconds since the epoch"
    )
    listing.add_argument("--writing", action="store_true", help="only those that change something")
    listing.add_argument("--caller", default="", metavar="KEY", help="only those signed with this access key id")
    listing.add_argument("--clear", action="store_true", help="then forget them")
    return parser


def _slot(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 99:
        raise argparse.ArgumentTypeError("a slot is a number from 0 to 99")
    return number
