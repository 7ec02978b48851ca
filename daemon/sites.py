"""What the folders of the inbox say of a photo: its site, its camera, and what a site wants passed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

FIELDS = ("{site}", "{camera}")
ANY = "*"  # a folder that means nothing
CHARACTERS = 120  # as `Photo.site` and `Photo.camera` hold


def check_folders(template: str) -> str | None:
    """What is wrong with a folder template, or None."""
    levels = template.split("/") if template else []
    if unknown := [level for level in levels if level not in (*FIELDS, ANY)]:
        return f"{unknown[0]!r} is no folder; between slashes stands {', '.join(FIELDS)} or {ANY}"
    if twice := [name for name in FIELDS if levels.count(name) > 1]:
        return f"{twice[0]} stands there twice"
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxFolders:
    """How paths below the inbox are read. `template` is sound (`check_folders`); a photo in fewer folders lacks the rest.

    `ignored` holds, per site ("" = no site), patterns with * and ?, whatever the case, for a name or folder anywhere in the
    path, or for the whole path below the inbox.
    """

    template: str = "{site}/{camera}"
    ignored: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def site(self, source: str) -> str | None:
        """The site of a file, given its path below the inbox."""
        return self._folder(source, "{site}")

    def camera(self, source: str) -> str | None:
        """The camera of a file, given its path below the inbox."""
        return self._folder(source, "{camera}")

    def is_ignored(self, source: str) -> bool:
        """Whether the file's site passes it over."""
        patterns = self.ignored.get(self.site(source) or "", ())
        names = [part.casefold() for part in (source, *source.split("/"))] if patterns else []
        return any(fnmatchcase(name, pattern.casefold()) for pattern in patterns for name in names)

    def _folder(self, source: str, name: str) -> str | None:
        folders = source.split("/")[:-1]
        levels = self.template.split("/")
        place = levels.index(name) if name in levels else len(folders)
        return folders[place][:CHARACTERS] if place < len(folders) else None


PLAIN_FOLDERS = InboxFolders()
