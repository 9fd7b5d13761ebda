# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The server's pages: the Open Inference Protocol, version 2, over HTTP. Requests and answers pass through unread."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import frames
from .replica import Replica
from .served import Served
from .settings import Settings


class Refused(Exception):
    """A request that is answered with an error.

    Args:
        status: the HTTP status.
        text: the error.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def application(
    served: Mapping[str, Served],
    settings: Settings,
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]],
) -> Starlette:
    """The pages.

    Args:
        served: the models by their names.
        settings: the service's.
        lifespan: what holds while they are served.
    """

    def model(request: Request) -> Served:
        name = request.path_params["model"]
        if name not in served:
            raise Refused(404, f"There is no model {name} here; there is {', '.join(served) or 'none'}.")
        return served[name]

    def active(request: Request) -> Replica:
        found, version = model(request), request.path_params.get("version")
        if found.active is None:
            raise Refused(503, f"No version of {found.name} answers yet. See: mlinfra serve status")
        if version not in (None, found.active.version):
            raise Refused(404, f"Version {version} of {found.name} does not answer; {found.active.version} does.")
        return found.active

    async def server(_request: Request) -> Response:
        return JSONResponse({"name": "mlinfra", "version": "2", "extensions": []})

    async def live(_request: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(_request: Request) -> Response:
        missing = [name for name, one in served.items() if not one.active]
        return JSONResponse({"ready": not missing, "missing": missing}, 503 if missing else 200)

    async def model_ready(request: Request) -> Response:
        replica = active(request)
        return JSONResponse({"name": model(request).name, "version": replica.version, "ready": True})

    async def metadata(request: Request) -> Response:
        return JSONResponse(active(request).metadata)

    async def infer(request: Request) -> Response:
        replica = active(request)
        body = await _body(request, settings.body_bytes)
        os.utime(settings.used)
        # It may have been replaced while the request came in.
        status, answer = await (model(request).active or replica).ask(body)
        return Response(answer, status, media_type="application/json")

    each = "/v2/models/{model}", "/v2/models/{model}/versions/{version}"
    return Starlette(
        routes=[
            Route("/v2", server),
            Route("/v2/health/live", live),
            Route("/v2/health/ready", ready),
            *(Route(path, metadata) for path in each),
            *(Route(f"{path}/ready", model_ready) for path in each),
            *(Route(f"{path}/infer", infer, methods=["POST"]) for path in each),
        ],
        lifespan=lifespan,
        exception_handlers={Refused: _refused, 404: _no_page, 405: _no_page},
    )


async def _body(request: Request, most: int) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise Refused(413, f"The request is larger than {most} bytes.")
        parts.append(part)
    return b"".join(parts)


async def _refused(_request: Request, error: Any) -> Response:
    return Response(frames.error(str(error)), error.status, media_type="application/json")


async def _no_page(request: Request, error: Any) -> Response:
    text = f"There is no {request.method} {request.url.path} here: see the Open Inference Protocol, version 2."
    return Response(frames.error(text), error.status_code, headers=error.headers, media_type="application/json")
