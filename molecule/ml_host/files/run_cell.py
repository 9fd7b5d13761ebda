# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run one cell in a kernel of the JupyterLab on this host, as its page does, and print what the cell prints."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from pathlib import Path

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

BASE = "127.0.0.1:8888/api/kernels"
TOKEN = {"Authorization": "token " + Path("/etc/mlinfra/jupyter-token").read_text(encoding="ascii").strip()}


async def run(code: str) -> str:
    """Start a kernel, run the code, end the kernel; the output, or the error's name and text."""
    http = AsyncHTTPClient()
    answer = await http.fetch(HTTPRequest(f"http://{BASE}", method="POST", headers=TOKEN, body="{}"))
    kernel = json.loads(answer.body)["id"]
    socket = await websocket_connect(HTTPRequest(f"ws://{BASE}/{kernel}/channels", headers=TOKEN))
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": uuid.uuid4().hex, "username": "", "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
    await socket.write_message(json.dumps(message))
    said, status, idle = "", None, False
    # The reply and the output come on channels of their own: only an idle kernel has printed everything.
    while not (status and idle):
        reply = json.loads(await socket.read_message())
        if reply["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        if reply["msg_type"] == "stream" and reply["content"]["name"] == "stdout":
            said += reply["content"]["text"]
        if reply["msg_type"] == "execute_reply":
            status = reply["content"]
        if reply["msg_type"] == "status":
            idle = reply["content"]["execution_state"] == "idle"
    await http.fetch(HTTPRequest(f"http://{BASE}/{kernel}", method="DELETE", headers=TOKEN))
    if status["status"] != "ok":
        sys.exit(f"{status.get('ename')}: {status.get('evalue')}")
    return said


print(asyncio.run(run(sys.argv[1])), end="")
