"""Forgets ended operations in batches: each is a transaction of its own, so that it can be stopped and begun again."""

import logging
from collections import Counter
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.conf import settings
from django.db import connections, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError

from concord.forgetting import personal
from operations import live
from operations.audit.forgetting import forget_words
from operations.audit.recording import record
from operations.models import ModelCall, Operation, PlanCache
from operations.states import ENDED
from workers.models import CallRecord

logger = logging.getLogger(__name__)

AT_ONCE = 100
# Workers drop their records of calls a week after they were last used; a little more, for their clocks.
RECORDS_KEPT = timedelta(days=8)


def due(*, before: datetime | None = None, client: str = "", personal_only: bool = False) -> QuerySet[Operation]:
    """The ended operations that may be forgotten: those that ended before a moment, those of a client, or both.

    ``personal_only`` leaves out those whose personal data is gone already.
    """
    rows = Operation.objects.filter(status__in=ENDED, ended_at__isnull=False, wake_at=None, lease_until=None)
    if before:
        rows = rows.filter(ended_at__lt=before)
    if client:
        rows = rows.filter(client__name=client)
    if personal_only:
        rows = rows.filter(forgotten_at=None)
    return rows


def count(rows: QuerySet[Operation]) -> Counter[str]:
    """What `forget` would find of these: operations, and the rows that hang on them."""
    found = Counter(operations=rows.count())
    for name, related in personal.related(rows).items():
        found[name] = related.count()
    return found


def forget(rows: QuerySet[Operation], *, personal_only: bool = False) -> Counter[str]:
    """Delete one batch of these operations with all that hangs on them, or blank what is personal in it.

    Returns what was found, by kind of row; nothing where none is left. The model calls stay, without their
    operation, but with its type, so that what was spent adds up as before.
    """
    with transaction.atomic():
        chosen = _locked(rows)
        if not chosen:
            return Counter()
        batch = Operation.objects.filter(pk__in=chosen)
        done = count(batch)
        caches = list(batch.exclude(plan_cache=None).values_list("plan_cache", flat=True))
        personal.blank(batch) if personal_only else _delete(batch)
        unused = PlanCache.objects.filter(pk__in=caches)
        forget_words(chosen)
        record("data.forget", after=dict(done) | {"personal_only": personal_only})
        unused.exclude(operations__in=Operation.objects.filter(forgotten_at=None)).delete()
        transaction.on_commit(lambda: _forget_elsewhere(chosen))
    return done


def _locked(rows: QuerySet[Operation]) -> list[str]:
    """The ids of the next batch, which nobody else changes until the transaction ends."""
    skip = connections[rows.db].features.has_select_for_update_skip_locked
    locked = rows.select_for_update(skip_locked=True, of=("self",)) if skip else rows
    return list(locked.order_by("ended_at").values_list("pk", flat=True)[:AT_ONCE])


def _delete(batch: QuerySet[Operation]) -> None:
    kind = Operation.objects.filter(pk=OuterRef("operation_id")).values("operation_type")
    calls = ModelCall.objects.filter(operation__in=batch)
    calls.update(forgotten_id=F("operation_id"), forgotten_type=Subquery(kind[:1]), error="", operation=None)
    batch.only("pk").delete()


def _forget_elsewhere(ids: list[str]) -> None:
    """Drop the answers that Redis keeps for an hour, and the workers for a week."""
    recent = CallRecord.objects.filter(created_at__gt=timezone.now() - RECORDS_KEPT)
    recent.filter(reduce(or_, (Q(key__startswith=f"{pk}:") for pk in ids))).delete()
    try:
        with Redis.from_url(settings.REDIS_URL) as client:
            client.delete(*[live.snapshot_key(pk) for pk in ids])
    except (RedisError, OSError) as error:
        logger.warning("Redis is away; it forgets its snapshots within an hour: %s", error)
