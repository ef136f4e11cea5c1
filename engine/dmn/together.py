"""DMN files handed in together: each finds the models that it imports among the others."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engine.dmn.errors import DmnInvalid, finding
from engine.dmn.model import Model
from engine.dmn.parse import parse
from engine.dmn.reader import read
from engine.errors import Invalid
from engine.model import Finding


@dataclass(frozen=True, slots=True)
class Imported:
    """A model that others import, with the hash of its file and all that it imports itself.
    ``keys`` are its definitions where it is a deployed one."""

    model: Model
    sha256: str
    keys: tuple[int, ...] = ()


Elsewhere = Callable[[str, str], Imported | None]
"""(namespace, the importing file's name) → the model, where no file at hand has it."""


def imports(content: bytes, filename: str) -> tuple[str, ...]:
    """The namespaces of the DMN models that a file imports. Invalid if it cannot be read."""
    if b"import" not in content:
        return ()
    found = (one.namespace for one in read(content, filename).imports if "DMN" in one.type)
    return tuple(dict.fromkeys(found))


def namespace(content: bytes, filename: str) -> str | None:
    """The namespace by which other files import this one; None if it cannot be read."""
    try:
        return read(content, filename).namespace
    except Invalid:
        return None


class Together:
    """Parses each file once; names are those given, and each has one content."""

    def __init__(
        self, files: Iterable[tuple[str, bytes]], elsewhere: Elsewhere = lambda *_: None
    ) -> None:
        self._files = dict(files)
        self._elsewhere = elsewhere
        self._known: dict[str, Imported] = {}
        self._needed: dict[str, dict[str, Imported]] = {}
        self._names: dict[str, list[str]] | None = None

    def parse(self, filename: str) -> Imported:
        """The model of a file with all it imports. DmnInvalid (Invalid if it is no XML) for what
        cannot run, also where an import is missing, ambiguous, faulty or goes in a circle."""
        return self._parse(filename, ())

    def named(self, namespace: str, filename: str) -> Imported | None:
        """The model with a namespace that a file from elsewhere imports; raises as ``parse``."""
        return self._find(namespace, filename, ()) if self._named(namespace) else None

    def imported(self, filename: str) -> Sequence[Imported]:
        """The models that a parsed file imports."""
        return tuple(self._needed.get(filename, {}).values())

    def _parse(self, filename: str, way: tuple[str, ...]) -> Imported:
        if filename not in self._known:
            content = self._files[filename]
            needed: dict[str, Imported] = {}
            for one in imports(content, filename):
                found = self._find(one, filename, (*way, filename))
                if found is not None:
                    needed[one] = found
            models = {name: found.model for name, found in needed.items()}
            model = parse(content, filename, models)
            self._needed[filename] = needed
            self._known[filename] = Imported(model, _hash(content, needed.values()))
        return self._known[filename]

    def _find(self, name: str, filename: str, way: tuple[str, ...]) -> Imported | None:
        found = self._named(name)
        if not found:
            return self._elsewhere(name, filename)
        if len(found) > 1:
            raise DmnInvalid([ambiguous(name, filename, found)])
        other = found[0]
        if other in way:
            circle = " → ".join((*way, other))
            raise DmnInvalid([finding(
                "import", filename,
                f"导入成了循环：{circle}。", f"The imports go in a circle: {circle}.",
                remedy=("把共用的部分放进第三个文件。", "Put what both need into a third file."),
            )])  # fmt: skip
        try:
            return self._parse(other, way)
        except Invalid as error:
            raise DmnInvalid([finding(
                "import", filename,
                f"导入的 {other} 有错误：{error.zh}", f"{other}, imported, is faulty: {error.en}",
            )]) from error  # fmt: skip

    def _named(self, wanted: str) -> list[str]:
        """The files with a namespace."""
        if self._names is None:
            self._names = {}
            for filename, content in self._files.items():
                self._names.setdefault(namespace(content, filename) or "", []).append(filename)
        return self._names.get(wanted, [])


def ambiguous(name: str, filename: str, found: Iterable[str]) -> Finding:
    """The finding that several files are what one import could mean."""
    named = sorted(found)
    return finding(
        "import", filename,
        f"导入的命名空间 {name} 在 {'、'.join(named)} 里都有，无法确定用哪一个。",
        f"The imported namespace {name} is that of {', '.join(named)}.",
        remedy=("给每个模型一个自己的命名空间。", "Give each model a namespace of its own."),
    )  # fmt: skip


def _hash(content: bytes, needed: Iterable[Imported]) -> str:
    """A change of what is imported is a change of the file."""
    digest = hashlib.sha256(content)
    for one in sorted(item.sha256 for item in needed):
        digest.update(bytes.fromhex(one))
    return digest.hexdigest()
