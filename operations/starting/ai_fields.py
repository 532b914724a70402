"""The parameters of ai_inference, task by task."""

from operations.planning import healing
from operations.starting.fields import Field, Kind
from operations.starting.roll_fields import BASELINE, HOURS, plain

DRY_RUN = Field("dry_run", "Dry run", Kind.FLAG, "Says what it would do, and changes nothing.")
REFERENCE = '{"$dataset": "…", "rows": 1000}'

# By task: its words, and what it takes.
AI_INFERENCE: tuple[tuple[str, str, tuple[Field, ...]], ...] = (
    (
        "question",
        "Answer a question",
        (
            Field(
                "question",
                "Question",
                Kind.PROSE,
                "About the loaded data, in 3 to 1000 characters.",
                required=True,
                example="How many parcels of Duval changed hands in 2024?",
            ),
            Field("limit", "Rows to show", Kind.WHOLE, "1 to 100.", example="20"),
        ),
    ),
    (
        "use_codes",
        "Assign use codes",
        (
            Field("roll", "Roll", Kind.CHOICE, "Empty: the parcels.", plain(("NAL", "SDF"))),
            Field("counties", "Counties", Kind.COUNTIES, "None: all of them."),
            Field("threshold", "Sure from", Kind.NUMBER, "A probability; below it a person is asked.", example="0.8"),
            Field("doubt_above", "Doubt a given code above", Kind.NUMBER, "A probability.", rare=True),
            Field("rows", "Rows", Kind.JSON, "A dataset reference of a processed roll.", rare=True, example=REFERENCE),
            Field("training", "Learn from", Kind.JSON, "Another processed roll.", rare=True, example=REFERENCE),
        ),
    ),
    (
        "monitoring",
        "Look for values that do not fit",
        (
            HOURS,
            BASELINE,
            Field(
                "series",
                "Series of your own",
                Kind.JSON,
                "Values by name; empty: the installation's figures.",
                rare=True,
                example='{"rows": [100, 101, 99, 250]}',
            ),
        ),
    ),
    (
        "healing",
        "Look for trouble and mend it",
        (
            DRY_RUN,
            Field(
                "remedies",
                "Remedies",
                Kind.SEVERAL,
                "None: all. What removes data asks first.",
                plain(healing.REMEDIES),
            ),
            Field("stale_after_days", "A release is stale after", Kind.WHOLE, "Days.", example="400", rare=True),
        ),
    ),
    (
        "rules",
        "Store validation rules",
        (
            DRY_RUN,
            Field("rules", "Rules", Kind.JSON, "A list: [{name, origin, when, sets, tests}]."),
            Field(
                "restore",
                "Restore versions",
                Kind.JSON,
                "A version by rule, 0 for none.",
                rare=True,
                example='{"name": 1}',
            ),
        ),
    ),
)
