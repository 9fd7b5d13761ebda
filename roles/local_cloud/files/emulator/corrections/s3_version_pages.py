# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A list of versions goes on after a version that was deleted since, as one must who empties a bucket page by page."""

from __future__ import annotations

from typing import Any

from moto.s3.models import FakeBucket, S3Backend

from emulator.patching import around


def _standing(bucket: FakeBucket, key: str, version: str) -> tuple[str | None, str | None]:
    """The key and the version that stand last before a page, where those that end the page before it are gone."""
    if any(one.version_id == version for one in bucket.keys.getlist(key, [])):
        return key, version
    before = max((name for name, _versions in bucket.keys.iterlists() if name < key), default=None)
    if before is None:
        return None, None
    newest_first = sorted(bucket.keys.getlist(before), key=lambda one: one.last_modified, reverse=True)
    return before, newest_first[-1].version_id


def _list_object_versions(
    original: Any,
    self: S3Backend,
    bucket_name: str,
    delimiter: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = 1000,
    prefix: str = "",
    version_id_marker: str | None = None,
) -> Any:
    if key_marker and version_id_marker:
        key_marker, version_id_marker = _standing(self.get_bucket(bucket_name), key_marker, version_id_marker)
    return original(self, bucket_name, delimiter, key_marker, max_keys, prefix, version_id_marker)


def apply() -> None:
    """Find the place of a page though its marker is gone."""
    around(S3Backend, "list_object_versions", _list_object_versions)
