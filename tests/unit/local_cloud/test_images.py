# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Machine images of the rehearsal: what a host had written, under the image's id."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rehearsal_host import images
from rehearsal_host.model import HostError, HostSpec, Record, Slot

TREE = Path("/trees/amazon-1")


@pytest.fixture
def slot(tmp_path: Path) -> Slot:
    """A slot with an image, ami-1."""
    made = Slot(98, tmp_path)
    written = tmp_path / "upper"
    written.mkdir()
    (written / "file").write_text("installed")
    images.keep(made, "ami-1", written, str(TREE))
    return made


def test_an_image_lies_over_its_tree(slot: Slot) -> None:
    upper, _colon, below = images.layers(slot, "ami-1", TREE).partition(":")
    assert below == str(TREE)
    assert (Path(upper) / "file").read_text() == "installed"
    assert images.layers(slot, "", TREE) == str(TREE)


def test_an_image_of_another_tree_is_refused(slot: Slot) -> None:
    """What was written over one tree need not fit another."""
    with pytest.raises(HostError, match="bake another"):
        images.layers(slot, "ami-1", Path("/trees/amazon-2"))


def test_images_that_were_not_made_here(slot: Slot) -> None:
    """Amazon's, and one that an interrupted run has left half made."""
    (slot.images / "ami-3" / "layer").mkdir(parents=True)
    assert [images.is_there(slot, image) for image in ("ami-1", "ami-2", "ami-3", "")] == [True, False, False, False]


def test_images_go_unless_they_are_wanted_or_under_a_host(slot: Slot) -> None:
    for image in ("ami-2", "ami-3"):
        (slot.images / image).mkdir()
    host = slot.hosts / "one"
    host.mkdir(parents=True)
    Record(HostSpec("one", "10.0.1.4", image="ami-2"), str(TREE)).save(host / "host.json")
    assert images.prune(slot, {"ami-1"}) == ["ami-3"]
    assert sorted(folder.name for folder in slot.images.iterdir()) == ["ami-1", "ami-2"]


def test_a_record_of_before_there_were_images(slot: Slot) -> None:
    file = slot.directory / "host.json"
    Record(HostSpec("one", "10.0.1.4"), str(TREE)).save(file)
    old = json.loads(file.read_text())
    del old["spec"]["image"]
    file.write_text(json.dumps(old))
    assert Record.load(file).spec == HostSpec("one", "10.0.1.4")
