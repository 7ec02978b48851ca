"""Settings: defaults < settings.toml in home < environment (METERSIEVE_*). Read by the `__main__` modules only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import annotated_types
from pydantic import Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

ROOT = Path(__file__).resolve().parent
PREFIX = "METERSIEVE_"


class SettingsError(Exception):
    """A setting that cannot be used. The text names the key, its range and where it was set."""


class Settings(BaseSettings):
    """Every knob of the product, with its unit and range."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    home: Path = Field(ROOT, description="folder that holds inbox/, sorted/ and db/")
    database: str = Field("", description="SQLAlchemy URL; empty = SQLite in home/db")
    models_dir: Path = Field(ROOT / "models", description="folder of the model bundles")
    cache_dir: Path = Field(ROOT / ".cache", description="folder for what can be made again, such as compiled models")

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
    judge_threads: int = Field(2, ge=1, le=256, description="threads the models may use")

    regroup_minutes: float = Field(60.0, gt=0, le=10080, description="minutes between regroupings of the unknown meters")
    regroup_after_new: int = Field(8, ge=1, description="new unknown meters that start a regrouping before its time")
    regroup_quiet_s: float = Field(10.0, ge=0, le=3600, description="seconds without an arrival before such an early regrouping")

    ui_host: str = Field("127.0.0.1", description="address the pages listen on; 0.0.0.0 opens them to the network")
    ui_port: int = Field(7860, ge=1, le=65535, description="port of the pages")

    @field_validator("home", "models_dir", "cache_dir")
    @classmethod
    def _same_everywhere(cls, folder: Path) -> Path:
        return _absolute(folder)

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
        raise SettingsError(f"{unknown[0]} is no setting of MeterSieve. Known: {', '.join(Settings.model_fields)}.")
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
        if problem["type"] == "extra_forbidden":
            lines.append(f"{key} is no setting of MeterSieve. Known: {', '.join(Settings.model_fields)}.")
        else:
            field = Settings.model_fields[key]
            lines.append(f"{key} = {problem['input']!r}: {problem['msg']}. {key} is {field.description}{_range(field)}.")
    return "\n".join(lines)


def _range(field: FieldInfo) -> str:
    low = [str(m.ge) for m in field.metadata if isinstance(m, annotated_types.Ge)]
    low += [f"above {m.gt}" for m in field.metadata if isinstance(m, annotated_types.Gt)]
    high = [str(m.le) for m in field.metadata if isinstance(m, annotated_types.Le)]
    if not low and not high:
        return ""
    return f", range {low[0] if low else '...'} to {high[0] if high else '...'}"
