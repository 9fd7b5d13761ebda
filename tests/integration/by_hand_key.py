# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What somebody could change by hand of the key and of what it encrypts, in the form of `by_hand`."""

from __future__ import annotations

import json

from .by_hand import ByHand, Hands

GROUP = "/aws/vpc/bench-seed"


def _key(hands: Hands) -> str:
    return hands.outputs["encryption"]["key_arn"]


def _open(hands: Hands) -> str:
    """Let everybody use the key, and return the policy as it was."""
    before = hands.kms.get_key_policy(KeyId=_key(hands), PolicyName="default")["Policy"]
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    statements = [*json.loads(before)["Statement"], everybody]
    _put_policy(hands, json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return before


def _put_policy(hands: Hands, policy: str) -> None:
    hands.kms.put_key_policy(KeyId=_key(hands), PolicyName="default", Policy=policy)


CHANGES = [
    ByHand(
        "stopped the rotation of the key", "encryption", "kms_key", "modify", "KeyRotationEnabled",
        lambda h: h.kms.disable_key_rotation(KeyId=_key(h)),
        lambda h, _: h.kms.enable_key_rotation(KeyId=_key(h)),
    ),
    ByHand("let everybody use the key", "encryption", "kms_key", "modify", "KeyPolicy", _open, _put_policy),
    ByHand(
        "disabled the key", "encryption", "kms_key", "modify", "Enabled",
        lambda h: h.kms.disable_key(KeyId=_key(h)),
        lambda h, _: h.kms.enable_key(KeyId=_key(h)),
    ),
    ByHand(
        "let volumes be made unencrypted", "encryption", "ebs_defaults", "modify", "EbsEncryptionByDefault",
        lambda h: h.ec2.disable_ebs_encryption_by_default(),
        lambda h, _: h.ec2.enable_ebs_encryption_by_default(),
    ),
    ByHand(
        "encrypted a log group by AWS's key", "network", "log_group", "modify", "kmsKeyId",
        lambda h: h.logs.disassociate_kms_key(logGroupName=GROUP),
        lambda h, _: h.logs.associate_kms_key(logGroupName=GROUP, kmsKeyId=_key(h)),
    ),
]  # fmt: skip
