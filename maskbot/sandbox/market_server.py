"""The simulated market-data sites in one process: `python -m maskbot.sandbox.market_server --port 0`.

CoinGecko under `/api/v3/`, CoinMarketCap under `/v2/`, GeckoTerminal under `/api/v2/`, DefiLlama at `/prices/`, Binance at
`/api/v3/ticker/24hr`, Coinbase Exchange at `/products/`; every failure shape of price-cards.md 5 by `POST /_sandbox/faults`. The
first line on stdout is `{"port": N}`; the socket listens before that.
"""

from __future__ import annotations

import argparse
import json
import socket
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from maskbot.sandbox import market_answers as answers
from maskbot.sandbox import market_coins as coins
from maskbot.sandbox import market_pools as pools
from maskbot.sandbox.market_answers import Quote
from maskbot.sandbox.market_faults import MarketFault, MarketShell

FRESH_S = 4.0
STALE_S = 600.0
FROZEN_S = 7 * 86_400.0


@dataclass(slots=True)
class Market:
    """Prices as set by the control API over those of the table."""

    prices_usd: dict[str, float] = field(default_factory=dict)

    def quote(self, coin: coins.Coin, request: Request) -> Quote:
        """The token's price now, or what a fault makes of it."""
        price: float | None = self.prices_usd.get(coin.id, coin.price_usd)
        age_s = FRESH_S
        match request.scope.get("market_fault"):
            case "zero":
                price = 0
            case "nulls":
                price = None
            case "frozen":
                age_s = FROZEN_S
            case "stale":
                age_s = STALE_S
            case "ahead":
                age_s = -3_600.0
            case "outlier":
                price = (price or 0) * 1.5
            case "negative":
                price = -(price or 0)
            case "wrong_coin":
                coin = coins.COINS[-1]
        return Quote(coin, price, time.time() - age_s)


class Sites:
    """The handlers of all sources."""

    def __init__(self, market: Market) -> None:
        self.market = market

    def routes(self) -> list[Route]:
        return [
            Route("/api/v3/coins/markets", self.gecko_markets),
            Route("/api/v3/coins/{id}/market_chart", self.gecko_chart),
            Route("/api/v3/coins/{id}/ohlc", self.gecko_ohlc),
            Route("/api/v3/coins/{platform}/contract/{address}", self.gecko_contract),
            Route("/api/v3/coins/{id}/tickers", self.gecko_tickers),
            Route("/api/v3/coins/{id}", self.gecko_coin),
            Route("/api/v3/simple/price", self.gecko_simple),
            Route("/api/v3/simple/token_price/{platform}", self.gecko_token_price),
            Route("/v2/cryptocurrency/quotes/latest", self.cmc_quotes),
            Route("/api/v2/simple/networks/{network}/token_price/{addresses}", self.terminal),
            Route("/api/v2/networks/{network}/tokens/{address}/pools", self.terminal_pools),
            Route("/api/v2/networks/{network}/pools/{pool}/ohlcv/{unit}", self.terminal_bars),
            Route("/prices/current/{coins:path}", self.llama),
            Route("/api/v3/ticker/24hr", self.binance),
            Route("/products/{product}/ticker", self.coinbase),
        ]

    async def gecko_markets(self, request: Request) -> Response:
        params = request.query_params
        vs = params.get("vs_currency", "")
        if vs not in coins.RATES:
            return JSONResponse({"error": "invalid vs_currency"}, status_code=422)
        if "ids" in params:
            found = [coin for coin in map(coins.by_id, params["ids"].split(",")) if coin is not None]
        elif "symbols" in params:
            is_top = params.get("include_tokens", "top") == "top"
            groups = [coins.by_symbol(symbol) for symbol in params["symbols"].split(",")]
            found = [coin for group in groups for coin in (group[:1] if is_top else group)]
        else:
            ranked = [coin for coin in coins.COINS if coin.rank is not None]
            found = sorted(ranked, key=lambda coin: coin.rank or 0)[: int(params.get("per_page", "100"))]
        rows = [answers.gecko_market(self.market.quote(coin, request), vs=vs) for coin in found]
        if params.get("sparkline") != "true":
            for row in rows:
                del row["sparkline_in_7d"]
        return JSONResponse(rows)

    async def gecko_chart(self, request: Request) -> Response:
        coin = coins.by_id(request.path_params["id"])
        vs = request.query_params.get("vs_currency", "")
        if coin is None or vs not in coins.RATES:
            return _no_coin()
        asked = request.query_params.get("days", "7")
        days = 730 if asked == "max" else min(730, max(1, int(asked)))
        return JSONResponse(answers.gecko_chart(self.market.quote(coin, request), vs=vs, days=days))

    async def gecko_ohlc(self, request: Request) -> Response:
        coin = coins.by_id(request.path_params["id"])
        vs, days = request.query_params.get("vs_currency", ""), request.query_params.get("days", "")
        if coin is None or vs not in coins.RATES:
            return _no_coin()
        if days not in ("1", "7", "14", "30", "90", "180", "365", "max"):
            return JSONResponse({"error": "invalid days"}, status_code=422)
        return JSONResponse(answers.gecko_ohlc(self.market.quote(coin, request), vs=vs, days=days))

    async def gecko_tickers(self, request: Request) -> Response:
        coin = coins.by_id(request.path_params["id"])
        return _no_coin() if coin is None else JSONResponse(answers.gecko_tickers(self.market.quote(coin, request)))

    async def gecko_contract(self, request: Request) -> Response:
        coin = coins.by_address(request.path_params["address"])
        is_known = coin is not None and request.path_params["platform"] == "ethereum"
        return JSONResponse(answers.gecko_coin(coin)) if coin is not None and is_known else _no_coin()

    async def gecko_coin(self, request: Request) -> Response:
        coin = coins.by_id(request.path_params["id"])
        return _no_coin() if coin is None else JSONResponse(answers.gecko_coin(coin))

    async def gecko_simple(self, request: Request) -> Response:
        found = map(coins.by_id, request.query_params.get("ids", "").split(","))
        return JSONResponse(self._simple(((coin.id, coin) for coin in found if coin is not None), request))

    async def gecko_token_price(self, request: Request) -> Response:
        addresses = request.query_params.get("contract_addresses", "").split(",")
        found = ((address, coins.by_address(address)) for address in addresses)
        return JSONResponse(self._simple(((address, coin) for address, coin in found if coin is not None), request))

    async def cmc_quotes(self, request: Request) -> Response:
        params = request.query_params
        if "x-cmc_pro_api_key" not in request.headers:
            status = answers.cmc_status(time.time(), code=1002, message="API key missing.")
            return JSONResponse({"status": status}, status_code=401)
        vs = params.get("convert", "USD").lower()
        data: dict[str, object] = {}
        for coin_id in filter(None, params.get("id", "").split(",")):
            for coin in coins.COINS:
                if str(coin.cmc_id) == coin_id:
                    data[coin_id] = answers.cmc_entry(self.market.quote(coin, request), vs=vs)
        for symbol in filter(None, params.get("symbol", "").split(",")):
            group = coins.by_symbol(symbol)
            data[symbol.upper()] = [answers.cmc_entry(self.market.quote(coin, request), vs=vs) for coin in group]
        return JSONResponse({"status": answers.cmc_status(time.time()), "data": data})

    async def terminal(self, request: Request) -> Response:
        found = ((address, coins.by_address(address)) for address in request.path_params["addresses"].split(","))
        quotes = {address: self.market.quote(coin, request) for address, coin in found if coin is not None}
        return JSONResponse(answers.terminal_prices(quotes))

    async def terminal_pools(self, request: Request) -> Response:
        address = request.path_params["address"]
        coin = coins.by_address(address)
        if coin is None:
            return JSONResponse({"errors": [{"status": "404", "title": "Not Found"}]}, status_code=404)
        return JSONResponse(pools.token_pools(self.market.quote(coin, request), address=address))

    async def terminal_bars(self, request: Request) -> Response:
        coin = pools.coin_of(request.path_params["pool"])
        if coin is None:
            return JSONResponse({"errors": [{"status": "404", "title": "Not Found"}]}, status_code=404)
        limit = min(1000, max(1, int(request.query_params.get("limit", "100"))))
        return JSONResponse(pools.bars(self.market.quote(coin, request), unit=request.path_params["unit"], limit=limit))

    async def llama(self, request: Request) -> Response:
        made = {}
        for name in request.path_params["coins"].split(","):
            chain, _, rest = name.partition(":")
            coin = coins.by_id(rest) if chain == "coingecko" else coins.by_address(rest)
            if coin is not None:
                made[name] = answers.llama_entry(self.market.quote(coin, request))
        return JSONResponse({"coins": made})

    async def binance(self, request: Request) -> Response:
        symbol = request.query_params.get("symbol", "")
        coin = coins.by_product(symbol) if symbol.endswith("USDT") else None
        if coin is None:
            return JSONResponse({"code": -1121, "msg": "Invalid symbol."}, status_code=400)
        return JSONResponse(answers.binance_ticker(self.market.quote(coin, request), symbol=symbol))

    async def coinbase(self, request: Request) -> Response:
        product = request.path_params["product"]
        coin = coins.by_product(product) if product.endswith("-USD") else None
        if coin is None:
            return JSONResponse({"message": "NotFound"}, status_code=404)
        return JSONResponse(answers.coinbase_ticker(self.market.quote(coin, request)))

    def _simple(self, found: Iterable[tuple[str, coins.Coin]], request: Request) -> dict[str, object]:
        wanted = request.query_params.get("vs_currencies", "usd").split(",")
        vs = [currency for currency in wanted if currency in coins.RATES]
        return {name: answers.gecko_simple(self.market.quote(coin, request), vs=vs) for name, coin in found}


class MarketControl:
    """`/_sandbox/`: health, prices, faults, call counts, reset."""

    def __init__(self, market: Market, shell: MarketShell) -> None:
        self.market = market
        self.shell = shell

    def routes(self) -> list[Route]:
        return [
            Route("/_sandbox/health", self.health),
            Route("/_sandbox/reset", self.reset, methods=["POST"]),
            Route("/_sandbox/prices", self.set_prices, methods=["PATCH"]),
            Route("/_sandbox/faults", self.add_fault, methods=["POST"]),
            Route("/_sandbox/faults", self.clear_faults, methods=["DELETE"]),
            Route("/_sandbox/calls", self.calls),
        ]

    async def health(self, _request: Request) -> Response:
        return JSONResponse({"ok": True, "coins": len(coins.COINS)})

    async def reset(self, _request: Request) -> Response:
        self.market.prices_usd.clear()
        self.shell.rules.clear()
        self.shell.calls.clear()
        return JSONResponse({"ok": True})

    async def set_prices(self, request: Request) -> Response:
        """`{"ethereum": 3500.0}`: by CoinGecko id, in US dollars."""
        self.market.prices_usd.update({name: float(price) for name, price in (await request.json()).items()})
        return JSONResponse(self.market.prices_usd)

    async def add_fault(self, request: Request) -> Response:
        try:
            fault = MarketFault(**await request.json())
        except (TypeError, ValueError) as wrong:
            return JSONResponse({"error": str(wrong)}, status_code=422)
        self.shell.rules.append(fault)
        return JSONResponse(asdict(fault), status_code=201)

    async def clear_faults(self, _request: Request) -> Response:
        self.shell.rules.clear()
        return JSONResponse({"ok": True})

    async def calls(self, _request: Request) -> Response:
        return JSONResponse(dict(self.shell.calls))


def make_app() -> MarketShell:
    """The ASGI application with fresh prices and no faults."""
    market = Market()
    app = Starlette(routes=Sites(market).routes())
    shell = MarketShell(app)
    app.router.routes.extend(MarketControl(market, shell).routes())
    return shell


def main() -> None:
    parser = argparse.ArgumentParser(prog="maskbot.sandbox.market_server", description="Market-data sites on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", options.port), backlog=256)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    config = uvicorn.Config(
        make_app(), log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[listener])


def _no_coin() -> Response:
    return JSONResponse({"error": "coin not found"}, status_code=404)


if __name__ == "__main__":
    main()
