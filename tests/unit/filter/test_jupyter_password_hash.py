# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter jupyter_password_hash: what it makes opens JupyterLab with that password and no other."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.mlinfra.aws.plugins.filter.jupyter_password_hash import FilterModule
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

hashed = FilterModule().filters()["jupyter_password_hash"]


def test_a_second_run_makes_the_same_hash() -> None:
    assert hashed("open sesame", "dev") == hashed("open sesame", "dev")


def test_other_passwords_and_other_names_have_other_hashes() -> None:
    assert len({hashed("a", "dev"), hashed("b", "dev"), hashed("a", "prod")}) == 3


def test_the_form_is_the_one_that_jupyter_server_reads() -> None:
    """Algorithm, colon, and what any Argon2 verifies; the password is not in it."""
    told = hashed("open sésame", "dev")
    assert told.startswith("argon2:$argon2id$v=19$m=10240,t=10,p=8$")
    assert "sesame" not in base64.b64decode(told.rsplit("$", 1)[1] + "=").decode("latin-1")
    Argon2id.verify_phc_encoded("open sésame".encode(), told.removeprefix("argon2:"))
    with pytest.raises(InvalidKey):
        Argon2id.verify_phc_encoded(b"wrong", told.removeprefix("argon2:"))
