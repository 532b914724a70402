"""Telling who watches that something changed: sockets, waiting requests and the snapshot in Redis.

Nothing here is the truth. A message may be lost, and whoever gets one fetches what he may see. One thread per
process does the sending, on an event loop that it keeps: `async_to_sync(group_send)` would open a connection to
Redis for every message.
"""

import asyncio
import logging
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from channels.layers import channel_layers
from django.apps import apps
from django.conf import settings
from django.db import close_old_connections, transaction
from redis import Redis
from redis import asyncio as redis
from redis.exceptions import RedisError
from rest_framework.renderers import JSONRenderer

from operations.representation import operation_json
from operations.states import RESTING

if TYPE_CHECKING:
    from operations.models import Operation

logger = logging.getLogger(__name__)

OPERATIONS = "operations"
ESCALATIONS = "escalations"
RESTED = "concord:rested"  # a Redis channel: the ids of operations that a waiting client may be answered for
REVOKED = "concord:revoked"  # a Redis channel: a credential is not what it was
PAUSE = 0.1  # seconds in which the changes of one operation that is still moving become one message
SHARE = 0.05  # of a process's time, at most, for making the snapshots of operations that are still moving


def operation_group(operation_id: str) -> str:
    return f"operation.{operation_id}"


def snapshot_key(operation_id: str) -> str:
    """Where Redis keeps the operation's JSON, as the API answers it, for an hour."""
    return f"operation:{operation_id}"


def sequence_key(group: str) -> str:
    """Where Redis counts the messages that were sent to ``group``."""
    return f"concord:sequence:{group}"


def announce(operation: "Operation") -> None:
    """Once the transaction has committed, tell that ``operation`` changed."""
    rested = operation.status in RESTING
    transaction.on_commit(lambda: announcer.put(operation.pk, rested, operation))


def announce_escalations() -> None:
    """Once the transaction has committed, tell that the review queue changed."""
    transaction.on_commit(lambda: announcer.put("", True))


def announce_workers() -> None:
    """Once the transaction has committed, tell that the registry of workers changed: whoever hears of operations."""
    transaction.on_commit(lambda: announcer.put("", True))


def announce_revocation() -> None:
    """Once the transaction has committed, tell that a key is not in force any more."""
    transaction.on_commit(_publish_revocation)


def _publish_revocation() -> None:
    try:
        with Redis.from_url(settings.REDIS_URL) as client:
            client.publish(REVOKED, "")
    except (RedisError, OSError) as error:  # then nobody is answered from Redis either
        logger.warning("Redis is away; nobody was told that a key was revoked: %s", error)


class Announcer:
    """The sending thread. Started by the first message, ends with the process."""

    def __init__(self) -> None:
        self._changes: queue.Queue[tuple[str, bool, Operation | None]] = queue.Queue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pause = PAUSE

    def put(self, operation_id: str, rested: bool, operation: "Operation | None" = None) -> None:
        """Send soon that the operation (or, with an empty id, the review queue) changed."""
        self._changes.put((operation_id, rested, operation))
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Wait until everything put so far has been sent."""
        self._changes.join()

    def _run(self) -> None:
        loop = asyncio.new_event_loop()
        sender = Sender()
        while True:
            batch = self._gather()
            try:
                close_old_connections()
                begun = time.monotonic()
                snapshots = sender.snapshots(self._operations)
                # That of a thousand steps takes its time.
                self._pause = max(PAUSE, (time.monotonic() - begun) / SHARE)
                loop.run_until_complete(sender.send(batch, snapshots))
            except (RedisError, OSError) as error:
                logger.warning("Redis is away, so nobody was told of %d changes: %s", len(batch), error)
            except Exception:
                logger.exception("A change could not be announced")
            finally:
                for _ in range(self._taken):
                    self._changes.task_done()

    def _gather(self) -> dict[str, bool]:
        """The next changes by operation. One that rests goes at once; others are gathered for a moment."""
        operation_id, rested, operation = self._changes.get()
        batch = {operation_id: rested}
        self._operations = {operation_id: operation}
        self._taken = 1
        end = time.monotonic() + self._pause
        while not any(batch.values()) and (left := end - time.monotonic()) > 0:
            try:
                operation_id, rested, operation = self._changes.get(timeout=left)
            except queue.Empty:
                break
            batch[operation_id] = rested
            self._operations[operation_id] = operation
            self._taken += 1
        return batch


class Sender:
    """What is sent for a batch of changes, on connections that are kept."""

    # Keeps a slower process from putting an older snapshot over a newer one.
    SET_IF_NEWER = """
        if (redis.call('GET', KEYS[2]) or '') <= ARGV[2] then
            redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
            redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
        end
    """

    def __init__(self) -> None:
        self._redis = redis.from_url(settings.REDIS_URL)
        self._layer: Any = channel_layers.make_backend("default")

    def snapshots(self, changed: "dict[str, Operation | None]") -> dict[str, tuple[str, bytes]]:
        """The operations' JSON as the API shows it, with the time of their last change.

        Whoever advances an operation knows its steps; only the others are read from the database.
        """
        known = [operation for operation in changed.values() if operation and operation.knows_steps]
        unknown = changed.keys() - {operation.pk for operation in known} - {""}
        if unknown:
            operations = apps.get_model("operations", "Operation").objects  # the models import this module
            known += operations.filter(pk__in=unknown)
        return {operation.pk: (operation.updated_at.isoformat(), _json(operation)) for operation in known}

    async def send(self, batch: dict[str, bool], snapshots: dict[str, tuple[str, bytes]]) -> None:
        """Keep the snapshots, wake the requests that wait for the end of an operation, and tell the groups."""
        groups = {operation_group(operation_id) for operation_id in batch if operation_id}
        groups |= {OPERATIONS, ESCALATIONS} if "" in batch else {OPERATIONS}
        names = sorted(groups)

        pipe = self._redis.pipeline(transaction=False)
        for group in names:
            pipe.incr(sequence_key(group))
        for operation_id, (changed, body) in snapshots.items():
            key = snapshot_key(operation_id)
            pipe.eval(self.SET_IF_NEWER, 2, key, f"{key}:changed", body, changed, settings.SNAPSHOT_SECONDS)
        for operation_id, rested in batch.items():
            if rested and operation_id:
                pipe.publish(RESTED, operation_id)
        sequences = await pipe.execute()

        for group, sequence in zip(names, sequences, strict=False):
            await self._layer.group_send(group, {"type": "changed", "group": group, "sequence": sequence})


def _json(operation: "Operation") -> bytes:
    return JSONRenderer().render(operation_json(operation, operation.known_steps()))


announcer = Announcer()
