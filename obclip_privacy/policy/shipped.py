"""The policies that come with the package."""

from __future__ import annotations

from pathlib import Path

from obclip_privacy.errors import PolicyError

_PACKAGE = Path(__file__).resolve().parent.parent


def policies_folder() -> Path:
    """The folder of the shipped policies: in the installed package, or next to it in a checkout.

    Raises:
        PolicyError: neither is there.
    """
    for folder in (_PACKAGE / "policies", _PACKAGE.parent / "policies"):
        if (folder / "default.json").is_file():
            return folder
    raise PolicyError("the shipped policies are missing; install obclip again")


def shipped_names() -> tuple[str, ...]:
    """Names of the shipped policies: ``default`` first, then by name."""
    names = sorted(path.stem for path in policies_folder().glob("*.json"))
    return tuple(sorted(names, key=lambda name: name != "default"))
