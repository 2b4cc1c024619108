"""What servers load: ``gunicorn wsgi:app`` and ``celery -A wsgi:celery_app worker`` (or ``beat``)."""

import gc

from portal.app import create_app
from portal.celery_app import celery_app

# Making the application also tells the workers their broker and their tasks.
app = create_app()
# What the application is made of lives as long as the process: a request need not wait until it was looked through.
gc.freeze()

__all__ = ["app", "celery_app"]
