# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Opens what runs on a host at a port of this machine, or a shell there, or follows a run, until it is interrupted.

A request is a dictionary of `way` (ssm or ssh), `to` (jupyter, tensorboard, shell or run), `name`, `instance_id`, `plugin`,
`ssh` (the command up to the host) and `aws` (how boto3 gets in); for a port `port` (on the host), `local_port`, `scheme`
(http or https), `browser` and `token_parameter`; for a run `run`, `user` (whose it is), `bucket` (of the models) and `again`
(what follows it anew). No secret is an argument of any process: the token passes from boto3 to a page that only its owner
can read.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import typing as t
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

Request = dict[str, t.Any]
LOCALHOST = "127.0.0.1"
# Where Amazon's packages put it on Linux and macOS.
PLUGIN_PLACES = ("/usr/local/sessionmanagerplugin/bin/session-manager-plugin", "/usr/local/bin/session-manager-plugin")
# From its next release on the plugin takes the session's token from its environment, which no list of processes shows.
PLUGIN_WITH_ENVIRONMENT = (1, 2, 497, 0)
RESPONSE = "AWS_SSM_START_SESSION_RESPONSE"
SECONDS_TO_OPEN = 30
SECONDS_TO_END = 5


class ConnectError(Exception):
    """The connection can't be opened; the message says what to do."""


def free_port(wanted: int) -> int:
    """The wanted port of this machine, or another one where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOCALHOST, port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise ConnectError("No port of this machine is free.")


def plugin_path(given: str) -> str:
    """Where session-manager-plugin is.

    Raises:
        ConnectError: it is not installed.
    """
    for place in (given, *PLUGIN_PLACES):
        if place and os.access(place, os.X_OK):
            return place
    found = shutil.which("session-manager-plugin")
    if not found:
        raise ConnectError(
            "session-manager-plugin is not installed here. Install it as AWS's Systems Manager guide says, or use"
            " -e ml_host_connection=ssh."
        )
    return found


def takes_environment(plugin: str) -> bool:
    """Whether the plugin reads the session from its environment."""
    told = subprocess.run([plugin, "--version"], text=True, capture_output=True, check=False).stdout.strip()
    parts = told.split(".")
    return all(part.isdecimal() for part in parts) and tuple(map(int, parts)) > PLUGIN_WITH_ENVIRONMENT


def page(url: str) -> str:
    """A page that leads to a URL and tells it to nobody else."""
    return (
        '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="refresh" content="0;url={html.escape(url)}"><title>Opening</title>'
    )


def client_of(request: Request, service: str) -> t.Any:
    """A boto3 client.

    Raises:
        ConnectError: boto3 is not installed.
    """
    try:
        from boto3.session import Session
    except ImportError as error:
        raise ConnectError("Python's boto3 is not installed here.") from error
    aws = request["aws"]
    session = Session(
        aws_access_key_id=aws.get("access_key") or None,
        aws_secret_access_key=aws.get("secret_key") or None,
        aws_session_token=aws.get("session_token") or None,
        profile_name=aws.get("profile") or None,
        region_name=aws["region"],
    )
    return session.client(service, endpoint_url=aws.get("endpoint_url") or None, verify=aws.get("aws_ca_bundle") or None)


def follow_command(request: Request) -> str:
    """What follows a run on its host."""
    return shlex.join(["sudo", "-H", "-u", request["user"], "/usr/local/bin/mlinfra", "runs", "logs", "-f", request["run"]])


def session_parameters(request: Request, local_port: int) -> dict[str, t.Any]:
    """What StartSession is asked for."""
    if request["to"] == "shell":
        return {"Target": request["instance_id"]}
    if request["to"] == "run":
        return {
            "Target": request["instance_id"],
            "DocumentName": "AWS-StartInteractiveCommand",
            "Parameters": {"command": [follow_command(request)]},
        }
    ports = {"portNumber": [str(request["port"])], "localPortNumber": [str(local_port)]}
    return {
        "Target": request["instance_id"],
        "DocumentName": "AWS-StartPortForwardingSession",
        "Parameters": ports,
    }


def start_session(ssm: t.Any, request: Request, parameters: dict[str, t.Any]) -> dict[str, t.Any]:
    """Start a session.

    Raises:
        ConnectError: the host is not connected, or AWS refuses.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = ssm.start_session(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] == "TargetNotConnected":
            raise ConnectError(
                f"{request['name']} ({request['instance_id']}) runs and is not registered with Session Manager. A new"
                " instance takes a minute or two; else see that it has its instance profile, that the SSM agent runs, and"
                " that it reaches the internet or the SSM endpoints."
            ) from error
        raise ConnectError(f"AWS refused the session: {error}") from error
    except BotoCoreError as error:
        raise ConnectError(f"AWS could not be asked: {error}") from error
    return {name: answer[name] for name in ("SessionId", "TokenValue", "StreamUrl")}


@contextlib.contextmanager
def command_over_ssm(request: Request, local_port: int) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The command that holds a session, and its environment; the session ends with the block."""
    plugin = plugin_path(request["plugin"])
    ssm = client_of(request, "ssm")
    parameters = session_parameters(request, local_port)
    answer = start_session(ssm, request, parameters)
    said, environment = json.dumps(answer), dict(os.environ)
    if takes_environment(plugin):
        environment[RESPONSE], said = said, RESPONSE
    aws = request["aws"]
    try:
        yield (
            [
                *(plugin, said, aws["region"], "StartSession", aws.get("profile") or ""),
                *(json.dumps(parameters), ssm.meta.endpoint_url),
            ],
            environment,
        )
    finally:
        ssm.terminate_session(SessionId=answer["SessionId"])


@contextlib.contextmanager
def command_over_ssh(request: Request, local_port: int) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The command of SSH, and its environment."""
    *command, host = request["ssh"]
    if request["to"] == "shell":
        yield [*command, "-t", host], dict(os.environ)
        return
    if request["to"] == "run":
        # With a terminal there, what follows ends with the connection.
        yield [*command, "-tt", "-o", "LogLevel=ERROR", "-o", "ServerAliveInterval=15", host, follow_command(request)], dict(os.environ)
        return
    forward = f"{LOCALHOST}:{local_port}:{LOCALHOST}:{request['port']}"
    options = ["-N", "-T", "-o", "ExitOnForwardFailure=yes", "-o", "ServerAliveInterval=15", "-L", forward]
    yield [*command, *options, host], dict(os.environ)


def token_of(request: Request) -> str:
    """The token that opens the page, empty where none is needed.

    Raises:
        ConnectError: it can't be read.
    """
    if not request["token_parameter"]:
        return ""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = client_of(request, "ssm").get_parameter(Name=request["token_parameter"], WithDecryption=True)
    except (BotoCoreError, ClientError) as error:
        raise ConnectError(f"The token {request['token_parameter']} can't be read: {error}") from error
    return answer["Parameter"]["Value"]


def await_port(process: subprocess.Popen[bytes], port: int, log: Path, seconds: float = SECONDS_TO_OPEN) -> None:
    """Wait until something listens at a port of this machine.

    Raises:
        ConnectError: nothing does, with what the process said.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((LOCALHOST, port), timeout=1):
            return
        time.sleep(0.1)
    said = log.read_text(encoding="utf-8", errors="replace").strip()[-1000:]
    raise ConnectError(f"The connection did not open: {said or 'no answer in time'}")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_END)


def open_shell(command: list[str], environment: dict[str, str]) -> int:
    """A shell in this terminal. What is typed, Ctrl-C too, is the shell's."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        # Named, since Ansible keeps its own from being inherited.
        return subprocess.run(
            command, env=environment, stdin=0, stdout=1, stderr=2, check=False, preexec_fn=_listen_again
        ).returncode
    finally:
        signal.signal(signal.SIGINT, before)


def _listen_again() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def follow(request: Request, command: list[str], environment: dict[str, str], say: Callable[[str], None]) -> int:
    """Show a run's output until it ends, and end as it did.

    Raises:
        ConnectError: the connection ended before the run.
    """
    goes_on = f"Run {request['run']} goes on. Follow it again: {request['again']}"
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        for line in process.stdout or ():
            # The host's terminal ends lines its own way.
            say(line.decode(errors="replace").rstrip("\r\n"))
        process.wait()
    except KeyboardInterrupt:
        say(goes_on)
        return 0
    finally:
        end(process)
    ended = run_record(request)
    if ended["state"] in ("starting", "running"):
        raise ConnectError(f"The connection ended. {goes_on}")
    return 0 if ended["state"] == "succeeded" else ended["exit_code"] or 1


def run_record(request: Request) -> dict[str, t.Any]:
    """What is known of a run.

    Raises:
        ConnectError: it can't be read.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    key = f"experiments/{request['run']}/run.json"
    try:
        return json.load(client_of(request, "s3").get_object(Bucket=request["bucket"], Key=key)["Body"])
    except (BotoCoreError, ClientError) as error:
        raise ConnectError(f"How the run ended can't be read: {error}") from error


def hold_port(
    request: Request, command: list[str], environment: dict[str, str], port: int, say: Callable[[str], None]
) -> int:
    """Keep a port of this machine open until interrupted; leaves no process and no file."""
    url = f"{request['scheme']}://localhost:{port}/"
    with tempfile.TemporaryDirectory(prefix="mlinfra-") as folder:
        log = Path(folder, "log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        try:
            await_port(process, port, log)
            token = token_of(request)
            place = url
            if token:
                file = Path(folder, "open.html")
                file.touch(mode=0o600)
                file.write_text(page(f"{url}?token={token}"), encoding="utf-8")
                place = file.as_uri()
            say(f"{request['to']} of {request['name']} is at {url}, until you press Ctrl-C.")
            say(f"Open {place}" + (", a page that takes the token along and that only you can read." if token else "."))
            if request["browser"]:
                webbrowser.open(place)
            process.wait()
            raise ConnectError(f"The connection ended: {log.read_text(encoding='utf-8', errors='replace').strip()[-500:]}")
        except KeyboardInterrupt:
            say("Closed.")
            return 0
        finally:
            end(process)


def _interrupt(*_arguments: t.Any) -> None:
    raise KeyboardInterrupt


def run(request: Request, say: Callable[[str], None]) -> int:
    """Open what a request asks for and hold it until interrupted or terminated.

    Args:
        request: see above.
        say: takes lines for people.

    Returns:
        The exit status: 0, or the shell's, or the run's.

    Raises:
        ConnectError: it can't be opened.
    """
    port = 0
    if request["to"] not in ("shell", "run"):
        port = free_port(int(request["local_port"]))
        if port != int(request["local_port"]):
            say(f"Port {request['local_port']} of this machine is taken.")
    way = command_over_ssm if request["way"] == "ssm" else command_over_ssh
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with way(request, port) as (command, environment):
            if request["to"] == "shell":
                return open_shell(command, environment)
            if request["to"] == "run":
                return follow(request, command, environment, say)
            return hold_port(request, command, environment, port, say)
    finally:
        signal.signal(signal.SIGTERM, before)
