"""What starts the flows: Celery tasks, ticker, watchers, the vault process."""
