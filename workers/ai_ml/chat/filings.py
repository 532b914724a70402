"""What may be asked of the Division's filings: companies, their officers, and fictitious names."""

from workers.ai_ml.chat.fields import UNGROUPED, Dataset, Field

_FILINGS = {
    "llc": ("filing_type", "in", ["FLAL", "FORL"]),
    "corporation": ("filing_type", "in", ["DOMP", "DOMNP", "FORP", "FORNP"]),
    "limited partnership": ("filing_type", "in", ["DOMLP", "FORLP"]),
}
_STATUS = {"active": ("status", "equals", "A"), "inactive": ("status", "equals", "I")}
_IN_FLORIDA = dict.fromkeys(("in florida", "in fl", "in the state of florida"), ("state", "equals", "FL"))

COMPANIES = Dataset(
    name="companies",
    table="sunbiz_entity",
    nouns=("company", "companies"),
    words="business|businesses|entity",
    fields=(
        Field("document_number", "document_number", "code", "document", uses=UNGROUPED),
        Field("name", "name", "text", "company name|named|called", uses=UNGROUPED),
        Field("status", "status", "code"),
        Field("filing_type", "filing_type", "code", "type|kind"),
        Field("city", "principal_city", "text", "principal city|town"),
        Field("state", "principal_state", "code", "principal state"),
        Field("filed", "file_date", "date", "file date|filing date|formed|registered", year="filed_year"),
        Field("filed_year", "file_date", "year", "year", made="CAST(substr(CAST({} AS text), 1, 4) AS integer)"),
        Field("home_state", "formed_in", "code", "state of formation|jurisdiction"),
        Field("agent", "agent_name", "text", "registered agent|agent name", uses=UNGROUPED),
    ),
    key=("document_number",),
    shown=("document_number", "name", "status", "filing_type", "city", "state", "filed"),
    when="filed_year",
    feed="corporations",
    flags=_STATUS | _FILINGS | _IN_FLORIDA,
)
OFFICERS = Dataset(
    name="officers",
    table="sunbiz_officer",
    nouns=("officer", "officers"),
    words="",
    fields=(
        Field("document_number", "document_number", "code", "document", uses=UNGROUPED),
        Field("company", "name", "text", "company name", table="sunbiz_entity", uses=UNGROUPED),
        Field("name", "name", "text", "officer name|named|called", uses=UNGROUPED),
        Field("position", "position", "number", uses=UNGROUPED),
        Field("title", "title", "code"),
        Field("status", "status", "code", "company status", table="sunbiz_entity"),
        Field("filing_type", "filing_type", "code", "type", table="sunbiz_entity"),
    ),
    key=("document_number", "position"),
    shown=("document_number", "company", "name", "title"),
    feed="corporations",
    joined=("sunbiz_entity", "document_number"),
    flags=_STATUS,
)
FICTITIOUS = Dataset(
    name="fictitious_names",
    table="sunbiz_fictitious_name",
    nouns=("fictitious name", "fictitious names"),
    words="dba|trade name",
    fields=(
        Field("document_number", "document_number", "code", "document", uses=UNGROUPED),
        Field("name", "name", "text", "named|called", uses=UNGROUPED),
        Field("status", "status", "code"),
        # Not all of these are names of counties, so it is a text here.
        Field("county", "county", "text"),
        Field("filed", "file_date", "date", "file date|filing date|registered", year="filed_year"),
        Field("filed_year", "file_date", "year", "year", made="CAST(substr(CAST({} AS text), 1, 4) AS integer)"),
        Field("expires", "expiration_date", "date", "expiration date|expiration"),
    ),
    key=("document_number",),
    shown=("document_number", "name", "status", "county", "filed", "expires"),
    when="filed_year",
    feed="fictitious",
    flags={"active": ("status", "equals", "A")},
)
