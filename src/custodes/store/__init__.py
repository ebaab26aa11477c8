"""What a server remembers: events, the index of recordings, gaps, accounts, redacted thumbnails.

No column and no method takes a raw picture: imagery comes in as `RedactedStill`, and recordings lie in files of which
only the place is known here.
"""

from custodes.store.accounts import Account, Token
from custodes.store.blobs import FileBlobs
from custodes.store.bodies import Bodies, Body
from custodes.store.events import EventQuery, Page, StoredEvent
from custodes.store.figures import Figures
from custodes.store.gaps import StoredGap
from custodes.store.holds import Hold
from custodes.store.keyfile import open_texts
from custodes.store.owed import OwedEntry
from custodes.store.private import PrivateTexts
from custodes.store.segments import Segment
from custodes.store.store import Store

__all__ = [
    "Account",
    "Bodies",
    "Body",
    "EventQuery",
    "Figures",
    "FileBlobs",
    "Hold",
    "OwedEntry",
    "Page",
    "PrivateTexts",
    "Segment",
    "Store",
    "StoredEvent",
    "StoredGap",
    "Token",
    "open_texts",
]
