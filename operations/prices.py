"""What tokens cost, by the price list in the package genai-prices. A model that it does not know has no price."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from typing import Any

from workers import llm

Json = dict[str, Any]

UNKNOWN: Json = {"cost_usd": None, "input_usd": None, "cached_usd": None, "output_usd": None, "price_source": ""}
FREE = UNKNOWN | {"cost_usd": Decimal(0)}


def price(use: llm.Use, at: datetime, base_url: str = "") -> Json:
    """The cost of ``use``, and the unit prices of that day behind it, as the columns of a ledger row.

    Without a ``base_url`` the model is OpenAI's. A provider that is known by its address has its own prices; any
    other server may pass on OpenAI's models, by their names.
    """
    if not use.tokens:
        return FREE
    from genai_prices import Usage, calc_price  # a quarter of a second, for those who ask a model

    usage = Usage(
        input_tokens=use.prompt_tokens,
        cache_read_tokens=min(use.cached_tokens, use.prompt_tokens),
        output_tokens=use.completion_tokens,
    )
    for provider in _providers(base_url):
        try:
            found = calc_price(usage, use.model, genai_request_timestamp=at, **provider)
        except LookupError:
            continue
        return {
            "cost_usd": found.total_price,
            "input_usd": _unit(found.model_price.input_mtok, use),
            "cached_usd": _unit(found.model_price.cache_read_mtok, use),
            "output_usd": _unit(found.model_price.output_mtok, use),
            "price_source": f"{_source()}: {found.provider.id} {found.model.id}, {at:%Y-%m-%d}"[:100],
        }
    return UNKNOWN


def _providers(base_url: str) -> list[Json]:
    named: Json = {"provider_id": "openai"}
    return [{"provider_api_url": base_url}, named] if base_url else [named]


def _unit(listed: Any, use: llm.Use) -> Decimal | None:
    """The price of a million tokens; of a tiered one, the tier of this prompt."""
    if listed is None or isinstance(listed, Decimal):
        return listed
    reached = [tier.price for tier in listed.tiers if use.prompt_tokens > tier.start]
    return reached[-1] if reached else listed.base


@cache
def _source() -> str:
    return f"genai-prices {version('genai-prices')}"
