"""Customers: who complains, by whatever number; what is known of him, and who has looked.

What this module gives is for use cases and not masked; pages read ``engine.customers.viewing``.
"""

from engine.customers.records import (
    Customer, Known, Met, by_key, get, glance, glance_at, meet, normalised, person_of, upsert,
)

__all__ = [
    "Customer", "Known", "Met", "by_key", "get", "glance", "glance_at", "meet", "normalised",
    "person_of", "upsert",
]
