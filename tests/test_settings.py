"""A setting that cannot work stops the start with one sentence that names it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def start_with(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CONCORD_VAR": str(tmp_path), "DATABASE_URL": "", "WAREHOUSE_URL": ""} | variables
    return subprocess.run(
        [sys.executable, "manage.py", "diffsettings"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"MAX_RETRIES": "many"}, "MAX_RETRIES='many' is not a whole number"),
        ({"CONFIDENCE_THRESHOLD": "high"}, "CONFIDENCE_THRESHOLD='high' is not a number"),
        ({"ESCALATION_ENABLED": "perhaps"}, "ESCALATION_ENABLED='perhaps' is neither true nor false"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL='LOUD' is none of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
        (
            {"CONCORD_VAR": "/dev/null/var"},
            "/dev/null/var cannot be made (Not a directory): set CONCORD_VAR to another folder",
        ),
        (
            {"DATABASE_URL": "postgresql://host/one", "WAREHOUSE_URL": "postgresql://host/one"},
            "DATABASE_URL and WAREHOUSE_URL name the same database: each needs one of its own",
        ),
        (
            {"FLORIDA_SOURCES": "mirror=ftp://me:secret@rolls.example/"},
            "FLORIDA_SOURCES: files are not read from ftp:// here, but from folders, file://, s3://, s3a://, gs://, "
            "gcs://, az://, abfs://, abfss://, memory://, http://, https://",
        ),
        (
            {"SUNBIZ_STATE_URL": "https://files.example/"},
            "SUNBIZ_STATE_URL: files are not read from https:// here, but from folders, file://, s3://, s3a://, gs://, "
            "gcs://, az://, abfs://, abfss://, memory://, sftp://, ssh://",
        ),
        (
            {"SUNBIZ_SOURCES": "chained=simplecache::sftp://files.example/"},
            "SUNBIZ_SOURCES: files are not read from :: here, but from folders, file://, s3://, s3a://, gs://, gcs://, "
            "az://, abfs://, abfss://, memory://, sftp://, ssh://",
        ),
    ],
)
def test_a_bad_setting_is_one_sentence(tmp_path, variables, sentence):
    ended = start_with(tmp_path, **variables)
    assert ended.returncode == 1
    assert ended.stderr == f"{sentence}\n"


def test_the_file_of_settings_gives_way_to_the_environment(tmp_path):
    dotenv = tmp_path / "settings.env"
    dotenv.write_text("# ours\nexport MAX_RETRIES=7\nOPERATION_TIMEOUT='60'\n")
    ended = start_with(tmp_path, DOTENV=str(dotenv), OPERATION_TIMEOUT="90")
    assert "MAX_RETRIES = 7 " in ended.stdout
    assert "OPERATION_TIMEOUT = 90 " in ended.stdout


def test_a_line_of_the_file_that_sets_nothing_is_named(tmp_path):
    dotenv = tmp_path / "settings.env"
    dotenv.write_text("MAX_RETRIES=7\nOPERATION_TIMEOUT\n")
    ended = start_with(tmp_path, DOTENV=str(dotenv))
    assert ended.stderr == f"{dotenv}, line 2: expected NAME=value\n"


def test_a_secret_may_lie_in_a_file(tmp_path):
    (tmp_path / "token").write_text("from a file\n")
    ended = start_with(tmp_path, WORKER_TOKEN_FILE=str(tmp_path / "token"))
    assert "WORKER_TOKEN = 'from a file'" in ended.stdout


def test_secrets_that_are_made_are_for_their_user_alone_and_stay(tmp_path):
    start_with(tmp_path)
    secret = (tmp_path / "secret_key").read_text()
    start_with(tmp_path)
    assert (tmp_path / "secret_key").read_text() == secret
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_a_worker_is_on_this_machine_unless_a_variable_says_where_it_is(tmp_path):
    told = start_with(tmp_path, WORKER_AI_ML_URL="http://ai_ml.internal:9000").stdout
    assert "'ai_ml': 'http://ai_ml.internal:9000'" in told
    assert "'florida_data': 'http://localhost:8001'" in told
