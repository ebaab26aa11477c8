"""`custodes analyze`: whole files, as fast as the machine allows."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from custodes.app.console import complain, err, out
from custodes.app.settings import load_perception
from custodes.domain.errors import CustodesError
from custodes.perceive.settings import DetectorSettings
from custodes.pipeline.analysis import Models
from custodes.pipeline.analyze import Analysis, Effort, analyze_file
from custodes.pipeline.settings import PerceptionSettings

_BAD_INPUT = 2
_MOST_LISTED = 3


def analyze(
    videos: Annotated[list[Path], typer.Argument(help="Video files.", metavar="VIDEO...", show_default=False)],
    out_folder: Annotated[
        Path, typer.Option("--out", help="Folder for the results; each video gets a folder of its own in it.")
    ],
    rules: Annotated[
        Path | None,
        typer.Option("--rules", help="TOML file with zones, tripwires and redaction, as under one camera of a server."),
    ] = None,
) -> None:
    """Redact, track and count in video files.

    For each video, DIR/NAME holds `redacted.mp4`, `events.jsonl`, `tracks.csv` (MOT format), `counts.json` and
    `events.png`, a contact sheet. An input that is no usable video is named in one line, the others are done, and the
    exit code is 2.
    """
    settings = load_perception(rules) if rules else PerceptionSettings()
    loaded = Models.load(DetectorSettings())
    done: list[Analysis] = []
    failed = 0
    effort = Effort()
    with _progress() as progress, ThreadPoolExecutor(max_workers=psutil.cpu_count(logical=False) or 1) as pool:
        jobs = [
            (video, pool.submit(_analyze_one, video, folder, settings, loaded, effort, progress))
            for video, folder in zip(videos, _folders(videos, out_folder), strict=True)
        ]
        for video, job in jobs:
            failed += not _collect(video, job, done)
    if done:
        out.print(_summary(done, effort.cameras_per_core))
        for item in done:
            out.print(f"Results: {item.folder}", markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(_BAD_INPUT)


def _folders(videos: list[Path], out_folder: Path) -> list[Path]:
    """Return a folder for each video, named after it; videos of the same name are told apart by a number."""
    taken: dict[str, int] = {}
    folders = []
    for video in videos:
        taken[video.stem] = number = taken.get(video.stem, 0) + 1
        folders.append(out_folder / (video.stem if number == 1 else f"{video.stem}-{number}"))
    return folders


def _analyze_one(  # noqa: PLR0917  as the pool calls it
    video: Path, folder: Path, settings: PerceptionSettings, loaded: Models, effort: Effort, progress: Progress
) -> Analysis:
    task: TaskID | None = None

    def show(frames: int, total: int | None, fps: float, cameras_per_core: float) -> None:
        nonlocal task
        if task is None:
            task = progress.add_task(video.name, total=total, speed="")
        progress.update(
            task, completed=frames, total=total, speed=f"{fps:.0f} fps, {cameras_per_core:.1f} cameras a core"
        )

    try:
        return analyze_file(video, folder, settings, loaded, effort, show)
    finally:
        if task is not None:
            progress.stop_task(task)


def _collect(video: Path, job: Future[Analysis], done: list[Analysis]) -> bool:
    try:
        done.append(job.result())
    except CustodesError as error:
        complain(error, str(video))
        return False
    return True


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.completed}/{task.total} frames, {task.fields[speed]}, ETA"),
        TimeRemainingColumn(compact=True),
        console=err,
    )


def _summary(done: list[Analysis], cameras_per_core: float) -> Table:
    table = Table("video", "frames", "fps", "tracks", "events", "blanked", title="Analysed")
    table.caption = f"{cameras_per_core:.1f} cameras/core, all files together"
    for item in done:
        table.add_row(
            item.video.name,
            str(item.frames),
            f"{item.fps:.0f}",
            _listed(item.tracks),
            _listed(item.events),
            str(item.blanked),
        )
    return table


def _listed(counts: dict[str, int]) -> str:
    """Return the largest of `counts` in words."""
    largest = sorted(counts.items(), key=lambda item: -item[1])
    words = [f"{count} {name}" for name, count in largest[:_MOST_LISTED]]
    rest = sum(count for _, count in largest[_MOST_LISTED:])
    return ", ".join(words + ([f"{rest} other"] if rest else [])) or "none"
