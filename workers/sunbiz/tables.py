"""The warehouse's tables of the Division's files, made of the layouts, and the views of what people ask of them."""

from django.db.backends.base.base import BaseDatabaseWrapper

from workers.sunbiz.layouts import CORPORATIONS, EVENTS, FICTITIOUS, DatasetName, Field, Kind
from workers.sunbiz.rows import PERSON
from workers.warehouse import keyed
from workers.warehouse.keyed import ORIGIN
from workers.warehouse.tables import Table
from workers.warehouse.upserts import Target

SQL_TYPES = {Kind.TEXT: "text", Kind.NAME: "text", Kind.DATE: "date"}
NUMBER = "document_number"


def _columns(fields: tuple[Field, ...], *, parts: bool = False) -> dict[str, str]:
    columns = {}
    for field in fields:
        if field.kind == Kind.FILLER:
            continue
        columns[field.name] = SQL_TYPES[field.kind]
        if parts and field.kind == Kind.NAME:
            columns |= {name: "text" for name, _ in PERSON}
    return columns


def _children(name: str, fields: tuple[Field, ...]) -> Table:
    columns = {NUMBER: "text", "position": "smallint"} | _columns(fields, parts=True)
    return Table(name, columns, (NUMBER, "position"))


ENTITY = Table("sunbiz_entity", _columns(CORPORATIONS.fields) | ORIGIN, (NUMBER,))
EVENT = Table("sunbiz_event", _columns(EVENTS.fields) | ORIGIN, (NUMBER, "sequence", "code"))
FICTITIOUS_NAME = Table("sunbiz_fictitious_name", _columns(FICTITIOUS.fields) | ORIGIN, (NUMBER,))
CHANGE = Table(
    "sunbiz_change",
    ORIGIN | {"line": "bigint", "field": "text", NUMBER: "text", "old": "text", "new": "text", "as_of": "date"},
    ("version", "file_id", "line", "field"),
)
assert CORPORATIONS.group and FICTITIOUS.group  # noqa: S101, PT018 - for the type checker
OFFICER = _children("sunbiz_officer", CORPORATIONS.group.fields)
OWNER = _children("sunbiz_fictitious_owner", FICTITIOUS.group.fields)

TARGETS: dict[DatasetName, Target] = {
    "corporations": Target(ENTITY, OFFICER, watched=("name", "status"), changes=CHANGE),
    "events": Target(EVENT),
    "fictitious": Target(FICTITIOUS_NAME, OWNER),
}
TABLES = (ENTITY, OFFICER, EVENT, FICTITIOUS_NAME, OWNER, CHANGE)

_PLACE = "{0}_address_1 AS line_1, {0}_address_2 AS line_2, {0}_city AS city, {0}_state AS state, {0}_zip AS zip"
VIEWS = {
    # Every address that an entity has, with what it is to the entity.
    "sunbiz_address": f"""
        SELECT document_number, 'principal' AS kind, {_PLACE.format("principal")}, principal_country AS country
        FROM sunbiz_entity WHERE principal_address_1 IS NOT NULL
        UNION ALL
        SELECT document_number, 'mail', {_PLACE.format("mail")}, mail_country
        FROM sunbiz_entity WHERE mail_address_1 IS NOT NULL
        UNION ALL
        SELECT document_number, 'agent', agent_address, NULL, agent_city, agent_state, agent_zip, NULL
        FROM sunbiz_entity WHERE agent_address IS NOT NULL
        UNION ALL
        SELECT document_number, 'officer', address, NULL, city, state, zip, NULL
        FROM sunbiz_officer WHERE address IS NOT NULL""",  # noqa: S608
    # The names that an entity had before: the record of a change of name bears the old one, and a name that another
    # file replaced was noted then.
    "sunbiz_former_name": """
        SELECT event.document_number, event.name AS former_name,
               coalesce(event.filed_date, event.effective_date) AS until, 'event' AS source
        FROM sunbiz_event AS event LEFT JOIN sunbiz_entity AS entity USING (document_number)
        WHERE (event.code = 'CORAPNC' OR event.name_changed = 'Y') AND event.name IS NOT NULL
              AND (entity.name IS NULL OR entity.name <> event.name)
        UNION
        SELECT document_number, old, as_of, 'file' FROM sunbiz_change WHERE field = 'name' AND old IS NOT NULL""",
}


def ensure(connection: BaseDatabaseWrapper) -> None:
    """Make the tables and views, or bring those of earlier times up to date."""
    drop_views(connection)
    for table in TABLES:
        keyed.ensure(connection, table)
    with connection.cursor() as cursor:
        for name, query in VIEWS.items():
            cursor.execute(f"CREATE VIEW {name} AS {query}")


def drop(connection: BaseDatabaseWrapper) -> None:
    """Remove all of them, with their rows."""
    drop_views(connection)
    for table in TABLES:
        keyed.drop(connection, table)


def drop_views(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name in VIEWS:
            cursor.execute(f"DROP VIEW IF EXISTS {name}")
