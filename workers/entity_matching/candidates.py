"""Which pairs are worth comparing: those that share a telling key, the most telling keys first."""

from collections.abc import Sequence

from workers.entity_matching.engines import Engine
from workers.entity_matching.fields import Field
from workers.entity_matching.preparation import RECORD, column_of

FEWEST, PER_RECORD = 2_000_000, 25  # pairs that a rule may bring: never fewer than, and for each record
FOUND_BY = ("name", "address", "phone", "id")
SEPARATOR = "-__-"  # how Splink joins the table and the record to one id


def find(engine: Engine, tables: Sequence[str], fields: Sequence[Field]) -> int:
    """Make the table ``candidates`` of the pairs to compare, as Splink takes them; returns how many there are."""
    for table in tables:
        found = " UNION ALL ".join(_keys(engine.each, table, field, number) for number, field in enumerate(fields))
        engine.make(f"{table}_keys", f"SELECT DISTINCT rule, key, {RECORD} FROM ({found})")
    left, right = (tables[0], tables[-1])
    _choose(engine, left, right)
    order = f" AND l.{RECORD} < r.{RECORD}" if left == right else ""
    engine.make(
        "candidates",
        f"""SELECT '0' AS match_key, {_id(tables, left, "l")} AS join_key_l, {_id(tables, right, "r")} AS join_key_r
        FROM (
            SELECT DISTINCT l.{RECORD} AS left_record, r.{RECORD} AS right_record
            FROM chosen JOIN {left}_keys AS l USING (rule, key) JOIN {right}_keys AS r USING (rule, key)
            WHERE true{order}
        ) AS pair
        JOIN {left} AS l ON l.{RECORD} = left_record JOIN {right} AS r ON r.{RECORD} = right_record
        WHERE {_may_be_one(fields)}""",
    )
    return engine.count("candidates")


def _id(tables: Sequence[str], table: str, side: str) -> str:
    prefix = f"'{table}{SEPARATOR}' || " if len(tables) > 1 else ""
    return f"{prefix}{side}.{RECORD}"


def _keys(each: str, table: str, field: Field, number: int) -> str:
    if field.kind not in FOUND_BY:
        return f"SELECT 0 AS rule, '' AS key, 0 AS {RECORD} WHERE false"
    return f"SELECT {number} AS rule, {each}({column_of(field, number)}_find) AS key, {RECORD} FROM {table}"


def _choose(engine: Engine, left: str, right: str) -> None:
    """The table ``chosen`` of the keys to join by: of each rule the rarest, as many as its share of pairs allows."""
    engine.make(
        "chosen",
        f"""WITH l AS (SELECT rule, key, count(*) AS n FROM {left}_keys WHERE key <> '' GROUP BY ALL),
        r AS (SELECT rule, key, count(*) AS n FROM {right}_keys GROUP BY ALL),
        sized AS (SELECT rule, key, l.n * r.n AS pairs FROM l JOIN r USING (rule, key)),
        summed AS (SELECT *, sum(pairs) OVER (PARTITION BY rule ORDER BY pairs, key) AS so_far FROM sized)
        SELECT rule, key FROM summed, (SELECT count(*) AS records FROM {left}) AS counted
        WHERE so_far <= greatest({FEWEST}, {PER_RECORD} * records)""",
    )


def _may_be_one(fields: Sequence[Field]) -> str:
    """People, trusts and estates are no companies; where a name does not tell, it may be either."""
    tests = [
        f"({c}_party IS NULL OR {p}_party IS NULL OR {c}_party = {p}_party)"
        for c, p in (
            (f"l.{column_of(field, number)}", f"r.{column_of(field, number)}")
            for number, field in enumerate(fields)
            if field.kind == "name"
        )
    ]
    return " AND ".join(tests) or "true"
