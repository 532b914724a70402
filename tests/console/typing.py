"""What a browser would send of a form on a page, without scripts."""

from html.parser import HTMLParser

Fields = dict[str, list[str]]


class Form(HTMLParser):
    """The inputs of the form with ``form_id``, as they stand on the page."""

    def __init__(self, page: str, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.fields: Fields = {}
        self.select = ""
        self.options: list[tuple[str, bool]] = []
        self.textarea: list[str] | None = None
        self.name = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        if not self.inside:
            return
        if tag == "input" and "name" in given:
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self._add(given["name"], given.get("value", ""))
        elif tag == "select":
            self.select, self.options = given["name"], []
        elif tag == "option" and self.select:
            self.options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self.name, self.textarea = given["name"], []

    def handle_data(self, data: str) -> None:
        if self.textarea is not None:
            self.textarea.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select" and self.select:
            chosen = [value for value, is_chosen in self.options if is_chosen] or [self.options[0][0]]
            self._add(self.select, chosen[0])
            self.select = ""
        elif tag == "textarea" and self.textarea is not None:
            # Browsers drop a first line end, and send all others as two characters.
            self._add(self.name, "".join(self.textarea).removeprefix("\n").replace("\n", "\r\n"))
            self.textarea = None

    def _add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)


def sent(page: str, form_id: str, **typed: str) -> Fields:
    """The form's fields as they stand there, with what is ``typed`` over them."""
    return Form(page, form_id).fields | {name: [value] for name, value in typed.items()}
