"""The SQL store: tables, units of work, migrations."""
