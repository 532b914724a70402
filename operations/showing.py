"""How values are put before people: readable, harmless, and never too much of them."""

import json
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from operations.masking.hiding import hidden

# Characters that are invisible or turn the reading direction could make a reviewer read something else than is there.
INVISIBLE = re.compile("[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def pretty(value: Any, limit: int = 4000) -> str:
    """``value`` as indented JSON of at most ``limit`` characters, saying how much was left out."""
    text = json.dumps(hidden(value), indent=2, ensure_ascii=False, default=str)
    return shortened(visible(text), limit)


def visible(text: str) -> str:
    """``text`` with invisible and direction-turning characters written out."""
    return INVISIBLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def age(moment: datetime) -> str:
    """How long ago, in one unit: "just now", "5 min ago", "3 h ago", "12 d ago"."""
    seconds = (timezone.now() - moment).total_seconds()
    if seconds < 60:
        return "just now"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min ago"
    hours = minutes // 60
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} d ago"


def duration(milliseconds: int | None) -> str:
    """ "340 ms", "12.4 s", "3 min 20 s", "2 h 5 min"; empty for None."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    return f"{minutes // 60} h {minutes % 60} min"


def dollars(cost: float | Decimal | None) -> str:
    """ "$1.25", "$0.0042", "under $0.0001"; "cost unknown" for None, which is not nothing."""
    if cost is None:
        return "cost unknown"
    if cost >= 1:
        return f"${cost:,.2f}"
    return "under $0.0001" if 0 < cost < 0.0001 else f"${cost:.4f}".rstrip("0").rstrip(".")


def listed(names: list[str], most: int = 12) -> str:
    """ "E1, E2, E3", and where there are more than ``most``: how many more."""
    text = ", ".join(names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most:,} more"
