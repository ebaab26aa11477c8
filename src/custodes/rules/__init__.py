"""Rules turn the tracks of one camera into events: coming and going, zones, dwell, crossings, occupancy.

Pure: no clock, no I/O, no pixels. An object is followed through the flicker of its tracks, so that it makes one event
however often the detector loses it.
"""

from custodes.rules.engine import RuleEngine
from custodes.rules.settings import RulesSettings, TripwireSettings, ZoneSettings

__all__ = ["RuleEngine", "RulesSettings", "TripwireSettings", "ZoneSettings"]
