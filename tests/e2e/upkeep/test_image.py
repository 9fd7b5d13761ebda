# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image is baked of a host that nobody has used, new hosts begin with it, and it holds nothing that is anybody's."""

from __future__ import annotations

import pytest

from ...depth import thorough

pytestmark = [thorough, pytest.mark.xdist_group("upkeep"), pytest.mark.weight(300)]


@pytest.fixture(scope="module")
def image(platform) -> dict:
    """The image, made once."""
    assert platform.address, "the host that stands before another one does"
    platform.playbook("playbooks/image.yml")
    [image] = platform.tagged("describe_images", "Images", Owners=["self"])
    return image


def test_the_image_is_encrypted_and_tagged(platform, image):
    tags = {tag["Key"]: tag["Value"] for tag in image["Tags"]}
    assert (tags["Role"], tags["OperatingSystem"], tags["ManagedBy"]) == ("ml-image", "al2023", "mlinfra.aws")
    disk = image["BlockDeviceMappings"][0]["Ebs"]
    [snapshot] = platform.client("ec2").describe_snapshots(SnapshotIds=[disk["SnapshotId"]])["Snapshots"]
    assert snapshot["Encrypted"]
    assert {"Key": "Role", "Value": "ml-image"} in snapshot["Tags"]


def test_the_instance_that_it_was_made_of_is_gone(platform, image):
    reservations = platform.tagged("describe_instances", "Reservations")
    states = {
        next(tag["Value"] for tag in instance["Tags"] if tag["Key"] == "Role"): instance["State"]["Name"]
        for reservation in reservations
        for instance in reservation["Instances"]
    }
    assert states == {"ml-training": "running", "ml-image-builder": "terminated"}
    assert [host.name for host in (platform.directory / "hosts").iterdir()] == ["mlinfra-local-ml-training-1"]


def test_the_image_holds_nothing_of_anybody(platform, image):
    layer = platform.directory / "images" / image["ImageId"] / "layer"
    token = platform.token.encode()
    found = []
    for path in layer.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        name = str(path.relative_to(layer))
        if "ssh_host_" in name or name.endswith(("authorized_keys", "etc/mlinfra/jupyter-token", "bash_history")):
            found.append(name)
        elif not name.startswith("opt/mlinfra/venv") and path.stat().st_size < 2**20 and token in path.read_bytes():
            found.append(f"{name} has the token")
    assert found == []
    assert (layer / "etc/machine-id").read_bytes() == b""
    assert list((layer / "home/ml").iterdir()) == []


def test_a_new_instance_begins_with_it_and_lacks_little(platform, image):
    """Its token, its keys and its services; no package and no Python environment."""
    try:
        run = platform.playbook("playbooks/scale.yml", "-e", "count=2", "-e", "confirm=local")
        [new] = platform.client("ec2").describe_instances(
            Filters=[{"Name": "tag:Index", "Values": ["2"]}, {"Name": "instance-state-name", "Values": ["running"]}]
        )["Reservations"]
        [instance] = new["Instances"]
        assert instance["ImageId"] == image["ImageId"]
        assert "Install the Python packages" not in _changed(run.output)
        assert "Install the system's packages" not in _changed(run.output)
        told = platform.on_host("systemctl is-active mlinfra-jupyter; cat /etc/machine-id", "root", platform.address_of(instance))
        assert told.startswith("active\n")
        first = platform.on_host("cat /etc/machine-id", "root")
        assert told.splitlines()[1] not in ("", first.strip())
    finally:
        platform.playbook("playbooks/scale.yml", "-e", "count=1", "-e", "confirm=local")


def _changed(output: str) -> str:
    """The tasks that changed something."""
    tasks = output.split("\nTASK [")
    return "\n".join(task.splitlines()[0] for task in tasks if "\nchanged:" in task)
