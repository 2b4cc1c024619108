"""The application, as a table of contents."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from config import ROOT, Settings
from portal.kit import assets, db, i18n, logs, security, storage
from portal.kit.bounded_json import BoundedJSON

# Every package that people reach through the browser. Each has ``bp`` in its views.
PAGES = (
    "accounts",
    "clients",
    "connectors",
    "contents",
    "document_requests",
    "expirations",
    "exports",
    "feed",
    "files",
    "mailer",
    "questionnaires",
    "wizard",
    "home",
    "styleguide",
)

# Every package with delayed work or housekeeping; importing registers it.
TASKS = (
    "outbox",
    "mailer",
    "accounts",
    "clients",
    "files",
    "connectors",
    "contents",
    "document_requests",
    "exports",
    "expirations",
    "questionnaires",
    "wizard",
)

# Every package with tables.
TABLES = (
    "outbox",
    "mailer",
    "activity",
    "accounts",
    "permissions",
    "clients",
    "files",
    "questionnaires",
    "contents",
    "document_requests",
    "connectors",
    "wizard",
    "exports",
    "expirations",
)

csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address, headers_enabled=False)


def create_app(settings: Settings | None = None) -> Flask:
    """The whole application for these settings (default: those of the environment)."""
    settings = settings or Settings.from_env()
    app = Flask("portal", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.from_mapping(_flask_config(settings))
    app.json = BoundedJSON(app)
    logs.init_app(app)
    db.init_app(app)
    _load_tables()
    i18n.init_app(app, _firm_defaults)
    csrf.init_app(app)
    limiter.init_app(app)
    security.init_app(app)
    storage.init_app(app)
    assets.init_app(app)
    assets.keep_compiled(app, settings.cache)
    _behind_proxies(app, settings)
    _open_doors(app)
    _promise_work(app)
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    https = settings.portal_url.startswith("https://")
    return {
        "SETTINGS": settings,
        "SECRET_KEY": settings.secret_key,
        "PORTAL_URL": settings.portal_url,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_pre_ping": True,
            "pool_size": 8,
            "max_overflow": 8,
            "connect_args": {
                "options": "-c timezone=UTC -c lock_timeout=20s",
                # Nothing is prepared, so that every statement is planned for its own values: a generic plan of a search
                # with LIMIT took 2,854 ms where a custom one took 1.3. Not by ``plan_cache_mode``, which the checks of
                # foreign keys obey too: to plan each of those anew takes five times as long as to make it.
                "prepare_threshold": None,
            },
        },
        "TRANSLATIONS": ROOT / "translations",
        "LANGUAGES": i18n.LANGUAGES,
        "S3_PUBLIC_URL": settings.s3_public_url,
        "SESSION_COOKIE_NAME": "__Host-atrium" if https else "atrium",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        # A form that was typed for an hour must still be accepted; the session itself ends by its row.
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": https,
        "MAX_CONTENT_LENGTH": 8 * 1024 * 1024,
        "MAX_FORM_PARTS": 5000,
        "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024,
        "TRUSTED_HOSTS": _hosts(settings.portal_url),
        "RATELIMIT_STORAGE_URI": settings.redis_url.replace("unix://", "redis+unix://", 1),
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_STRATEGY": "moving-window",
        "TEMPLATES_AUTO_RELOAD": settings.development,
    }


def _hosts(portal_url: str) -> list[str]:
    """Names that this site answers to (host header attacks). On one's own machine, all names of that machine."""
    host = portal_url.split("://", 1)[1].split("/", 1)[0].rsplit(":", 1)[0]
    local = ["localhost", "127.0.0.1", "[::1]"]
    return local if host in local else [host]


def _firm_defaults() -> tuple[str, str]:
    from portal.accounts.queries import firm_defaults

    return firm_defaults()


def _load_tables() -> None:
    for package in TABLES:
        import_module(f"portal.{package}.models")


def _behind_proxies(app: Flask, settings: Settings) -> None:
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]


def _open_doors(app: Flask) -> None:
    from portal import navigation, pages
    from portal.accounts import sessions
    from portal.files.queries.why import why_refused

    sessions.init_app(app)
    pages.init_app(app)
    pages.explain_with(app, why_refused)
    navigation.init_app(app)
    for package in PAGES:
        if find_spec(f"portal.{package}.views"):
            app.register_blueprint(import_module(f"portal.{package}.views").bp)


def _promise_work(app: Flask) -> None:
    for package in TASKS:
        if find_spec(f"portal.{package}.tasks"):
            import_module(f"portal.{package}.tasks")
    from portal.celery_app import connect

    connect(app)
