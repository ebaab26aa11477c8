"""A HEIC file with one picture, as phones write them: HEVC in the boxes of ISO/IEC 23008-12."""

import io
import struct

import av


def heic(rgb, turns=0):
    """Return `rgb` (h, w, 3), sides even, as HEIC; shown turned left by `turns` quarter turns."""
    config, picture = _hevc(rgb)
    height, width = rgb.shape[:2]
    properties = [
        _box(b"hvcC", config),
        _full(b"ispe", struct.pack(">II", width, height)),
        _box(b"irot", bytes([turns])),
    ]
    associations = struct.pack(">IHB", 1, 1, 3) + bytes([0x81, 0x02, 0x83])
    head = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")

    def meta(at):
        return _full(
            b"meta",
            _full(b"hdlr", bytes(4) + b"pict" + bytes(13)),
            _full(b"pitm", struct.pack(">H", 1)),
            _full(b"iloc", bytes([0x44, 0x00]) + struct.pack(">HHHHII", 1, 1, 0, 1, at, len(picture))),
            _full(b"iinf", struct.pack(">H", 1), _full(b"infe", struct.pack(">HH", 1, 0) + b"hvc1\0", version=2)),
            _box(b"iprp", _box(b"ipco", *properties), _full(b"ipma", associations)),
        )

    at = len(head) + len(meta(0)) + 8
    return head + meta(at) + _box(b"mdat", picture)


def _hevc(rgb):
    """Return the decoder configuration and the one picture, its parts each after their length."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as video:
        stream = video.add_stream(
            "libx265", rate=1, options={"crf": "10", "x265-params": "log-level=none:bframes=0:info=0"}
        )
        stream.height, stream.width, stream.pix_fmt = *rgb.shape[:2], "yuv420p"
        stream.codec_context.codec_tag = "hvc1"
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
        frame.pts = 0
        video.mux(stream.encode(frame))
        video.mux(stream.encode())
    file.seek(0)
    with av.open(file) as video:
        packet = next(video.demux(video=0))
        return video.streams.video[0].codec_context.extradata, bytes(packet)


def _box(kind, *parts):
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def _full(kind, *parts, version=0):
    return _box(kind, bytes([version, 0, 0, 0]), *parts)
