"""Results on disk, one JSON object a line, so that a run that was stopped goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

FORMAT = 1


@dataclass(slots=True)
class Store:
    """The results file of one run.

    Attributes:
        path: of the file.
        header: what the results depend on; another header is another run.
        records: by their key.
    """

    path: Path
    header: Mapping[str, Json]
    records: dict[str, dict[str, Json]] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, header: Mapping[str, Json]) -> Store:
        """Open or begin a file. A last line that was cut off is dropped, and its task runs again.

        Raises:
            BadInputError: the file belongs to a run with other models or settings.
        """
        full = {"format": FORMAT, **header}
        store = cls(path, full)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [line for line in lines if _complete(line)]
        if kept and json.loads(kept[0]) != full:
            raise BadInputError(
                f"{path} belongs to a run with other models or settings; choose another folder"
            )
        if not kept:
            kept = [json.dumps(full)]
        for line in kept[1:]:
            record = json.loads(line)
            store.records[record["key"]] = record
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
        return store

    @classmethod
    def read(cls, path: Path) -> Store:
        """Read a file as it is.

        Raises:
            BadInputError: there is none.
        """
        if not path.is_file():
            raise BadInputError(f"{path}: there are no results; run obclip bench run first")
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if _complete(line)]
        if not lines or json.loads(lines[0]).get("format") != FORMAT:
            raise BadInputError(f"{path} is not a results file")
        records = [json.loads(line) for line in lines[1:]]
        return cls(path, json.loads(lines[0]), {record["key"]: record for record in records})

    def add(self, record: dict[str, Json]) -> None:
        """Keep a record, which has a ``key``."""
        self.records[str(record["key"])] = record
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")


def _complete(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
