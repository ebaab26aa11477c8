"""Identity: people who agreed to be recognised, and nobody else.

Everything that needs no picture: consent and receipts, templates under keys of their own, passes, comparison, and the
end of all that. Templates come in as values; what makes them of pictures is elsewhere.
"""

from custodes.identity.archive import Archive
from custodes.identity.confirmation import AdverseAction, State
from custodes.identity.consent import Consent, DataSubject, draft
from custodes.identity.enrolment import Ended, Enrolled, Enrolments
from custodes.identity.gallery import Gallery, Verifier
from custodes.identity.identities import Identities, Identity
from custodes.identity.outcome import Abstained, NotRecognised, Outcome, Reason, Recognised
from custodes.identity.passes import Pass
from custodes.identity.receipt import Receipt
from custodes.identity.rotation import Rotation
from custodes.identity.safe import TemplateSafe
from custodes.identity.template import Template
from custodes.identity.usage import use_entry
from custodes.identity.wording import Wording, languages, wording, wording_of

__all__ = [
    "Abstained",
    "AdverseAction",
    "Archive",
    "Consent",
    "DataSubject",
    "Ended",
    "Enrolled",
    "Enrolments",
    "Gallery",
    "Identities",
    "Identity",
    "NotRecognised",
    "Outcome",
    "Pass",
    "Reason",
    "Receipt",
    "Recognised",
    "Rotation",
    "State",
    "Template",
    "TemplateSafe",
    "Verifier",
    "Wording",
    "draft",
    "languages",
    "use_entry",
    "wording",
    "wording_of",
]
