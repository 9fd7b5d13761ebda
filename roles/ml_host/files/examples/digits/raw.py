# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write the raw data: scikit-learn's own copy of 1797 handwritten digits, so that no network is needed.

    python raw.py   # writes data/raw/digits/digits.csv
"""

from __future__ import annotations

from pathlib import Path

from mlinfra import training
from sklearn.datasets import load_digits


def write(folder: Path) -> Path:
    """Write digits.csv: 64 pixels from 0 to 16 and the digit that they show, one image a line."""
    frame = load_digits(as_frame=True).frame.astype(int)
    frame.to_csv(folder / "digits.csv", index=False)
    return folder / "digits.csv"


if __name__ == "__main__":
    print(write(training.folder("MLINFRA_OUTPUT_DIRECTORY", "data/raw/digits")))
