"""Settings: defaults < settings.toml in home < environment (METERSIEVE_*). Read by the `__main__` modules only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import annotated_types
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from engine.spelling import hint

ROOT = Path(__file__).resolve().parent
PREFIX = "METERSIEVE_"


class SettingsError(Exception):
    """A setting that cannot be used. The text names the key, its range and where it was set."""


class SiteSettings(BaseModel):
    """What holds for one site alone: `[sites.NAME]` in settings.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ignore: tuple[str, ...] = ()  # patterns with * and ? for names or folders that are passed over
    thresholds: dict[str, float] = Field(default_factory=dict)  # tag -> score from which it is said here; 0.5 elsewhere


class RetentionSettings(BaseModel):
    """How long the files of one outcome stay: `[retention.filed]` and the like in settings.toml. Rows stay for ever."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: float | None = Field(None, gt=0)  # files of photos that came longer ago go
    gigabytes: float | None = Field(None, gt=0)  # the oldest files go until the rest takes no more (10^9 bytes)


class Settings(BaseSettings):
    """Every knob of the product, with its unit and range."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    home: Path = Field(ROOT, description="folder that holds inbox/, sorted/ and db/")
    database: str = Field("", description="SQLAlchemy URL; empty = SQLite in home/db")
    sqlite_journal: Literal["wal", "truncate"] = Field(
        "wal", description="SQLite's journal: wal needs a local disk, truncate also works on a network share, slower"
    )
    models_dir: Path = Field(ROOT / "models", description="folder of the model bundles")
    cache_dir: Path = Field(ROOT / ".cache", description="folder for what can be made again, such as compiled models")

    meter_rule: Literal["joint", "plain"] = Field(
        "joint",
        description="what decides the meter type: joint (network, plates and labelled photos) or plain (confidence >= 0.50)",
    )
    settle_s: float = Field(2.0, ge=0, le=3600, description="seconds a file must stay unchanged before it is read")
    patience_s: float = Field(
        30.0, ge=0, le=86400, description="seconds an incomplete file may stay unchanged before it is refused"
    )
    rescan_s: float = Field(5.0, ge=0.2, le=3600, description="seconds between full looks at the inbox, whatever events say")
    max_bytes: int = Field(50_000_000, ge=1, description="largest file that is read, bytes")
    max_pixels: int = Field(120_000_000, ge=1, le=178_000_000, description="largest picture that is decoded, pixels")
    file_template: str = Field(
        "{clarity}/{meter_type}/{name}",
        description="where under sorted/ a photo goes; fields: clarity meter_type quality site year month day name",
    )
    inbox_folders: str = Field(
        "{site}/{camera}",
        description="what the folders of the inbox mean, from the top: {site}, {camera} or * for nothing",
    )
    sites: dict[str, SiteSettings] = Field(
        {}, description="per site: ignore (patterns of names that are passed over) and thresholds (score per tag)"
    )
    keep_best: bool = Field(
        False, description="of photos that show nearly the same picture, put all but the best aside under sorted/near/"
    )
    retry_limit: int = Field(
        6, ge=0, le=20, description="how often a refusal whose cause may pass is looked at again by itself, with growing pauses"
    )
    retention: dict[Literal["filed", "duplicate", "refused"], RetentionSettings] = Field(
        {}, description="per outcome: days and gigabytes after which files go; rows stay, labelled photos stay"
    )
    min_free_mb: int = Field(
        200, ge=0, le=10**7, description="MiB free on the disk below which intake pauses until there is more"
    )
    judge_processes: int = Field(2, ge=1, le=64, description="processes that judge photos of the inbox, one photo each at a time")
    judge_timeout_s: float = Field(60.0, gt=0, le=3600, description="seconds one photo may be judged before its process is ended")
    judge_memory_mb: int = Field(2048, ge=0, le=10**6, description="MiB of memory a judging process may have; 0 = no limit")
    judge_threads: int = Field(2, ge=1, le=256, description="threads the models may use")

    training_data: Path | None = Field(
        None,
        description="folder of train/, val/ and test/ photos that a training learns from beside the labels; none = labels alone",
    )
    regroup_minutes: float = Field(60.0, gt=0, le=10080, description="minutes between regroupings of the unknown meters")
    regroup_after_new: int = Field(8, ge=1, description="new unknown meters that start a regrouping before its time")
    regroup_quiet_s: float = Field(10.0, ge=0, le=3600, description="seconds without an arrival before such an early regrouping")

    notify_urls: tuple[SecretStr, ...] = Field(
        (), description="where failures are told, as Apprise addresses (mailto://, slack://, json://, ...); secret"
    )
    notify_minutes: float = Field(15.0, ge=0, le=10080, description="minutes between two messages; what happens meanwhile is one")
    drift_points: float = Field(
        15.0, gt=0, le=100, description="rise of a site's unclear share over its last 7 days, in points, that is told as drift"
    )
    hook_command: tuple[str, ...] = Field(
        (), description="program and arguments run after each filing, with the photo's row as JSON on its input"
    )
    hook_url: SecretStr = Field(SecretStr(""), description="address that gets each filed photo's row as JSON by POST; secret")
    hook_timeout_s: float = Field(10.0, gt=0, le=600, description="seconds a hook may take before it is ended")

    ui_host: str = Field("127.0.0.1", description="address the pages listen on; 0.0.0.0 opens them to the network")
    ui_port: int = Field(7860, ge=1, le=65535, description="port of the pages")

    @field_validator("home", "models_dir", "cache_dir", "training_data")
    @classmethod
    def _same_everywhere(cls, folder: Path | None) -> Path | None:
        return None if folder is None else _absolute(folder)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, then environment, then the file in home."""
        home = init_settings().get("home") or env_settings().get("home") or ROOT
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _absolute(Path(home)) / "settings.toml")

    @property
    def notify_addresses(self) -> list[str]:
        """The secret addresses of `notify_urls`."""
        return [address.get_secret_value() for address in self.notify_urls]

    @property
    def database_url(self) -> str:
        """The URL to open: the one set, or SQLite in home/db."""
        return self.database or f"sqlite:///{(self.home / 'db' / 'metersieve.sqlite').absolute().as_posix()}"


def load_settings(home: Path | None = None, **given: Any) -> Settings:
    """Read the settings; `home` and `given` are what the command line said.

    Raises `SettingsError` naming the key, the range and the source of anything unknown or out of range.
    """
    unknown = [
        name for name in os.environ if name.startswith(PREFIX) and name[len(PREFIX) :].lower() not in Settings.model_fields
    ]
    if unknown:
        raise SettingsError(_no_setting(unknown[0], [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]))
    values = {key: value for key, value in given.items() if value is not None}
    if home is not None:
        values["home"] = home
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from error
    except ValueError as error:  # a settings.toml that is no TOML
        raise SettingsError(f"settings.toml cannot be read: {error}") from error


def _absolute(folder: Path) -> Path:
    """As every process means it, whichever folder it runs in."""
    return folder.expanduser().absolute()


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        key = ".".join(map(str, problem["loc"]))
        field = Settings.model_fields.get(str(problem["loc"][0]))
        if field is None:
            lines.append(_no_setting(key, list(Settings.model_fields)))
        elif "SecretStr" in str(field.annotation):  # what was given stays untold
            lines.append(f"{key}: {problem['msg']}. {key} is {field.description}.")
        elif problem["type"] == "extra_forbidden":
            part = RetentionSettings if problem["loc"][0] == "retention" else SiteSettings
            meant = hint(str(problem["loc"][-1]), list(part.model_fields))
            lines.append(f"{key} is no key.{meant} {problem['loc'][0]} is {field.description}.")
        else:
            lines.append(
                f"{key} = {problem['input']!r}: {problem['msg']}. {problem['loc'][0]} is {field.description}{_range(field)}."
            )
    return "\n".join(lines)


def _no_setting(name: str, known: list[str]) -> str:
    return f"{name} is no setting of MeterSieve.{hint(name, known)} Known: {', '.join(Settings.model_fields)}."


def _range(field: FieldInfo) -> str:
    low = [str(m.ge) for m in field.metadata if isinstance(m, annotated_types.Ge)]
    low += [f"above {m.gt}" for m in field.metadata if isinstance(m, annotated_types.Gt)]
    high = [str(m.le) for m in field.metadata if isinstance(m, annotated_types.Le)]
    if not low and not high:
        return ""
    return f", range {low[0] if low else '...'} to {high[0] if high else '...'}"
