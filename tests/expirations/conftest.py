"""What tests of ending access share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.kit.db import db

In = Callable[..., datetime]


@pytest.fixture
def in_time(cast: Any) -> In:
    """``in_time(days=7)``: a moment so far from the database's present."""
    moment: datetime = db.session.scalar(select(func.now()))
    return lambda **distance: moment + timedelta(**distance)
