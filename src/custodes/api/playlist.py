"""HLS playlists (RFC 8216) over recorded segments."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Final

from custodes.domain.time import NS_PER_S, to_iso
from custodes.store import Segment

MEDIA_TYPE: Final = "application/vnd.apple.mpegurl"


def playlist(segments: Sequence[Segment], url: Callable[[Segment], str]) -> str:
    """Return a playlist of complete `segments`, oldest first.

    Each file begins with its init part; one is enough for all files of a stream, and a new stream is a discontinuity.

    Args:
        segments: Complete ones of one camera, in order of time; at least one.
        url: Returns the address of a segment's file.
    """
    longest_s = max(_duration_s(segment) for segment in segments)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-TARGETDURATION:{ceil(longest_s)}",
    ]
    stream = None
    for segment in segments:
        if segment.stream != stream:
            lines += [] if stream is None else ["#EXT-X-DISCONTINUITY"]
            lines.append(f'#EXT-X-MAP:URI="{url(segment)}",BYTERANGE="{segment.init_bytes}@0"')
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{to_iso(segment.start_ns)}")
            stream = segment.stream
        lines += [
            f"#EXTINF:{_duration_s(segment):.3f},",
            f"#EXT-X-BYTERANGE:{segment.bytes - segment.init_bytes}@{segment.init_bytes}",
            url(segment),
        ]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def _duration_s(segment: Segment) -> float:
    return ((segment.end_ns or segment.start_ns) - segment.start_ns) / NS_PER_S
