"""The book's faces, cut down to the characters that it uses: made once, and the result is committed.

``python -m press fonts`` fetches three packages of the npm registry, holds them to their hashes, and writes the woff2 files of
``book/_static/fonts`` with the licences and ``faces.json``, which says of each file where it is from, its hash and its
characters. It needs ``npm`` and ``pip install 'fonttools[woff]'``; nothing else in the press does.
"""

import argparse
import base64
import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("book/_static/fonts")
RECORD = "faces.json"

# Beside Latin letters: Greek, raised and lowered digits, arrows and the signs that stand in the book's text without being set as
# mathematics. A face gets those of them that it has; what it lacks is drawn in the next face of the style sheet's list.
LATIN = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180)]))
GREEK = "".join(map(chr, [*range(0x391, 0x3A2), *range(0x3A3, 0x3CA)])) + "ϑϕϵ"
SIGNS = "–—‖‘’‚“”„†‡•…‰′″‹›€№™⁰ⁱ⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ₀₁₂₃₄₅₆₇₈₉₊₋←↑→↓↔↗↘∂∆∈∏∑−∕∘√∞∩∪∫≈≠≡≤≥⊙⌊⌋⌈⌉□▲△▶▼◀◆○●✓✗ᵀ\u2009\u200a\u202f"
LETTERS = LATIN + GREEK + SIGNS
CODE = LATIN[: 95 + 96] + GREEK + SIGNS


@dataclass(frozen=True)
class Package:
    """A package of the npm registry, held to the hash of its archive."""

    name: str
    sha512: str
    licence: str


@dataclass(frozen=True)
class Face:
    """One file: out of which package, from which of its files, and which characters."""

    file: str
    package: Package
    source: str
    characters: str
    features: str = "ccmp,kern,mark,mkmk,locl,liga,lnum,tnum"


SERIF = Package(
    "@expo-google-fonts/source-serif-4@0.4.1",
    "Ej4UXDjW1kwYPHG8YLq6fK1bqnJGb3K35J3S5atSL0ScKFAFLKvndxoTWeCls7mybtlS9x99hzwDeXCBkiI3rA==",
    "LICENSE_FONT",
)
INTER = Package(
    "inter-ui@4.1.1",
    "451h0J29HyOmA+JXgSi/6M12tL7ZCZ8arYKZUXiOXTJpJbAKqJvFh3k5SiV3x7tKe0C0KyrKUUiQIvvZ2PQDcA==",
    "LICENSE.txt",
)
MONO = Package(
    "@expo-google-fonts/jetbrains-mono@0.4.1",
    "CslACrtMOcRwoWXCO7OMEI+9w3fukWSoBtvNz46OqPoogEuuoY0tkDY1O8sFumk8t0pC6Cx0Xr95O0TOQhpkug==",
    "LICENSE_FONT",
)
# No ligatures in code: a reader types two characters, and should see two.
FACES = [
    Face("source-serif-4-400.woff2", SERIF, "400Regular/SourceSerif4_400Regular.ttf", LETTERS),
    Face("source-serif-4-400-italic.woff2", SERIF, "400Regular_Italic/SourceSerif4_400Regular_Italic.ttf", LETTERS),
    Face("source-serif-4-600.woff2", SERIF, "600SemiBold/SourceSerif4_600SemiBold.ttf", LETTERS),
    Face("source-serif-4-600-italic.woff2", SERIF, "600SemiBold_Italic/SourceSerif4_600SemiBold_Italic.ttf", LATIN[: 95 + 96]),
    Face("inter-400.woff2", INTER, "web/Inter-Regular.woff2", LETTERS),
    Face("inter-600.woff2", INTER, "web/Inter-SemiBold.woff2", LETTERS),
    Face("jetbrains-mono-400.woff2", MONO, "400Regular/JetBrainsMono_400Regular.ttf", CODE, "ccmp,mark,mkmk,locl"),
    Face("jetbrains-mono-700.woff2", MONO, "700Bold/JetBrainsMono_700Bold.ttf", CODE, "ccmp,mark,mkmk,locl"),
]
LICENCES = {"OFL-source-serif-4.txt": SERIF, "OFL-inter.txt": INTER, "OFL-jetbrains-mono.txt": MONO}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    made = make(args.root / FOLDER)
    print(f"{sum(face['bytes'] for face in made.values()) / 1024:.0f} KB in {len(made)} files")
    return 0


def make(folder: Path) -> dict[str, dict]:
    """Write every face, the licences and the record into ``folder``; returns the record."""
    archives = {package: _fetch(package) for package in dict.fromkeys(face.package for face in FACES)}
    record = {}
    for face in FACES:
        data, characters = _cut(archives[face.package][f"package/{face.source}"], face)
        (folder / face.file).write_bytes(data)
        record[face.file] = {
            "from": f"{face.package.name}: {face.source}",
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            "characters": characters,
        }
    for name, package in LICENCES.items():
        (folder / name).write_bytes(archives[package][f"package/{package.licence}"])
    (folder / RECORD).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return record


def _fetch(package: Package) -> dict[str, bytes]:
    """The files of a package, by name."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", package.name], cwd=folder, check=True, capture_output=True)
        archive = next(Path(folder).glob("*.tgz")).read_bytes()
    found = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != package.sha512:
        raise ValueError(f"{package.name} has the hash {found}, not {package.sha512}: look at what changed before taking it")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {member.name: file.read() for member in tar if (file := tar.extractfile(member))}


def _cut(data: bytes, face: Face) -> tuple[bytes, str]:
    """The face with its characters only, as woff2, and which of them it has."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(data))
    font.recalcTimestamp = False  # the same bytes each time
    options = Options(flavor="woff2", hinting=False, desubroutinize=True, notdef_outline=True)
    options.layout_features = face.features.split(",")
    cutter = Subsetter(options)
    cutter.populate(text=face.characters)
    cutter.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    has = font.getBestCmap()
    return out.getvalue(), "".join(sorted(c for c in set(face.characters) if ord(c) in has))
