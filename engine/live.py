"""The models that are CURRENT, in a process that runs for months: a promotion or rollback takes effect with the next photo."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path

from engine import bundle
from engine.appraise import Models, load_models
from engine.errors import ModelError
from engine.quality import active_version
from engine.recognition import Rule

log = logging.getLogger(__name__)

TASKS = ("display", "clarity", "meter_type", "good_bad", "details")

_Versions = tuple[Path | None, ...]


@dataclass(kw_only=True)
class LiveModels:
    """Loads the models when first asked, and anew after `CURRENT` of any task changed. Safe to use from several threads."""

    models_dir: Path
    cache: Path
    threads: int
    rule: Rule = Rule.JOINT  # what decides the meter type
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _loaded: tuple[_Versions, Models] | None = field(default=None, repr=False)

    def get(self) -> Models:
        """The models to judge the next photo with; reading five one-line files tells whether they are still CURRENT.

        Raises `ModelError` where the first load finds a damaged model. Later, what judged before goes on judging: a bad
        version that somebody promoted must not stop the intake.
        """
        with self._lock:  # a load may convert for seconds; the others wait for it instead of doing it again
            if self._loaded is None:
                self._loaded = self._load(self._versions())
                return self._loaded[1]
            seen, models = self._loaded
            versions = self._versions_or(seen)
            if versions != seen:
                self._loaded = versions, models  # tried once, not with every photo; the next promotion is tried again
                try:
                    self._loaded = self._load(versions)
                except ModelError as error:
                    log.error("What judged before goes on judging, for the promoted model cannot be loaded: %s", error)
            return self._loaded[1]

    def _versions(self) -> _Versions:
        thresholds = Path(active_version(self.models_dir))  # a version's content never changes: its name is enough
        return (*(bundle.current(self.models_dir, task) for task in TASKS), thresholds)

    def _versions_or(self, seen: _Versions) -> _Versions:
        try:
            return self._versions()
        except ModelError:  # a CURRENT that names nothing: somebody's slip, said on the pages
            return seen

    def _load(self, versions: _Versions) -> tuple[_Versions, Models]:
        return versions, load_models(self.models_dir, cache=self.cache, threads=self.threads, rule=self.rule)
