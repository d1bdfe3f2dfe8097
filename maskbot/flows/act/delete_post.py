"""Delete a reply of ours, because its asker wrote `delete`. Deleting twice is one deletion."""

from __future__ import annotations

from collections.abc import Callable

from maskbot.domain.job import Job
from maskbot.ports.outside import Publisher
from maskbot.ports.store import Store


def delete_post(job: Job, *, store: Store, publisher_of: Callable[[str], Publisher]) -> None:
    """Delete the post named by the job's target, `<account id>/<platform post id>`.

    Raises: what `Publisher.delete` raises; Refused (StaleLease) if the job was taken over.
    """
    account_id, _, post_id = job.target_id.partition("/")
    publisher_of(account_id).delete(post_id)
    with store.write() as work:
        work.jobs.finish([job])
