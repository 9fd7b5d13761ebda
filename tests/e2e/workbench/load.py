# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs on the host: asks a model without pause, from several clients, until a file appears; prints what was answered."""

from __future__ import annotations

import collections
import http.client
import json
import sys
import threading
import time
from pathlib import Path

MODEL, ENOUGH = sys.argv[1], Path(sys.argv[2])
BODY = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]}]})
answers: collections.Counter[str] = collections.Counter()


def client() -> None:
    """Ask over one connection after the other; whatever is no answer is counted as what it is."""
    while not ENOUGH.exists():
        try:
            line = http.client.HTTPConnection("127.0.0.1", 8080, timeout=60)
            for _turn in range(20):
                line.request("POST", f"/v2/models/{MODEL}/infer", BODY)
                answer = line.getresponse()
                told = json.loads(answer.read())
                answers[f"{answer.status} {told.get('model_version', told.get('error'))}"] += 1
            line.close()
        except OSError as error:
            answers[repr(error)] += 1


clients = [threading.Thread(target=client) for _turn in range(8)]
started = time.monotonic()
for each in clients:
    each.start()
for each in clients:
    each.join()
print(json.dumps({"answers": answers, "seconds": time.monotonic() - started}))
