from __future__ import annotations

from pathlib import Path

import pytest

from settings import SettingsError, load_settings
from tests.photos import write


def test_defaults_then_file_then_environment_then_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(tmp_path).settle_s == 2.0
    (tmp_path / "settings.toml").write_text("settle_s = 3\nui_port = 8000")
    assert load_settings(tmp_path).settle_s == 3.0
    monkeypatch.setenv("METERSIEVE_SETTLE_S", "4")
    assert load_settings(tmp_path).settle_s == 4.0
    assert load_settings(tmp_path, settle_s=5).settle_s == 5.0
    assert load_settings(tmp_path).ui_port == 8000


def test_home_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "settings.toml").write_text("ui_port = 8001")
    monkeypatch.setenv("METERSIEVE_HOME", str(tmp_path))
    assert (load_settings().home, load_settings().ui_port) == (tmp_path, 8001)


def test_folders_from_the_environment_mean_the_same_to_every_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "ana"))
    write(tmp_path / "ana/meters", {"settings.toml": b"ui_port = 8002"})
    monkeypatch.setenv("METERSIEVE_HOME", "~/meters")
    monkeypatch.setenv("METERSIEVE_MODELS_DIR", "models")
    values = load_settings()
    assert (values.home, values.ui_port, values.models_dir) == (tmp_path / "ana/meters", 8002, tmp_path / "models")


def test_the_database_is_sqlite_in_home_unless_a_url_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(tmp_path).database_url == f"sqlite:///{tmp_path}/db/metersieve.sqlite"
    monkeypatch.setenv("METERSIEVE_DATABASE", "postgresql://host/name")
    assert load_settings(tmp_path).database_url == "postgresql://host/name"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("settle_s = -1", "settle_s = -1.*range 0 to 3600"),
        ("ui_port = 70000", "ui_port = 70000.*range 1 to 65535"),
        ("regroup_minutes = 0", "regroup_minutes = 0.*range above 0 to 10080"),
        ('settle_s = "soon"', "settle_s = 'soon'.*seconds a file must stay unchanged"),
        ("setle_s = 1", r"setle_s is no setting of MeterSieve\. Did you mean 'settle_s'\? Known: home"),
        ("[retention.filed]\nday = 1", r"retention.filed.day is no key\. Did you mean 'days'\?"),
        ("= = 1", "settings.toml cannot be read"),
        ("[sites.NORTH]\nignor = ['*.gif']", r"sites.NORTH.ignor is no key\. Did you mean 'ignore'\? sites is per site"),
        ("[sites.NORTH.thresholds]\nblur = 'low'", "sites.NORTH.thresholds.blur = 'low'.*number"),
        ("[retention.kept]\ndays = 1", "retention.kept.*'filed', 'duplicate' or 'refused'"),
        ("[retention.filed]\ndays = 0", "retention.filed.days = 0.*greater than 0"),
    ],
)
def test_a_wrong_setting_is_named_with_its_range(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_settings(tmp_path)


def test_a_misspelt_environment_variable_is_an_error_not_a_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METERSIEVE_SETLE_S", "1")
    with pytest.raises(SettingsError, match=r"METERSIEVE_SETLE_S is no setting.* Did you mean 'METERSIEVE_SETTLE_S'"):
        load_settings(tmp_path)


def test_a_site_has_its_own_ignore_list_and_thresholds(tmp_path: Path) -> None:
    text = "[sites.'NORTH 1']\nignore = ['*_thumb.jpg']\n[sites.'NORTH 1'.thresholds]\nblur = 0.8\n"
    (tmp_path / "settings.toml").write_text(text)
    site = load_settings(tmp_path).sites["NORTH 1"]
    assert (site.ignore, site.thresholds) == (("*_thumb.jpg",), {"blur": 0.8})


def test_secrets_are_neither_printed_nor_told_in_an_error(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("notify_urls = ['slack://TOKEN']\nhook_url = 'http://TOKEN'")
    assert "TOKEN" not in repr(load_settings(tmp_path))
    (tmp_path / "settings.toml").write_text("notify_urls = 'slack://TOKEN'")
    with pytest.raises(SettingsError) as said:
        load_settings(tmp_path)
    assert "notify_urls" in str(said.value)
    assert "TOKEN" not in str(said.value)
