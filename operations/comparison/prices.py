"""What tokens cost, by the price list of the package genai-prices."""

from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version

from genai_prices import Usage, calc_price

MILLION = Decimal(1_000_000)
CALL = 10_000  # tokens: some models ask more for each once a call is very long


class UnknownPrice(Exception):
    """The price list has no such model."""


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens; ``cached`` is for input that the provider has in its cache."""

    model: str
    input: Decimal
    cached: Decimal
    output: Decimal

    def cost(self, prompt: int, cached: int, completion: int) -> float:
        """Dollars for these tokens; the ``cached`` ones are part of ``prompt``."""
        total = (prompt - cached) * self.input + cached * self.cached + completion * self.output
        return float(total / MILLION)

    @property
    def source(self) -> str:
        return f"genai-prices {version('genai-prices')}"


def price(model: str) -> Price:
    """The price of ``model`` today. Raises `UnknownPrice`."""
    try:
        plain = _per_million(model, Usage(input_tokens=CALL))
        cached = _per_million(model, Usage(input_tokens=CALL, cache_read_tokens=CALL))
        output = _per_million(model, Usage(output_tokens=CALL))
    except LookupError as error:
        raise UnknownPrice(f"The price list knows no model {model!r}; try gpt-4o.") from error
    return Price(model, plain, cached, output)


def _per_million(model: str, usage: Usage) -> Decimal:
    return calc_price(usage, model_ref=model).total_price * MILLION / CALL
