"""``required-version``: which releases of tslint a configuration was written for, as PEP 440 specifies versions."""

from __future__ import annotations

from tslint import __version__


class VersionError(ValueError):
    """What cannot be read as a version or a specifier of versions."""


def accepts(required: str, version: str = __version__) -> bool:
    """Whether VERSION is one of those that REQUIRED names; a version alone is that one. Raises VersionError."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # 10 ms that few configurations need
    from packaging.version import InvalidVersion, Version

    try:
        return Version(required) == Version(version)
    except InvalidVersion:
        pass
    try:
        if not required.strip():
            raise VersionError(required)
        return SpecifierSet(required).contains(version, prereleases=True)
    except InvalidSpecifier:
        raise VersionError(required) from None
