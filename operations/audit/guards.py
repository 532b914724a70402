"""The database itself refuses to change the trail: triggers on both PostgreSQL and SQLite.

What was written stays as it was written. The sealer may set an entry's place in the chain, once; and the words of a
reason may be taken out, which leaves their digest. Who owns the database can remove the triggers: that is what the
chain is for.
"""

from typing import Any

from django.db import transaction

TABLE = "audit_entry"
CONTENT: tuple[str, ...] = (
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "action",
    "target_kind",
    "target_id",
    "before",
    "after",
    "address",
)
CONTENT += ("request_id", "operation_id", "source")
SEAL = ("sequence", "previous", "hash", "key_id", "reason_digest")
NAMES = ("audit_keep", "audit_change")
WORDS = "the audit trail is only ever added to"


def install(apps: Any, schema_editor: Any) -> None:
    """For a migration: put the triggers in place."""
    for statement in statements(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


def remove(apps: Any, schema_editor: Any) -> None:
    for statement in removals(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


def put_back(connection: Any) -> None:
    """Put the triggers in place, also where some of them are."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in [*removals(connection.vendor), *statements(connection.vendor)]:
            cursor.execute(statement, None)


def there(connection: Any) -> bool:
    """Are the triggers in place and at work?"""
    if connection.vendor == "postgresql":
        query = "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D' AND tgrelid = %s::regclass"
        expected = 3
    else:
        query, expected = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", 2
    with connection.cursor() as cursor:
        cursor.execute(query, [TABLE])
        return cursor.fetchone()[0] == expected


def statements(vendor: str) -> list[str]:
    return _postgresql() if vendor == "postgresql" else _sqlite()


def removals(vendor: str) -> list[str]:
    if vendor == "postgresql":
        triggers = [f"DROP TRIGGER IF EXISTS {name} ON {TABLE}" for name in (*NAMES, "audit_empty")]
        return [*triggers, "DROP FUNCTION IF EXISTS audit_refuse()"]
    return [f"DROP TRIGGER IF EXISTS {name}" for name in NAMES]


def _changes(differs: str) -> str:
    """When an UPDATE is refused; ``differs`` is how the database says that two values differ, NULL being a value."""

    def other(name: str) -> str:
        return f'OLD."{name}" {differs} NEW."{name}"'

    content = " OR ".join(map(other, CONTENT))
    seal = " OR ".join(map(other, SEAL))
    reason = f'{other("reason")} AND (NEW."reason" <> \'\' OR OLD."sequence" IS NULL)'
    return f'{content} OR ({reason}) OR (OLD."sequence" IS NOT NULL AND ({seal}))'


def _postgresql() -> list[str]:
    refuse = f"""
        CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """
    change = " ".join(_changes("IS DISTINCT FROM").split())
    return [
        refuse,
        f"CREATE TRIGGER audit_keep BEFORE DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        f"CREATE TRIGGER audit_empty BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
        f"CREATE TRIGGER audit_change BEFORE UPDATE ON {TABLE} FOR EACH ROW WHEN ({change})"
        " EXECUTE FUNCTION audit_refuse()",
    ]


def _sqlite() -> list[str]:
    raised = f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    return [
        f"CREATE TRIGGER audit_keep BEFORE DELETE ON {TABLE} {raised}",
        f"CREATE TRIGGER audit_change BEFORE UPDATE ON {TABLE} WHEN {_changes('IS NOT')} {raised}",
    ]
