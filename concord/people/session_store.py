"""Sessions in the database, with an absolute end and one after a time without use (SESSION_ENGINE).

The absolute end counts from the log-in and no request moves it. ``last_used`` is written at most once a minute, so that
reading a page is not writing one. A session without a person, such as that of a log-in half done, is short.
"""

from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSession
from django.utils import timezone

USED_EVERY = timedelta(minutes=1)
HALF_DONE = timedelta(minutes=15)
STARTED = "started"  # when the person logged in, in seconds


class SessionStore(DatabaseSession):
    model: Any  # ours, which has more columns than the stubs know

    @classmethod
    def get_model_class(cls) -> Any:
        from concord.people.models import Session

        return Session

    def _get_session_from_db(self) -> Any:
        session = super()._get_session_from_db()  # type: ignore[misc]  # not in the stubs
        if session is None:
            return None
        now = timezone.now()
        if session.user_id and session.last_used < now - timedelta(minutes=settings.SESSION_IDLE_MINUTES):
            self._session_key = None
            return None
        if session.last_used < now - USED_EVERY:
            rows = self.model.objects.filter(pk=session.pk, last_used__lt=now - USED_EVERY)
            rows.update(last_used=now)
        return session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session: Any = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        session.expire_date = ends_at(data)
        return session

    async def _aget_session_from_db(self) -> Any:
        return await sync_to_async(self._get_session_from_db)()

    async def acreate_model_instance(self, data: dict[str, Any]) -> Any:
        return await sync_to_async(self.create_model_instance)(data)


def ends_at(data: dict[str, Any]) -> datetime:
    """The absolute end of the session with this content."""
    if data.get(SESSION_KEY) is None:
        return timezone.now() + HALF_DONE
    started = data.get(STARTED)
    since = datetime.fromtimestamp(started, tz=timezone.get_current_timezone()) if started else timezone.now()
    return since + timedelta(hours=settings.SESSION_HOURS)
