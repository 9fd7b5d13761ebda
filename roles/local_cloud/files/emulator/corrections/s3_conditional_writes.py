# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Of several conditional writes of one object in the same moment, one wins and the others are refused.

Moto looks whether the condition holds and then writes, and lets other requests do so in between.
"""

from __future__ import annotations

import threading
from typing import Any

from moto.s3.responses import S3Response

from emulator.patching import around

_writing = threading.RLock()


def _alone(original: Any, self: S3Response, *args: Any, **kwargs: Any) -> Any:
    with _writing:
        return original(self, *args, **kwargs)


def apply() -> None:
    """Let no two requests write or delete objects at once."""
    around(S3Response, "put_object", _alone)
    around(S3Response, "delete_object", _alone)
