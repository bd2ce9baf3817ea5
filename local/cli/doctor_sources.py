"""What `doctor` says of sources: how old the data of each are, which files wait for a person, which nobody reads."""

from collections.abc import Iterator
from typing import Final

from local.cli.finding import Finding, Health
from local.cli.target import Target

_INBOX: Final = "inbox/"
_NONE: Final = "no file of it was taken yet; what `pastdue import` stored does not count"


def sources(found: Target) -> Iterator[Finding]:
    """One finding a source, and one a file that is held."""
    from core.source import age, is_stale
    from functions.shared.store import config, inbox
    from functions.shared.store import sources as store

    entities, known = config.read().entities, store.read()
    marks = store.watermarks(known)
    for source in known.values():
        mark, zone = marks.get(source.id), entities[source.entity].zone if source.entity in entities else "UTC"
        old = age(mark, found.now, zone)
        fresh = f"at most {source.fresh_hours} hours are fresh"
        told = _NONE if old is None else f"data are {old.total_seconds() / 3600:,.0f} hours old, {fresh}"
        text = f"{source.id} of {source.entity}: {told}"
        stale = is_stale(source, mark, found.now, zone)
        again = found.command("inbox list" if mark is not None else f"inbox put FILE --source {source.id}")
        yield Finding("sources", Health.WARN if stale else Health.OK, text, again * stale)
        if mark is not None and mark.failure:
            failed = f"{source.id}: {mark.failed} is not taken, or not whole: {mark.failure}"
            yield Finding("sources", Health.WARN, failed, found.command("inbox list"))
    for entity in entities:
        for file in inbox.held(entity):
            text = f"{file.name} of {file.source} waits for a person: {file.said}"
            yield Finding("sources", Health.WARN, text, found.command(f"inbox show {file.id}"))
        strays = {file.source for file in inbox.files(entity) if file.code == "UNKNOWN_SOURCE"}
        for stray in sorted(strays - {source.id for source in known.values() if source.entity == entity}):
            text = f"files lie under inbox/{entity}/{stray}/, and {entity} has no such source: nobody reads them"
            yield Finding("sources", Health.WARN, text, found.command("inbox list"))
    for stray in sorted(_folders(found) - entities.keys()):
        text = f"files lie under inbox/{stray}/, and there is no entity {stray}: nobody reads them"
        yield Finding("sources", Health.WARN, text, found.command("config apply FOLDER"))


def _folders(found: Target) -> set[str]:
    """What stands in the inbox in the place of an entity."""
    pages = found.client("s3").get_paginator("list_objects_v2")
    asked = {"Bucket": found.outputs["InboxBucketName"], "Prefix": _INBOX, "Delimiter": "/"}
    return {
        folder["Prefix"].removeprefix(_INBOX).removesuffix("/")
        for page in pages.paginate(**asked)
        for folder in page.get("CommonPrefixes", ())
    }
