"""The tables, as SQLAlchemy describes them.

Strings are short and bounded, and there is no column of bytes or JSON: nothing here could hold a picture, or a
template that tells one person from another. Instants are wall time in nanoseconds since the Unix epoch.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table

NAMES: Final = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
"""Constraint names are spelt out, so that a later migration can name what it changes on every database."""

metadata: Final = MetaData(naming_convention=NAMES)

_camera: Final = String(40)
_name: Final = String(80)
_text: Final = String(200)

cameras: Final = Table(
    "cameras",
    metadata,
    Column("id", _camera, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("reason", _text, nullable=False),
    Column("since_ns", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("codec", String(40), nullable=False),
    Column("fps", Float, nullable=False),
    Column("analysed_fps", Float, nullable=False),
    Column("dropped", BigInteger, nullable=False),
    Column("blanked", BigInteger, nullable=False),
    Column("recording", Boolean, nullable=False),
)

camera_counts: Final = Table(
    "camera_counts",
    metadata,
    Column("camera", _camera, ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("name", _text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""Occupancy and totals of a camera's status, one row a counter."""

events: Final = Table(
    "events",
    metadata,
    Column("event_id", String(26), primary_key=True),
    Column("camera", _camera, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("rule", _name, nullable=False),
    Column("rule_version", String(64), nullable=False),
    Column("charter_version", String(64), nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=True),
    Column("class_name", String(40), nullable=False),
    Column("track_id", BigInteger, nullable=True),
    Column("zone", _name, nullable=True),
    Column("direction", String(10), nullable=True),
    Column("count", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("left_norm", Float, nullable=True),
    Column("top_norm", Float, nullable=True),
    Column("right_norm", Float, nullable=True),
    Column("bottom_norm", Float, nullable=True),
    Column("key_ns", BigInteger, nullable=False),
    Column("thumbnail", _text, nullable=True),
    Index(None, "start_ns", "event_id"),
    Index(None, "camera", "start_ns", "event_id"),
    Index(None, "kind", "start_ns", "event_id"),
    Index(None, "class_name", "start_ns", "event_id"),
    Index(None, "rule", "start_ns", "event_id"),
    Index(None, "zone", "start_ns", "event_id"),
)
"""Every filter has an index that is already in the order of the answer, so a page never sorts."""

segments: Final = Table(
    "segments",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("camera", _camera, nullable=False),
    Column("stream", String(64), nullable=False),
    Column("path", _text, nullable=False, unique=True),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=True),
    Column("bytes", BigInteger, nullable=False),
    Column("init_bytes", Integer, nullable=False),
    Column("codec", String(40), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("open", Boolean, nullable=False),
    Index(None, "camera", "start_ns", "end_ns", "id"),
)

gaps: Final = Table(
    "gaps",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("camera", _camera, nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("reason", _text, nullable=False),
    Index(None, "camera", "start_ns", "end_ns"),
)

secrets: Final = Table(
    "secrets",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", _text, nullable=False),
)
"""Digests of secrets, such as the server's password; never a secret itself."""

sessions: Final = Table(
    "sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("expires_ns", BigInteger, nullable=False, index=True),
)
