#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_authority
version_added: 0.1.0
short_description: Keep a certificate authority of one's own, and sign requests with it
description:
  - Sees that a host has an authority, of a certificate and its key, for what the hosts of one environment say to each other.
    The key never leaves the host.
  - Signs requests. What is asked for in them does not count, but for the public key, names and addresses are the task's.
  - Certificates are for both ends of a connection. To sign changes nothing on the host.
author:
  - The mlinfra.aws authors (!UNKNOWN)
requirements:
  - cryptography
options:
  state:
    description: Whether the authority stands. V(absent) removes its certificate and its key.
    type: str
    choices: [present, absent]
    default: present
  path:
    description: The file of the authority's certificate. Its folder has to stand.
    type: path
    required: true
  private_key:
    description: The file of the authority's key, which only root may read. Its folder has to stand.
    type: path
    required: true
  name:
    description: The name of the authority.
    type: str
    default: mlinfra.aws
  group:
    description: A group that may read the certificate.
    type: str
    default: root
  days:
    description: Days for which certificates are valid.
    type: int
    default: 397
  requests:
    description: What to sign.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Whose certificate it is.
        type: str
        required: true
      request:
        description: A request for a certificate (PKCS 10), as PEM. It has to be signed by the key that it is for.
        type: str
        required: true
      addresses:
        description: The IP addresses at which others reach it.
        type: list
        elements: str
        default: []
attributes:
  check_mode:
    description: Says whether the authority would be made or removed. Signs nothing where there is none.
    support: full
  diff_mode:
    description: Shows whose authority stands before and after.
    support: full
"""

EXAMPLES = r"""
- name: Sign what a host asks for
  mlinfra.aws.certificate_authority:
    path: /etc/mlinfra/ray/authority.pem
    private_key: /etc/mlinfra/ray/authority.key
    name: mlinfra-dev
    requests:
      - name: worker-1
        request: "{{ lookup('ansible.builtin.file', 'worker-1.csr') }}"
        addresses: [10.0.1.11, 127.0.0.1]
  register: signed
"""

RETURN = r"""
authority:
  description: The authority's certificate, as PEM; empty where it does not stand.
  returned: always
  type: str
  sample: "-----BEGIN CERTIFICATE-----"
certificates:
  description: The certificates by O(requests[].name), as PEM.
  returned: always
  type: dict
  sample: {worker-1: "-----BEGIN CERTIFICATE-----"}
"""

import os
import tempfile

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.mlinfra.aws.plugins.module_utils import authority


def write(module: AnsibleModule, path: str, content: bytes, mode: str, group: str) -> None:
    """Write a file in one step: another reader sees all of it or nothing.

    Args:
        module: the module.
        path: the file.
        content: what it holds.
        mode: its permissions.
        group: its group.
    """
    # Beside it, and for nobody else's eyes from the first moment: atomic_move would open a new file to all.
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    module.set_mode_if_different(temporary, mode, False)
    module.set_group_if_different(temporary, group, False)
    os.replace(temporary, path)


def read(path: str) -> bytes:
    """What a file holds; nothing where it is missing."""
    if not os.path.exists(path):
        return b""
    with open(path, "rb") as file:
        return file.read()


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "path": {"type": "path", "required": True},
            "private_key": {"type": "path", "required": True, "no_log": False},
            "name": {"type": "str", "default": "mlinfra.aws"},
            "group": {"type": "str", "default": "root"},
            "days": {"type": "int", "default": 397},
            "requests": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "request": {"type": "str", "required": True},
                    "addresses": {"type": "list", "elements": "str", "default": []},
                },
            },
        },
        supports_check_mode=True,
    )
    params = module.params
    files = [params["private_key"], params["path"]]
    there = [path for path in files if os.path.exists(path)]
    if params["state"] == "absent":
        if not module.check_mode:
            for path in there:
                os.unlink(path)
        diff = {"before": {"files": there}, "after": {"files": []}}
        module.exit_json(changed=bool(there), authority="", certificates={}, diff=diff)
    if authority.MISSING:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=authority.MISSING)
    new = there != files
    changed, key, certificate = new, read(files[0]), read(files[1])
    if new:
        # A key without its certificate, or the other way about, is what an interrupted run has left.
        key, certificate = authority.new(params["name"])
        if not module.check_mode:
            write(module, files[0], key, "0600", "root")
            write(module, files[1], certificate, "0640", params["group"])
    else:
        changed = module.set_mode_if_different(files[0], "0600", changed)
        changed = module.set_mode_if_different(files[1], "0640", changed)
        changed = module.set_group_if_different(files[1], params["group"], changed)
    certificates = {}
    for wanted in params["requests"] if not (new and module.check_mode) else []:
        try:
            signed = authority.sign(key, certificate, wanted["request"].encode(), wanted["name"], wanted["addresses"], params["days"])
        except ValueError as error:
            module.fail_json(msg=f"The request of {wanted['name']} can't be signed: {error}.")
        certificates[wanted["name"]] = signed.decode()
    module.exit_json(
        changed=changed,
        authority="" if new and module.check_mode else certificate.decode(),
        certificates=certificates,
        diff={"before": {"files": there}, "after": {"files": files}},
    )


if __name__ == "__main__":
    main()
