"""Fetch one picture of a collected post and keep what it carries; then the post is due for opening again.

One download per job, each picture once: its result is a fact of the mention, also when it carries nothing. Only attachments of a
preset's size are looked at (one without a known size when a person asked), at most four a post, each at most 8 MiB and 10 s.
The decoder meets no picture larger than the presets, and one at a time in a process, so that hostile files cannot add up.
Source: mask-payload.md 13, reliability.md E5, E11.
"""

from __future__ import annotations

from threading import Lock

import structlog

from maskbot.domain.errors import Malformed, Refused, Unavailable
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.domain.mention import Mention
from maskbot.domain.post import MediaLink
from maskbot.domain.request import Fact, Need, PictureFact, PictureNeed
from maskbot.flows.act.picture_parts import picture_state
from maskbot.ports.inside import Clock, Notice
from maskbot.ports.outside import PictureSource
from maskbot.ports.store import Store
from maskbot.wire import picture

log = structlog.get_logger()
_MOST_TRIES = 3
_DECODER = Lock()


def fetch_picture(job: Job, *, store: Store, pictures: PictureSource, clock: Clock, notice: Notice) -> None:
    """Fetch the next picture of the mention `job.target_id`, and have the post opened with what it carries.

    Raises: Unavailable while tries are left; the worker then tries again. Refused (StaleLease) if the job was taken over.
    """
    with store.read() as work:
        mention = work.mentions.load([job.target_id]).get(job.target_id)
        known = {} if mention is None else work.facts.load([mention.id])[mention.id]
    if mention is None or mention.state not in {"new", "waiting"}:
        with store.write() as work:
            work.jobs.finish([job])
        return
    found: dict[Need, Fact] = {}
    links = picture_state(mention, facts=known).unread
    if links:
        found[PictureNeed(links[0].url)] = _fetch(links[0], mention, pictures=pictures, tries=job.tries)
    with store.write() as work:
        work.facts.save(mention.id, facts=found)
        work.jobs.add([NewJob(JobKind.OPEN_POST, mention.id, mention.tenant_id, clock.now_ms())])
        work.jobs.finish([job])
    notice.ring({JobKind.OPEN_POST.queue: 1})


def _fetch(link: MediaLink, mention: Mention, *, pictures: PictureSource, tries: int) -> PictureFact:
    try:
        file = pictures.fetch(link.url)
        with _DECODER:
            carried = picture.read_picture(file, password=mention.post.author.wire_author)
    except Unavailable as error:
        if tries < _MOST_TRIES:
            raise
        log.info("picture.given_up", mention_id=mention.id, error=error.kind)
        return PictureFact()
    except (Malformed, Refused) as error:
        log.info("picture.not_read", mention_id=mention.id, error=error.kind)
        return PictureFact()
    return PictureFact(text=carried) if isinstance(carried, str) else PictureFact(data=carried)
