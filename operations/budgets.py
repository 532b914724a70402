"""How many tokens an operation may spend, by purpose, and all operations in a day."""

from decimal import Decimal

from django.conf import settings
from django.db.models import Sum

from operations.models import ModelCall, Operation, type_setting

LEAST_ANSWER = 16  # tokens; a budget that leaves fewer for the answer is spent
DAY = "day"


class BudgetSpent(Exception):
    """There are no tokens left for this purpose; for the purpose ``day``, for any. The text is for people."""

    def __init__(self, purpose: str, spent: int | Decimal, limit: int | Decimal, needed: int = 0):
        self.purpose = purpose
        self.spent = spent
        self.limit = limit
        more = f", and the next call needs {needed:,}" if needed else ""
        if purpose == DAY:
            unit = "USD" if isinstance(limit, Decimal) else "tokens"
            super().__init__(f"Of the {limit:,} {unit} for a day, {spent:,} are spent")
        else:
            super().__init__(f"Of the {limit:,} tokens for {purpose}, {spent:,} are spent{more}")


def limit(operation: Operation, purpose: str) -> int:
    """The tokens that ``operation`` may spend for ``purpose``, 0 being no limit. Each time that a person lets it go on
    with a spent budget, it gets it once more."""
    own = type_setting(operation.operation_type).token_budget(purpose)
    return (settings.TOKEN_BUDGETS.get(purpose, 0) if own is None else own) * (1 + operation.budgets_renewed)


def check(operation: Operation, purpose: str, prompt_tokens: int = 0) -> int | None:
    """The tokens left for the answer to a prompt of so many; None for any number. Raises `BudgetSpent`."""
    _check_day()
    if not (most := limit(operation, purpose)):
        return None
    spent = ModelCall.objects.filter(operation=operation, purpose=purpose).spent()
    left = most - spent - prompt_tokens
    if left < LEAST_ANSWER:
        raise BudgetSpent(purpose, spent, most, prompt_tokens)
    return left


def overspent(operation: Operation, purpose: str) -> BudgetSpent | None:
    """Whether more than the budget is spent already, as what workers report may be."""
    most = limit(operation, purpose)
    spent = ModelCall.objects.filter(operation=operation, purpose=purpose).spent() if most else 0
    return BudgetSpent(purpose, spent, most) if spent > most else None


def _check_day() -> None:
    """Calls that are under way at the same time may go a little over. What has no known price costs nothing here."""
    today = ModelCall.objects.today()
    if settings.TOKENS_PER_DAY and (spent := today.spent()) >= settings.TOKENS_PER_DAY:
        raise BudgetSpent(DAY, spent, settings.TOKENS_PER_DAY)
    if settings.USD_PER_DAY:
        most = Decimal(str(settings.USD_PER_DAY))
        if (cost := today.aggregate(cost=Sum("cost_usd", default=Decimal(0)))["cost"]) >= most:
            raise BudgetSpent(DAY, round(cost, 4), most)
