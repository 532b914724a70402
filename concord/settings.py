"""The settings: defaults suit a bare checkout, and production differs only by its environment (see the README)."""

from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from concord import env, logs, redis_server
from concord.limits import rate
from concord.secrets import local_secret

BASE_DIR = Path(__file__).resolve().parent.parent
env.load(Path(env.text("DOTENV", str(BASE_DIR / ".env"))))

# Everything that a run writes lies here, so that two instances, or a test and a person, stay apart.
VAR = env.folder("CONCORD_VAR", BASE_DIR / "var")
LOG_DIR = env.folder("LOG_DIR", VAR if env.text("CONCORD_VAR") else BASE_DIR) / "logs"

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY") or local_secret(VAR / "secret_key")
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS")  # earlier ones: what they sealed and signed still holds
WORKER_TOKEN = env.text("WORKER_TOKEN") or local_secret(VAR / "worker_token")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "daphne",
    "concord.admin_config.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "django_rq",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "concord",
    "concord.metrics",
    "concord.people",
    "workers",
    "operations",
    "operations.audit",
    "escalations",
]

MIDDLEWARE = [
    "concord.metrics.doors.count_requests",
    "concord.request_ids.request_id",
    "concord.acting.act",
    "concord.tracing.trace_requests",
    "django.middleware.security.SecurityMiddleware",
    "concord.csp.content_security_policy",
    "concord.out_of_range.OutOfRange",
    "concord.limits.refusal.answer_refused",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "concord.urls"
ASGI_APPLICATION = "concord.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- the two databases: Concord's own rows, and the property data beside it ---


def _database(name: str, default: str) -> dict:
    config: dict[str, Any] = dict(
        dj_database_url.parse(env.text(name, default), conn_max_age=None, conn_health_checks=True)
    )
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            # A writer waits for its turn at BEGIN; upgrading a read transaction would fail at once instead.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
        }
        # A file, so that a test's threads and child processes see its rows.
        config["TEST"] = {"NAME": VAR / f"test_{name.lower()}.sqlite3"}
    else:
        # Values travel apart from the SQL, and PostgreSQL plans what it is asked again and again only once.
        # What the URL says besides, such as sslmode and sslrootcert, holds.
        config["OPTIONS"] = config.get("OPTIONS", {}) | {"server_side_binding": True, "prepare_threshold": 3}
    return config


DATABASES = {
    "default": _database("DATABASE_URL", f"sqlite:///{VAR / 'concord.sqlite3'}"),
    "warehouse": _database("WAREHOUSE_URL", f"sqlite:///{VAR / 'warehouse.sqlite3'}"),
}
if all(DATABASES["default"][part] == DATABASES["warehouse"][part] for part in ("HOST", "PORT", "NAME")):
    raise ImproperlyConfigured("DATABASE_URL and WAREHOUSE_URL name the same database: each needs one of its own")
DATABASE_ROUTERS = ["workers.router.WarehouseRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_URL = env.text("DATA_URL", f"file://{VAR / 'data'}")

# --- Redis carries doorbells, live messages and snapshots; without REDIS_URL there is a private one for VAR ---

REDIS_IS_PRIVATE = not env.text("REDIS_URL")
REDIS_URL = env.text("REDIS_URL") or redis_server.private_url(VAR)
QUEUE = "operations"
RQ_QUEUES = {QUEUE: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": -1, "SERIALIZER": "rq.serializers.JSONSerializer"}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
SNAPSHOT_SECONDS = 3600

# --- operations ---

CONFIDENCE_THRESHOLD = env.number("CONFIDENCE_THRESHOLD", 0.7)
ENABLE_CONTEXT_COMPRESSION = env.flag("ENABLE_CONTEXT_COMPRESSION", default=True)
ENABLE_NEURAL_SCORER = env.flag("ENABLE_NEURAL_SCORER", default=False)
ENABLE_JUDGE = env.flag("ENABLE_JUDGE", default=False)
JUDGE_SECONDS = env.number("JUDGE_SECONDS", 20)
ENABLE_REWOO_PLANNING = env.flag("ENABLE_REWOO_PLANNING", default=True)
REACT_STYLE = env.choice("REACT_STYLE", ("CLASSIC", "ZERO_SHOT", "TOOLS"), "TOOLS").lower()
ESCALATION_ENABLED = env.flag("ESCALATION_ENABLED", default=True)
UNDO_SECONDS = env.number("UNDO_SECONDS", 5)
UNDO_BATCH_SECONDS = env.number("UNDO_BATCH_SECONDS", 20)
MAX_RETRIES = env.whole("MAX_RETRIES", 3)
OPERATION_TIMEOUT = env.whole("OPERATION_TIMEOUT", 300)
SYNC_WAIT_SECONDS = env.number("SYNC_WAIT_SECONDS", 25)
WEB_THREADS = env.whole("WEB_THREADS", 8)
API_KEY_REQUIRED = env.flag("API_KEY_REQUIRED", default=True)
FOUR_EYES = env.flag("FOUR_EYES", default=True)  # nobody approves what he submitted
MASK_PERSONAL = env.flag("MASK_PERSONAL", default=True)  # what tells of people is hidden until it is asked for
QUEUE_WORKERS = env.whole("QUEUE_WORKERS", 2)
LEASE_SECONDS = 60
LEASE_RENEWAL_SECONDS = 15
STEPS_AT_ONCE = env.whole("STEPS_AT_ONCE", 8)
CALLS_PER_WORKER = env.whole("CALLS_PER_WORKER", 8)
RETENTION_DAYS = env.whole("RETENTION_DAYS", 0)  # since an operation ended; 0: for ever

# --- the language model, any OpenAI-compatible server; without a key or an address there is none ---

OPENAI_API_KEY = env.text("OPENAI_API_KEY")
OPENAI_BASE_URL = env.text("OPENAI_BASE_URL")
OPENAI_MODEL = env.text("OPENAI_MODEL", "gpt-4.1-mini")
PLANNING_SECONDS = env.number("PLANNING_SECONDS", 60)  # for one answer of the model
# Tokens that one operation may spend, by purpose; and what all operations of a day (UTC) may, 0 being no limit.
TOKEN_BUDGETS = {
    "planning": env.whole("TOKEN_BUDGET_PLANNING", 3500),
    "stepping": env.whole("TOKEN_BUDGET_STEPPING", 60_000),  # planning by asking before every step
    "context": env.whole("TOKEN_BUDGET_CONTEXT", 1750),
    "execution": env.whole("TOKEN_BUDGET_EXECUTION", 2500),
    "validation": env.whole("TOKEN_BUDGET_VALIDATION", 1750),
}
TOKENS_PER_DAY = env.whole("TOKENS_PER_DAY", 0)
USD_PER_DAY = env.number("USD_PER_DAY", 0)

# --- workers ---

WORKER_PORTS = {
    "florida_data": 8001,
    "data_quality": 8002,
    "sunbiz": 8003,
    "entity_matching": 8004,
    "performance": 8005,
    "ai_ml": 8006,
}
WORKER_URLS = {
    name: env.text(f"WORKER_{name.upper()}_URL", f"http://localhost:{port}") for name, port in WORKER_PORTS.items()
}
WORKER_HOSTS = env.hosts("WORKER_HOSTS")  # where other workers may be, beside the hosts of those (workers/outgoing.py)
OUTGOING_METADATA = env.flag("OUTGOING_METADATA")  # true: libraries may ask the cloud for the machine's credentials
OUTGOING_PROXY = env.text("OUTGOING_PROXY")  # for sources and the model; those of the environment are not used

# --- where the workers that need Concord's own state ask for it, and with which key ---

CONCORD_URL = env.text("CONCORD_URL", "http://localhost:8000")
CONCORD_API_KEY = env.text("CONCORD_API_KEY")

# --- florida_data: where rolls come from (name=url pairs add sources), and how large one may be ---

rolls = (*env.FOLDERS, *env.STORES, *env.WEB)
FLORIDA_PORTAL_URL = env.source("FLORIDA_PORTAL_URL", "https://floridarevenue.com", rolls)
FLORIDA_SAMPLE_URL = env.source("FLORIDA_SAMPLE_URL", "", rolls)
FLORIDA_SOURCES = env.sources("FLORIDA_SOURCES", rolls)
FLORIDA_DATA_SOURCE = env.text("FLORIDA_DATA_SOURCE", "portal")
FLORIDA_MAX_ROLL_BYTES = env.whole("FLORIDA_MAX_ROLL_BYTES", 4_000_000_000)

# --- sunbiz: where the Division of Corporations' files come from ---

records = (*env.FOLDERS, *env.STORES, *env.SFTP)
SUNBIZ_STATE_URL = env.source("SUNBIZ_STATE_URL", "sftp://sftp.floridados.gov/Public/doc", records)
SUNBIZ_SOURCES = env.sources("SUNBIZ_SOURCES", records)
SUNBIZ_SOURCE = env.text("SUNBIZ_SOURCE", "state")
SUNBIZ_SFTP_USERNAME = env.text("SUNBIZ_SFTP_USERNAME")
SUNBIZ_SFTP_PASSWORD = env.text("SUNBIZ_SFTP_PASSWORD")

# --- entity matching: where records are compared ---

MATCHING_ENGINE = env.text("MATCHING_ENGINE", "duckdb")
SPARK_MASTER = env.text("SPARK_MASTER", "local[*]")

# --- data quality: where analysts put their files of rules ---

RULES_DIR = Path(env.text("RULES_DIR", str(VAR / "rules")))
if env.text("RULES_DIR") and not RULES_DIR.is_dir():
    raise ImproperlyConfigured(f"RULES_DIR={str(RULES_DIR)!r} is no folder")

# --- people and clients ---

PASSWORD_HASHERS = [
    "concord.people.passwords.ModestArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # of older accounts, until their next log-in
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "concord.people.passwords.MaximumLength"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["concord.people.backend.Backend"]
REQUIRE_TOTP = env.names("REQUIRE_TOTP")  # groups whose members, and superusers, log in with a code

# Single sign-on by OpenID Connect; without an issuer there is none.
OIDC_ISSUER = env.text("OIDC_ISSUER")
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET")
OIDC_SCOPES = env.text("OIDC_SCOPES", "openid profile email")
OIDC_GROUPS_CLAIM = env.text("OIDC_GROUPS_CLAIM", "groups")
OIDC_GROUPS = env.pairs("OIDC_GROUPS")  # theirs to ours; who is in none of them does not come in
OIDC_ONLY = env.flag("OIDC_ONLY", default=False)
if OIDC_ONLY and not OIDC_ISSUER:
    raise ImproperlyConfigured("OIDC_ONLY=true leaves no way to log in without an OIDC_ISSUER")

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "escalations:queue"
LOGOUT_REDIRECT_URL = "login"
SESSION_ENGINE = "concord.people.session_store"
SESSION_IDLE_MINUTES = env.whole("SESSION_IDLE_MINUTES", 480)
SESSION_HOURS = env.whole("SESSION_HOURS", 12)
if min(SESSION_IDLE_MINUTES, SESSION_HOURS) < 1:
    raise ImproperlyConfigured("SESSION_IDLE_MINUTES and SESSION_HOURS are 1 at least: else nobody stays logged in")
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

# Proxies of our own before the web, each of which adds an entry to X-Forwarded-For (concord/addresses.py).
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", 0)

# --- what may be sent (concord/limits): rates for each client by kind of call, sizes, and numbers in each process ---

RATE_LIMITS = {
    "start": rate.parse("RATE_LIMIT_START", env.text("RATE_LIMIT_START", "6000/minute")),
    "read": rate.parse("RATE_LIMIT_READ", env.text("RATE_LIMIT_READ", "30000/minute")),
    "write": rate.parse("RATE_LIMIT_WRITE", env.text("RATE_LIMIT_WRITE", "6000/minute")),
    "socket": rate.parse("RATE_LIMIT_SOCKET", env.text("RATE_LIMIT_SOCKET", "600/minute")),
    "failed": rate.parse("RATE_LIMIT_FAILED", env.text("RATE_LIMIT_FAILED", "300/minute")),
}
MAX_BODY_BYTES = DATA_UPLOAD_MAX_MEMORY_SIZE = env.whole("MAX_BODY_BYTES", 1_000_000)
MAX_WAITING, MAX_WAITING_PER_CLIENT = env.whole("MAX_WAITING", 2_000), env.whole("MAX_WAITING_PER_CLIENT", 500)
MAX_SOCKETS, MAX_SOCKETS_PER_CLIENT = env.whole("MAX_SOCKETS", 2_000), env.whole("MAX_SOCKETS_PER_CLIENT", 200)

# HTTPS is the rule; a local run speaks plain HTTP on loopback and says so.
HTTPS = env.flag("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Browsers take cookies of such names only by HTTPS, from this very host, and for all of it.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^metrics$"]  # asked from inside, past the proxy that speaks HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- the API ---

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["operations.parsing.StrictJsonParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "operations.authentication.ApiKeyAuthentication",
        "operations.authentication.PersonAuthentication",
        "operations.authentication.OpenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["operations.permissions.MayCall"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "operations.problems.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Concord",
    "DESCRIPTION": "Post an operation, watch it, and decide what it was not sure of.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {
        "OperationStatus": "operations.states.Status",
        "OperationType": "operations.states.OperationType",
        "StepStatus": "operations.states.StepStatus",
        "Reason": "operations.states.Reason",
        "EscalationStatus": "escalations.models.Escalation.Status",
        "DecisionKind": "escalations.models.Kind",
        "HealthStatus": ["healthy", "degraded", "unhealthy"],
    },
    "AUTHENTICATION_WHITELIST": [
        "operations.authentication.ApiKeyAuthentication",
        "operations.authentication.PersonAuthentication",
    ],
}

# --- the rest ---

LOGGING = logs.configuration(LOG_DIR, env.choice("LOG_LEVEL", logs.LEVELS, "INFO"))
logs.route_structlog()
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "concord" / "static"]
TEST_RUNNER = "django.test.runner.DiscoverRunner"
