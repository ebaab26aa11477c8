"""What happens in custodes, written into the log before it happens: who did what, why, and by which charter.

Charter and ledger know nothing of each other; here they meet. Whoever wants to do something that has to be known about
asks the journal, which returns once a leaf of it is durable, or refuses.
"""

from custodes.journal.archive import CharterArchive
from custodes.journal.consultations import ConsultationLog
from custodes.journal.entry import Entry, Kind, Logged
from custodes.journal.journal import Journal
from custodes.journal.permit import Permit
from custodes.journal.witnessing import Witnessing

__all__ = ["CharterArchive", "ConsultationLog", "Entry", "Journal", "Kind", "Logged", "Permit", "Witnessing"]
