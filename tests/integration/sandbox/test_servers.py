"""The building blocks that every integration test stands on."""

from __future__ import annotations

import subprocess
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from botocore.exceptions import ClientError, SSLError


def settings(server) -> dict[str, str]:
    return dict(server.execute("SELECT name, setting FROM pg_settings"))


def test_a_primary_has_what_backups_and_failover_need(primary):
    actual = settings(primary)
    assert actual["wal_level"] == "logical"
    assert actual["data_checksums"] == "on"
    assert actual["wal_log_hints"] == "on"
    assert actual["wal_retrieve_retry_interval"] == "100"
    assert actual["max_slot_wal_keep_size"] == "1024"
    name = primary.create_database(script="CREATE EXTENSION amcheck; CREATE EXTENSION pg_stat_statements")
    assert primary.execute("SELECT count(*) > 0 FROM pg_stat_statements", dbname=name) == [(True,)]


def test_a_standby_streams_through_its_slot(primary, standby):
    assert standby.execute("SELECT pg_is_in_recovery()") == [(True,)]
    assert primary.execute("SELECT active FROM pg_replication_slots") == [(True,)]


def test_a_wrong_password_is_refused(primary):
    wrong = primary.dsn().replace(primary.cluster.password, "wrong")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(wrong)


def test_a_killed_server_starts_again_and_a_stopped_one_leaves_nothing(start_primary):
    server = start_primary("victim")
    server.execute("CREATE TABLE kept AS SELECT 1 AS n; CHECKPOINT")
    server.cluster.kill()
    assert server.cluster.pid is None
    server.cluster.start()
    assert server.execute("SELECT n FROM kept") == [(1,)]
    segment = (server.cluster.data / "postmaster.pid").read_text().splitlines()[6].split()[1]
    server.cluster.kill()
    server.cluster.clear_leftovers()
    listed = subprocess.run(["ipcs", "-m"], capture_output=True, text=True, check=True).stdout
    assert segment not in [line.split()[1] for line in listed.splitlines() if len(line.split()) > 2]
    assert not (server.cluster.data / "postmaster.pid").exists()


def test_postgresql_never_runs_as_root(primary):
    assert Path(f"/proc/{primary.cluster.pid}").stat().st_uid != 0
    assert primary.cluster.data.stat().st_uid != 0


def test_the_store_keeps_versions_and_locks(object_store_server):
    bucket = object_store_server.bucket(lock_days=1)
    client = object_store_server.client
    client.put_object(Bucket=bucket, Key="key", Body=b"one")
    locked = client.head_object(Bucket=bucket, Key="key")
    assert locked["ObjectLockMode"] == "GOVERNANCE"
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(Bucket=bucket, Key="key", VersionId=locked["VersionId"])


def test_the_store_refuses_a_reader_that_writes_and_a_stranger(object_store_server):
    import boto3
    from botocore.config import Config

    bucket = object_store_server.bucket()
    object_store_server.client.put_object(Bucket=bucket, Key="key", Body=b"one")

    def client(access: str, secret: str):
        return boto3.client(
            "s3",
            endpoint_url=object_store_server.endpoint,
            region_name="us-east-1",
            verify=str(object_store_server.ca_file),
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            config=Config(s3={"addressing_style": "path"}),
        )

    reader = object_store_server.reader
    with closing(client(reader.access_key, reader.secret_key)) as reading:
        assert reading.get_object(Bucket=bucket, Key="key")["Body"].read() == b"one"
        with pytest.raises(ClientError, match="AccessDenied"):
            reading.put_object(Bucket=bucket, Key="other", Body=b"two")
    with (
        closing(client(reader.access_key, "wrong")) as stranger,
        pytest.raises(ClientError, match="Signature"),
    ):
        stranger.get_object(Bucket=bucket, Key="key")


def test_the_store_is_trusted_only_by_its_own_authority(object_store_server, monkeypatch):
    import boto3

    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    client = boto3.client(
        "s3",
        endpoint_url=object_store_server.endpoint,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    with pytest.raises(SSLError):
        client.list_buckets()
