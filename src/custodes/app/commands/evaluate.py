"""`custodes evaluate`: measure on anyone's data."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from custodes.app.console import out
from custodes.domain.errors import ConfigError
from custodes.evaluate import (
    evaluate_faces,
    evaluate_liveness,
    evaluate_objects,
    evaluate_redaction,
    evaluate_tracking,
)

app = typer.Typer(
    no_args_is_help=True,
    help="Measure detection, tracking, redaction, the comparison of faces and the detection of pictures of faces on "
    "your own data, with what is shipped by default.\n\n"
    "Each prints a table with N, and with --out writes raw predictions that any other scorer can check.",
)

Annotations = Annotated[Path, typer.Option("--annotations", help="COCO annotation file (JSON).")]
Images = Annotated[Path, typer.Option("--images", help="Folder of the images it names.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for raw predictions.")]


@app.command()
def objects(annotations: Annotations, images: Images, out_folder: Out = None) -> None:
    """Object detection: average precision, and precision and recall at the shipped threshold.

    Writes `detections.json` (COCO results).
    """
    _print("Objects", evaluate_objects(annotations, images, out=out_folder).rows())


@app.command()
def redaction(annotations: Annotations, images: Images, out_folder: Out = None) -> None:
    """Redaction: faces with at least 90 % of their box masked, and how much else is masked.

    Writes `redactions.json` (COCO results, one box for each mask).
    """
    _print("Redaction", evaluate_redaction(annotations, images, out=out_folder).rows())


@app.command()
def tracking(  # noqa: PLR0917  one parameter an option
    gt: Annotated[Path, typer.Option("--gt", help="Ground truth in MOT format, or a folder with gt/gt.txt.")],
    video: Annotated[Path, typer.Option("--video", help="The video it belongs to.")],
    first: Annotated[int | None, typer.Option(help="First frame to score, counted from 1.", min=1)] = None,
    last: Annotated[int | None, typer.Option(help="Last frame to score.", min=1)] = None,
    line: Annotated[
        list[str] | None, typer.Option("--line", help="Line to count crossings of: x=PIXELS or y=PIXELS. Repeatable.")
    ] = None,
    out_folder: Out = None,
) -> None:
    """Tracking of persons: HOTA, MOTA, IDF1, mean occupancy, and crossings of given lines.

    Writes `tracks.txt` (MOT format).
    """
    report = evaluate_tracking(
        gt, video, first=first, last=last, lines=[_parse_line(text) for text in line or []], out=out_folder
    )
    _print("Tracking", report.rows())


@app.command()
def faces(  # noqa: PLR0917  one parameter an option
    pairs: Annotated[
        Path | None, typer.Option("--pairs", help="CSV of pairs: columns a, b, same (1 or 0), and perhaps group.")
    ] = None,
    root: Annotated[
        Path | None, typer.Option("--root", help="Folder that the paths in --pairs begin in; its own if not given.")
    ] = None,
    identities: Annotated[
        Path | None, typer.Option("--identities", help="Instead of --pairs: a folder with a folder for each person.")
    ] = None,
    groups: Annotated[
        Path | None, typer.Option("--groups", help="CSV with columns file and group: error rates within each group.")
    ] = None,
    fmr: Annotated[
        float, typer.Option("--fmr", help="False match rate to choose a threshold for, from these pairs.", min=0, max=1)
    ] = 1e-3,
    out_folder: Out = None,
) -> None:
    """Comparison of faces: FMR and FNMR of pairs, FPIR and FNIR of searches, failures to enrol.

    The whole path is measured: finding, aligning and embedding the face that each picture is of. Pictures that cannot
    be enrolled are counted, and never match. Groups are yours to name; nothing here guesses what people are.

    Writes `scores.csv`, `failures.csv`, `det.png`, `scores.png` and `report.html`.
    """
    report = evaluate_faces(
        pairs=pairs, root=root, identities=identities, groups=groups, target_fmr=fmr, out=out_folder
    )
    _print("Faces", report.rows())


@app.command()
def liveness(
    root: Annotated[Path, typer.Option("--root", help="Folder with a folder of photos for each person.")],
    turned: Annotated[
        Path | None,
        typer.Option(
            "--turned",
            help="CSV with the columns file and side (left or right, the person's own): photos of turned heads. "
            "Without it, the photo on which a person is turned farthest to a side counts.",
        ),
    ] = None,
    closed: Annotated[
        Path | None,
        typer.Option(
            "--closed",
            help="CSV with the columns file and open: photos of closed eyes, and the photo with open eyes that each "
            "is like otherwise. Without it, only attacks on closing the eyes are staged.",
        ),
    ] = None,
    apcer: Annotated[
        float,
        typer.Option(
            "--apcer",
            help="Share of turns, and of closings, of flat pictures to choose limits for, on one half.",
            min=0,
            max=1,
        ),
    ] = 0.01,
    out_folder: Out = None,
) -> None:
    """Presentation attacks: people who turn, close their eyes and come closer as asked, and pictures that pretend to.

    Attacks are staged from the photos: flat and bent prints and screens, as a camera would see them, and found by what
    is shipped. Limits are chosen on one half of the people; all rates are of the other. It takes ten seconds a person.

    Writes `attempts.csv` and `liveness.png`.
    """
    _print("Liveness", evaluate_liveness(root, turned=turned, closed=closed, target=apcer, out=out_folder).rows())


def _parse_line(text: str) -> tuple[str, float]:
    axis, _, value = text.partition("=")
    try:
        if axis in {"x", "y"}:
            return axis, float(value)
    except ValueError:
        pass
    raise ConfigError(f"--line {text} is not understood", fix="write x=384 or y=250, in pixels")


def _print(title: str, rows: list[tuple[str, str, str]]) -> None:
    table = Table("measure", "value", "N", title=title)
    for row in rows:
        table.add_row(*row)
    out.print(table)
