"""How many messages each live group has been sent: what tells a page or a socket whether it missed one."""

import logging

import django_rq
from django.conf import settings
from redis.exceptions import RedisError

from operations.live import sequence_key

logger = logging.getLogger(__name__)

UNKNOWN = -1


def sequences(*groups: str) -> list[int]:
    """The number of each of ``groups``; `UNKNOWN` for all where Redis is away, so that whoever compares looks again.

    Read it before the rows that go with it: a page may then be newer than its number, but never older.
    """
    try:
        found = django_rq.get_connection(settings.QUEUE).mget([sequence_key(group) for group in groups])
    except (RedisError, OSError) as error:
        logger.warning("Redis is away, so a page has no sequence number: %s", error)
        return [UNKNOWN] * len(groups)
    return [int(number or 0) for number in found]
