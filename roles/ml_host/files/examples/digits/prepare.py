# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make raw data ready to train on: images of 8 × 8 from 0 to 1, one in five of each digit kept apart for validation.

    mlinfra data process prepare.py --from raw/digits --to processed/digits
    python prepare.py   # by hand: from data/raw/digits to data/processed/digits
"""

from __future__ import annotations

from pathlib import Path

import numpy
import pandas
from mlinfra import training
from sklearn.model_selection import train_test_split


def prepare(raw: Path, processed: Path) -> dict[str, int]:
    """Write images and labels of both parts, the same bytes each time, and say how many there are of each."""
    rows = pandas.read_csv(raw / "digits.csv").dropna().astype("int64")
    images = (rows.drop(columns="target").to_numpy("float32") / 16).reshape(-1, 8, 8)
    labels = rows["target"].to_numpy()
    names = "train-images", "validation-images", "train-labels", "validation-labels"
    parts = train_test_split(images, labels, test_size=0.2, stratify=labels, random_state=0)
    for name, part in zip(names, parts, strict=True):
        numpy.save(processed / f"{name}.npy", part)
    return {"train": len(parts[0]), "validation": len(parts[1])}


if __name__ == "__main__":
    source = training.folder("MLINFRA_INPUT_DIRECTORY", "data/raw/digits")
    print(prepare(source, training.folder("MLINFRA_OUTPUT_DIRECTORY", "data/processed/digits")))
