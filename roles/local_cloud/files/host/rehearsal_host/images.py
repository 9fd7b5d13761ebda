# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Machine images of a slot: what a host had written on its tree, kept under the image's id for new hosts to begin with."""

from __future__ import annotations

import shutil
from pathlib import Path

from .model import HostError, Record, Slot


def is_there(slot: Slot, image: str) -> bool:
    """Whether the image was baked here; Amazon's own are not."""
    return bool(image) and (slot.images / image / "tree").is_file()


def layers(slot: Slot, image: str, tree: Path) -> str:
    """The lower layers of a host's disk, the uppermost first."""
    if not image:
        return str(tree)
    folder = slot.images / image
    below = (folder / "tree").read_text(encoding="utf-8")
    if below != str(tree):
        raise HostError(f"the image {image} was made on {below}, and hosts stand on {tree} now: bake another")
    return f"{folder / 'layer'}:{tree}"


def keep(slot: Slot, image: str, upper: Path, tree: str) -> None:
    """Make an image of what a host that stands still had written. The host is of no use after that."""
    folder = slot.images / image
    folder.mkdir(parents=True)
    upper.rename(folder / "layer")
    # Last: without it there is no image.
    (folder / "tree").write_text(tree, encoding="utf-8")


def prune(slot: Slot, wanted: set[str]) -> list[str]:
    """Remove the images that are neither wanted nor under a host. Returns their ids."""
    records = [Record.load(file) for file in slot.hosts.glob("*/host.json")]
    used = {record.spec.image for record in records if record}
    removed = [folder for folder in sorted(slot.images.glob("*")) if folder.name not in wanted | used]
    for folder in removed:
        shutil.rmtree(folder)
    return [folder.name for folder in removed]
