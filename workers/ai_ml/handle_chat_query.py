"""handle_chat_query: a question about the loaded data in words, answered with the rows and the query behind it."""

from typing import Annotated

from pydantic import Field

from workers import llm
from workers.ai_ml.chat import answers, asking, grammar, loaded, running, statement
from workers.ai_ml.chat.answers import Answer, Source
from workers.ai_ml.chat.query import MOST_ROWS, Query
from workers.contract import Call, InvalidParameters, action


@action(read_only=True, expected_seconds=3)
def handle_chat_query(
    call: Call,
    question: Annotated[str, Field(min_length=3, max_length=1000, description="about the loaded data, in English")],
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS, description="rows to show where it names no number")] = 20,
) -> Answer:
    """Answer a question about parcels, sales, accounts and companies from what is loaded.

    The question becomes a typed query over a list of allowed fields, by the model if there is one, else by a small
    grammar. It is run read-only, and shown with its rows.
    """
    query, source, note = _understood(call, question, limit)
    ran = statement.made(query)
    found = running.rows(call, ran)
    return answers.made(query, ran, found, loaded.lacking(query), source, note)


def _understood(call: Call, question: str, limit: int) -> tuple[Query, Source, str]:
    """The query, who made it, and why that was not the model where there is one."""
    note = ""
    if llm.configured():
        try:
            return asking.query_of(call, question, limit), "model", ""
        except asking.NoQuery as failed:
            note = str(failed)
    try:
        return grammar.query_of(question, limit), "grammar", note
    except grammar.NotUnderstood as error:
        asked = f" The model was asked first: {note}" if note else ""
        raise InvalidParameters(f"question: {error}{asked}", field="question") from error
