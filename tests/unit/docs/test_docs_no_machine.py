"""No file names a package registry's host or a path of the machine it was written on."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# Put together from parts, so that a plain search for them finds no file at all.
HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("yarnpkg", "com"))]
HOST = re.compile("|".join(map(re.escape, HOSTS)))
ADDRESS = re.compile(r'--(?:extra-)?index-url|"resolved"\s*:|registry\s*=\s*http')
MACHINE = re.compile(r"(?<![\w.~])/(?:home|root|Users|work)/[\w.]")


def told_by(text: str) -> list[str]:
    return [match[0] for pattern in (HOST, ADDRESS, MACHINE) for match in pattern.finditer(text)]


def texts() -> list[tuple[str, str]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = []
    for name in listed.split("\0"):
        path = ROOT / name
        if name and name != str(Path(__file__).relative_to(ROOT)) and path.is_file():
            try:
                found.append((name, path.read_text(encoding="utf-8")))
            except UnicodeDecodeError:
                continue
    return found


def test_a_host_or_path_is_noticed() -> None:
    assert told_by(f"see https://{HOSTS[0]}/simple") == [HOSTS[0]]
    assert told_by('data = "/home/anna/custodes"') == ["/home/a"]
    folder = "work"
    assert told_by(f"https://example.org/{folder}/x, ~/home/x, /api/v1/cameras") == []


def test_no_file_names_a_registry_or_a_machine() -> None:
    files = texts()
    assert len(files) > 100
    assert {name: told for name, text in files if (told := told_by(text))} == {}
