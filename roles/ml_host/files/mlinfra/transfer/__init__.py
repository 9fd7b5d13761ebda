# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files on their way to a bucket and back: parallel, resumable, and verified by SHA-256 from end to end."""

from __future__ import annotations

from .copying import copy
from .downloading import download
from .reading import read_through
from .stored import Stored, listing
from .uploading import upload

__all__ = ["Stored", "copy", "download", "listing", "read_through", "upload"]
