"""What holds for all tests: generated examples are judged by what comes out, never by the time
a busy machine needed for them."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("bihuan", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("bihuan")
