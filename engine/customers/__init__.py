"""Customers: who complains, by whatever number; what is known of him, and who has looked.

Everything leaves masked but for ``get`` and ``by_key``, which are for use cases, not for pages.
"""

from engine.customers.records import Customer, Met, by_key, get, meet, normalised, upsert

__all__ = ["Customer", "Met", "by_key", "get", "meet", "normalised", "upsert"]
