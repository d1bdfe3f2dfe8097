"""Alembic migrations of the store; run by `maskbot.adapters.store.upgrade`."""
