"""One spelling of a JSON value, for digests and comparisons."""

import json
from typing import Any


def canonical(value: Any) -> bytes:
    """``value`` as JSON with sorted keys and no spaces, in UTF-8: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
