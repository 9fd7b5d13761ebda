# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What role encryption makes: the key, and what EBS does by default. Pure."""

from __future__ import annotations

from ansible_collections.mlinfra.aws.plugins.module_utils.ebs_defaults.api import key_form

from . import values
from .model import Key, Kind
from .parts import TAGS, always, by_member, entries_of, identified_by, owned_by, plain

KMS_KEY = Kind(
    attributes={
        "AliasName": plain("AliasName"),
        "Description": plain("Description", default=""),
        "Enabled": plain("Enabled"),
        "KeyPolicy": plain("KeyPolicy", values.policy),
        "KeyRotationEnabled": plain("KeyRotationEnabled"),
        "Tags": TAGS,
    },
    # One that a run has left without its alias gets it.
    keys=(by_member("AliasName"), Key(lambda attributes: True, lambda entry, standing: not entry["AliasName"] or None)),
    entries=entries_of("kms_key"),
    owner=owned_by("encryption"),
    identifier=identified_by("Arn"),
    label=lambda key: key["AliasName"] or key["KeyId"],
    # What is encrypted by it is still to be read.
    kept=True,
)

# The account's own, which always stand: nothing makes them, nothing removes them.
EBS_DEFAULTS = Kind(
    attributes={
        "EbsEncryptionByDefault": plain("EbsEncryptionByDefault"),
        "KmsKeyId": plain("KmsKeyId", key_form),
        "SnapshotBlockPublicAccess": plain("SnapshotBlockPublicAccess"),
    },
    keys=(Key(always(True), lambda entry, standing: True),),
    entries=entries_of("ebs_defaults"),
    owner=owned_by(""),
    identifier=lambda entry: "",
    label=lambda entry: "EBS",
)

KINDS = {"kms_key": KMS_KEY, "ebs_defaults": EBS_DEFAULTS}
