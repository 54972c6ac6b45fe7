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


#: Shipped policies that need plugins which are packages of their own.
NEED_PLUGINS = frozenset({"strict-plus"})


def shipped_names(*, with_plugins: bool = False) -> tuple[str, ...]:
    """Names of the shipped policies that the core alone can use: ``default`` first, then by name.

    Args:
        with_plugins: also those that need plugins.
    """
    names = sorted(path.stem for path in policies_folder().glob("*.json"))
    usable = [name for name in names if with_plugins or name not in NEED_PLUGINS]
    return tuple(sorted(usable, key=lambda name: name != "default"))
