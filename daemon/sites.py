"""What the folders of the inbox say of a photo: its site, its camera, and what a site wants passed over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from db.history import read_choices
from engine.spelling import hint

FIELDS = ("{site}", "{camera}")
ANY = "*"  # a folder that means nothing
_LISTED = 10  # sites that a message names
CHARACTERS = 120  # as `Photo.site` and `Photo.camera` hold


def check_folders(template: str) -> str | None:
    """What is wrong with a folder template, or None."""
    levels = template.split("/") if template else []
    if unknown := [level for level in levels if level not in (*FIELDS, ANY)]:
        return f"{unknown[0]!r} is no folder; between slashes stands {', '.join(FIELDS)} or {ANY}"
    if twice := [name for name in FIELDS if levels.count(name) > 1]:
        return f"{twice[0]} stands there twice"
    return None


def check_sites(names: Collection[str], template: str) -> str | None:
    """What is wrong with the sites that settings name, or None: no photo could ever be of such a site."""
    named = [name for name in names if name]
    if named and "{site}" not in template.split("/"):
        return f"sites.{named[0]} has no effect: the inbox's folders say no site. Put {{site}} into inbox_folders or take it out"
    if wrong := [name for name in named if "/" in name or len(name) > CHARACTERS]:
        return f"sites.{wrong[0]} is no folder's name: a site is one folder of the inbox, at most {CHARACTERS} characters"
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

    def has_folder(self, inbox: Path, site: str) -> bool:
        """Whether the inbox holds the site's folder, as before its first photo."""
        above = "*/" * self.template.split("/").index("{site}")
        return any(inbox.glob(above + escape(site)))

    def _folder(self, source: str, name: str) -> str | None:
        folders = source.split("/")[:-1]
        levels = self.template.split("/")
        place = levels.index(name) if name in levels else len(folders)
        return folders[place][:CHARACTERS] if place < len(folders) else None


PLAIN_FOLDERS = InboxFolders()


def unheard_sites(home: Home, database: Engine, folders: InboxFolders) -> list[str]:
    """A line for each site of the settings that has neither a photo nor a folder, though other sites have photos."""
    named = [name for name in folders.ignored if name]
    if not named:
        return []
    with Session(database) as session:
        heard = [site for site in read_choices(session).sites if site]
    strange = [name for name in named if name not in heard and not folders.has_folder(home.inbox, name)] if heard else []
    return [
        f"No photo ever came from sites.{name} of the settings.{hint(name, heard)} "
        f"Correct the name in settings.toml, or make the folder in the inbox. Sites with photos: {', '.join(heard[:_LISTED])}."
        for name in strange
    ]
