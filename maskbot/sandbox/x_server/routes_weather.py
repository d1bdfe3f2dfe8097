"""The control API, second part: faults, switches, clock, money and call counts. No authentication; loopback only."""

from __future__ import annotations

import dataclasses

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from maskbot.sandbox.x_server.calls import Site, guarded
from maskbot.sandbox.x_server.faults import Fault, FaultShell
from maskbot.sandbox.x_server.limits import Limits
from maskbot.sandbox.x_server.model import Switches
from maskbot.sandbox.x_server.render import stamp


class WeatherControl:
    """Handlers over one site and its fault shell."""

    def __init__(self, site: Site, shell: FaultShell) -> None:
        self.site = site
        self.shell = shell

    def routes(self) -> list[Route]:
        table = [
            ("GET", "health", self.health),
            ("POST", "reset", self.reset),
            ("POST", "clock", self.clock),
            ("GET", "faults", self.faults),
            ("POST", "faults", self.add_fault),
            ("DELETE", "faults", self.clear_faults),
            ("GET", "switches", self.switches),
            ("PATCH", "switches", self.change_switches),
            ("GET", "ledger", self.ledger),
            ("GET", "calls", self.calls),
            ("DELETE", "calls", self.clear_calls),
            ("DELETE", "streams", self.close_streams),
        ]
        return [Route(f"/_sandbox/{path}", guarded(handler), methods=[method]) for method, path, handler in table]

    async def health(self, _request: Request) -> Response:
        return JSONResponse(
            {"ok": True, "posts": len(self.site.world.posts), "streams": len(self.site.activity.queues)}
        )

    async def reset(self, _request: Request) -> Response:
        self.site.world.reset()
        self.site.limits = Limits()
        self.site.gate.seen.clear()
        self.shell.rules.clear()
        self.shell.struck = 0
        return JSONResponse({"ok": True})

    async def clock(self, request: Request) -> Response:
        self.site.world.clock_offset_s += float((await request.json())["advance_s"])
        return JSONResponse({"now": stamp(self.site.world.now_s())})

    async def faults(self, _request: Request) -> Response:
        return JSONResponse(
            {"rules": [dataclasses.asdict(rule) for rule in self.shell.rules], "struck": self.shell.struck}
        )

    async def add_fault(self, request: Request) -> Response:
        return JSONResponse(self.shell.add(Fault(**await request.json())), status_code=201)

    async def clear_faults(self, _request: Request) -> Response:
        self.shell.rules.clear()
        return JSONResponse({"ok": True})

    async def switches(self, _request: Request) -> Response:
        return JSONResponse(dataclasses.asdict(self.site.world.switches))

    async def change_switches(self, request: Request) -> Response:
        changed = Switches(**(dataclasses.asdict(self.site.world.switches) | await request.json()))
        self.site.world.save(changed)
        return JSONResponse(dataclasses.asdict(changed))

    async def ledger(self, _request: Request) -> Response:
        return JSONResponse(self.site.world.ledger.report())

    async def calls(self, _request: Request) -> Response:
        limits = self.site.limits
        return JSONResponse({"calls": dict(limits.calls), "over_budget": dict(limits.over)})

    async def clear_calls(self, _request: Request) -> Response:
        self.site.limits = Limits()
        return JSONResponse({"ok": True})

    async def close_streams(self, _request: Request) -> Response:
        queues = list(self.site.activity.queues)
        for queue in queues:
            queue.put_nowait(b"")
        return JSONResponse({"closed": len(queues)})
