# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a command of mlinfra in a process of its own, and ends it as by kill -9 at one of its writing calls of S3.

Arguments: the number of the call, 0 for none; `before` or `after` it was executed; and the command's own.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from types import ModuleType
from typing import Any

from mlinfra import __main__, s3
from mlinfra.errors import Invalid

WRITING = (
    "PutObject", "CopyObject", "DeleteObject",
    "CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload",
)  # fmt: skip


def serving() -> ModuleType:
    """Stands in for the check that loads a model, which has tests of its own: it refuses what says so of itself."""
    made = ModuleType("mlinfra.serving.check")

    def check(folder: Any) -> None:
        if "broken" in (folder / "model.json").read_text():
            raise Invalid("The model does not answer its example.")

    made.check = check
    return made


def main() -> None:
    """Run it."""
    at, moment = int(sys.argv[1]), sys.argv[2]
    numbers = itertools.count(1)

    def hook(**_more: Any) -> None:
        if next(numbers) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    for operation in WRITING:
        s3.client().meta.events.register(f"{moment}-call.s3.{operation}", hook)
    sys.modules["mlinfra.serving.check"] = serving()
    sys.argv[1:] = sys.argv[3:]
    __main__.main()


if __name__ == "__main__":
    main()
