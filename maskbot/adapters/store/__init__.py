"""The store: SQLAlchemy Core on SQLite or PostgreSQL; `work.open_store`, `upgrade.upgrade` and `admin.Admin` are its doors."""
