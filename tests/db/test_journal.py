from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine, text

from db.database import DatabaseError, open_database, quick_session, sqlite_url
from db.journal import Journal, network_file_system
from db.records import beat, service
from tests.archive import NOW


def mounted(monkeypatch: pytest.MonkeyPatch, **kinds: str) -> None:
    """Let the kernel say that the folders are mounted as these file systems; the root is a local disk."""
    mounts = [SimpleNamespace(mountpoint="/", fstype="ext4")]
    mounts += [SimpleNamespace(mountpoint=folder, fstype=kind) for folder, kind in kinds.items()]
    monkeypatch.setattr("db.journal.psutil.disk_partitions", lambda all: mounts)


def pragmas(database: Engine) -> tuple[str, int]:
    with database.connect() as connection:
        return tuple(connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous"))  # type: ignore[return-value]


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "fuse.sshfs", "9p"])
def test_a_database_on_a_network_share_is_refused_and_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    mounted(monkeypatch, **{str(tmp_path): kind})
    with pytest.raises(DatabaseError, match=f"{kind}.*local disk.*PostgreSQL.*sqlite_journal"):
        open_database(sqlite_url(tmp_path / "db" / "x.sqlite"))
    assert not (tmp_path / "db" / "x.sqlite").exists()


def test_on_request_a_database_on_a_network_share_keeps_a_rollback_journal_that_waits_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(monkeypatch, **{str(tmp_path): "nfs"})
    database = open_database(sqlite_url(tmp_path / "db" / "x.sqlite"), Journal.TRUNCATE)
    assert pragmas(database) == ("truncate", 2)
    with quick_session(database) as session:
        assert session.connection().exec_driver_sql("PRAGMA synchronous").scalar() == 2
        beat(session, "watcher", state="running", detail={}, now=NOW)
    with quick_session(database) as session:
        assert service(session, "watcher") is not None
    database.dispose()


def test_a_local_disk_below_a_share_and_a_share_below_a_local_disk_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "share" / "scratch").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "share")
    mounted(monkeypatch, **{str(tmp_path / "share"): "nfs4", str(tmp_path / "share" / "scratch"): "xfs"})
    assert network_file_system(tmp_path) is None
    assert network_file_system(tmp_path / "share") == "nfs4"
    assert network_file_system(tmp_path / "link") == "nfs4"
    assert network_file_system(tmp_path / "share" / "scratch") is None
    assert network_file_system(tmp_path / "shared") is None


def test_where_the_kernel_does_not_say_the_disk_counts_as_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(**_: bool) -> list[object]:
        raise FileNotFoundError("/proc is not mounted")

    monkeypatch.setattr("db.journal.psutil.disk_partitions", silent)
    assert network_file_system(tmp_path) is None


def test_what_need_not_survive_a_power_cut_is_written_without_waiting_and_the_connection_waits_again_after_it(
    database: Engine,
) -> None:
    with quick_session(database) as session:
        assert session.connection().exec_driver_sql("PRAGMA synchronous").scalar() == 1
        beat(session, "watcher", state="running", detail={}, now=NOW)
    with pytest.raises(ZeroDivisionError), quick_session(database) as session:
        beat(session, "grouping", state="running", detail={}, now=NOW)
        raise ZeroDivisionError
    assert pragmas(database) == ("wal", 2)
    with quick_session(database) as session:
        assert service(session, "watcher") is not None
        assert service(session, "grouping") is None
