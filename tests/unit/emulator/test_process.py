# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starting, stopping, asking; ports, certificates, environment."""

from __future__ import annotations

import json
import os
import socket
import ssl
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from clients import Clients
from emulator import control
from emulator.cli import NOT_RUNNING
from emulator.places import HOST, Place

PROGRAM = Path(control.__file__).parent


def run(verb: str, place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The emulator's command line, as Ansible calls it."""
    command = [
        sys.executable,
        str(PROGRAM),
        verb,
        "--slot",
        str(place.slot),
        "--directory",
        str(place.directory),
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_start_status_stop_tell_whether_they_changed_anything(spare: Place) -> None:
    assert run("status", spare).returncode == NOT_RUNNING
    # run() returns only when nobody holds the program's pipes any more.
    assert [json.loads(run("start", spare).stdout)["changed"] for attempt in range(2)] == [True, False]
    status = run("status", spare)
    pid = json.loads(status.stdout)["pid"]
    assert (status.returncode, pid) == (0, control.running_pid(spare))
    assert os.getsid(pid) == pid
    assert [json.loads(run("stop", spare).stdout)["changed"] for attempt in range(2)] == [True, False]


def test_pid_of_another_program_is_not_believed(spare: Place) -> None:
    spare.directory.mkdir(parents=True)
    spare.lock.write_text(str(os.getpid()), encoding="ascii")
    assert control.running_pid(spare) is None
    assert control.stop(spare) is False


@pytest.mark.parametrize("which", ["https_port", "http_port"])
def test_taken_port_is_named_with_what_to_do(spare: Place, which: str) -> None:
    port = getattr(spare, which)
    with socket.create_server((HOST, port)):
        done = run("start", spare)
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "LOCAL_CLOUD_SLOT" in done.stderr
    assert "Traceback" not in done.stderr


def test_environment_reaches_it_over_tls(place: Place) -> None:
    script = f'eval "$({sys.executable} {PROGRAM} env --slot {place.slot} --directory {place.directory})"; env'
    shell = {"PATH": os.environ["PATH"], "AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "mine"}
    done = subprocess.run(["bash", "-c", script], env=shell, capture_output=True, text=True, check=True)
    set_there = dict(line.partition("=")[::2] for line in done.stdout.splitlines() if line.startswith("AWS_"))
    assert set_there == control.client_environment(place)
    assert set_there["AWS_ENDPOINT_URL"].startswith("https://127.0.0.1:")


@pytest.mark.parametrize(
    "name", ["127.0.0.1", "192.0.2.2", "localhost", "bucket.s3.localhost", "123456789012.localhost"]
)
def test_certificate_is_good_for(place: Place, name: str) -> None:
    context = ssl.create_default_context(cafile=place.authority)
    with (
        socket.create_connection((HOST, place.https_port)) as plain,
        context.wrap_socket(plain, server_hostname=name) as tls,
    ):
        assert tls.version() in ("TLSv1.2", "TLSv1.3")


def test_certificate_is_refused_without_the_authority(place: Place) -> None:
    context = ssl.create_default_context()
    with socket.create_connection((HOST, place.https_port)) as plain, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(plain, server_hostname="localhost")


def test_private_key_is_its_owners_only(place: Place) -> None:
    assert stat.S_IMODE(place.certificate.stat().st_mode) == 0o600
    assert b"PRIVATE" not in place.authority.read_bytes()


def test_silent_client_does_not_hold_up_others(place: Place, aws: Clients) -> None:
    with socket.create_connection((HOST, place.https_port)):
        assert aws("sts").get_caller_identity()["Account"] == "123456789012"


def test_listens_on_loopback_only(place: Place) -> None:
    tables = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    listening = {line.split()[1] for line in tables if line.split()[3] == "0A"}
    mine = {
        address.split(":")[0]
        for address in listening
        if int(address.split(":")[1], 16) in (place.https_port, place.http_port)
    }
    assert mine == {"0100007F"}


def test_both_ports_have_one_state(aws: Clients) -> None:
    aws("s3").create_bucket(Bucket="one-state")
    assert "one-state" in [bucket["Name"] for bucket in aws.plain("s3").list_buckets()["Buckets"]]


def test_images_of_the_public_parameters_launch(aws: Clients) -> None:
    parameters = aws("ssm").get_parameters(
        Names=[
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
            "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2",
        ]
    )["Parameters"]
    wanted = {"InstanceType": "t3.medium", "MinCount": 1, "MaxCount": 1}
    made = [aws("ec2").run_instances(ImageId=one["Value"], **wanted)["Instances"][0] for one in parameters]
    assert [one["RootDeviceName"] for one in made] == ["/dev/xvda", "/dev/xvda"]


def test_aws_managed_policies_are_there(aws: Clients) -> None:
    policy = aws("iam").get_policy(PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")["Policy"]
    assert policy["PolicyName"] == "AmazonSSMManagedInstanceCore"


def test_unknown_operation_fails_at_once_by_name(aws: Clients) -> None:
    with pytest.raises(aws("ssm").exceptions.ClientError, match="does not know ssm:ListInventoryEntries"):
        aws("ssm").list_inventory_entries(InstanceId="i-00000000000000000", TypeName="AWS:File")


def test_unknown_service_fails_at_once_by_name(aws: Clients) -> None:
    with pytest.raises(aws("detective").exceptions.ClientError, match="does not know detective"):
        aws("detective").list_graphs()


def test_unknown_control_path(place: Place) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://{HOST}:{place.http_port}/_emulator/none", timeout=5)
