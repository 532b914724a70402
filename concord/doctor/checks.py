"""All checks, in the order of the report."""

from django.conf import settings

from concord.doctor import audit, databases, exposure, limits, names, parts, place, redis_server, single_sign_on
from concord.doctor.finding import Check


def all_checks() -> list[Check]:
    bell = "start `manage.py up`" if settings.REDIS_IS_PRIVATE else "see that Redis runs, and mend REDIS_URL"
    return [
        Check("settings", names.check, "mend `.env`"),
        Check("exposure", exposure.check, "mend the settings"),
        Check("limits", limits.rates, "mend the settings RATE_LIMIT_…"),
        Check("outgoing calls", limits.calls, "mend the database first"),
        Check("log-in", single_sign_on.people, "mend the database first"),
        Check("single sign-on", single_sign_on.check, "mend the database first"),
        Check("permissions", place.permissions, "see who owns the folder of CONCORD_VAR"),
        Check("disk", place.disks, "see that the folders are there"),
        *[
            Check(name, databases.check(alias), f"see that the server runs, and mend {name}")
            for alias, name in databases.VARIABLES.items()
        ],
        Check("REDIS_URL", redis_server.check, bell),
        Check("queue workers", redis_server.listeners, bell),
        Check("sweeper", parts.sweeper, "mend the database first"),
        Check("audit trail", audit.check, "mend the database first"),
        *[
            Check(f"worker {name}", parts.worker(name, url), f"mend WORKER_{name.upper()}_URL")
            for name, url in settings.WORKER_URLS.items()
        ],
        Check("other workers", parts.other_workers, "mend the database first"),
        Check("DATA_URL", place.data, "see that the store is there and may be written, and mend DATA_URL"),
        Check("language model", parts.model, "see that its server runs, and mend OPENAI_BASE_URL"),
    ]
