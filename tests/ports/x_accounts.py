"""The X adapter against the simulated X, every exchange held against the API description."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from maskbot.adapters.x import RateBudget, XAccount, XKeys, connect
from maskbot.adapters.x.names import FieldNames
from maskbot.adapters.x.transport import XSession
from maskbot.sandbox.x_server.control import XControl, XCredentials
from tests.unit.sandbox.x_clients import Recorder


@dataclass(frozen=True, slots=True)
class Hosted:
    """The bot's account, as X knows it and as we hold it; `recorder` lists the calls, `budgets` what X said of its limits."""

    credentials: XCredentials
    account: XAccount
    recorder: Recorder
    budgets: list[RateBudget]
    session: XSession


def host(
    x: XControl, credentials: XCredentials, *, names: FieldNames = FieldNames.OLD, read_timeout_s: float = 5.0
) -> Hosted:
    """Connects the adapter to the simulated X."""
    is_new = names is FieldNames.NEW
    recorder = Recorder("2.167" if is_new else "2.165", "new" if is_new else "old")
    session = XSession(x.base_url, timeout_s=(2.0, read_timeout_s))
    session.hooks["response"].append(recorder)
    budgets: list[RateBudget] = []
    account = connect(
        keys_of(credentials), field_names=names, on_budget=budgets.append, session=session, silence_s=read_timeout_s
    )
    return Hosted(credentials, account, recorder, budgets, session)


def keys_of(credentials: XCredentials) -> XKeys:
    return XKeys(
        consumer_key=credentials.consumer_key,
        consumer_secret=credentials.consumer_secret,
        access_token=credentials.access_token,
        access_token_secret=credentials.access_token_secret,
        app_bearer_token=credentials.app_bearer_token,
    )


@pytest.fixture
def hosted(x: XControl) -> Hosted:
    """The account @maskbot, with bob and alice beside it."""
    credentials = x.add_user("maskbot")
    x.add_user("bob")
    x.add_user("alice")
    return host(x, credentials)
