"""Analysts' rules in the admin: written, tried on a sample, switched on and off. What was written stays."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from workers.contract import ActionError
from workers.data_quality.rule_sets import reading, sampling, stored
from workers.data_quality.rule_sets.mistakes import Unfit, Unusable
from workers.data_quality.rule_sets.testing import failures
from workers.warehouse.quality_rules import QualityRule

EXAMPLE = """\
name: price-known
dataset: SDF
severity: warning
level: 2
basis: a qualified sale has a price
check:
  kind: implies
  when: [{column: QUAL_CD, op: in, value: ["01", "02"]}]
  then: [{column: SALE_PRC, op: filled}]
tests:
  - keeps: [{QUAL_CD: "01", SALE_PRC: 250000}, {QUAL_CD: "11", SALE_PRC: null}]
  - breaks: [{QUAL_CD: "01", SALE_PRC: null}]
"""


class RuleForm(forms.ModelForm):
    text = forms.CharField(
        label="Rule",
        help_text="One rule in YAML. Another text is another version; none is in force before it is switched on.",
        widget=forms.Textarea(attrs={"rows": 24, "cols": 100, "spellcheck": "false"}),
        max_length=reading.MAX_BYTES,
        initial=EXAMPLE,
    )

    class Meta:
        model = QualityRule
        fields = ["text"]

    def clean_text(self) -> str:
        """The text, if it is a rule; otherwise every mistake in it. Its tests may fail as long as it is off."""
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
        try:
            rule = reading.one_rule(text)
            stored.check_name(rule)
        except Unusable as error:
            raise ValidationError([str(mistake) for mistake in error.mistakes]) from error
        kept = self.instance
        if kept.pk and (rule.name, rule.dataset) != (kept.name, kept.dataset):
            raise ValidationError(f"It must stay {kept.name} of {kept.dataset}: add another rule for another name.")
        return text


class SampleForm(forms.Form):
    source = forms.CharField(label="Table or dataset", max_length=500, help_text="such as sdf_current, or its address")
    county_no = forms.IntegerField(label="County number", required=False, min_value=11, max_value=77)
    rows = forms.IntegerField(label="First rows", initial=1_000, min_value=1, max_value=sampling.MOST_ROWS)

    def sample(self) -> sampling.Sample:
        return sampling.Sample(**self.cleaned_data)


@admin.register(QualityRule)
class QualityRuleAdmin(admin.ModelAdmin):
    form = RuleForm
    list_display = ["name", "dataset", "version", "severity", "active", "created_by", "created_at", "trial"]
    list_filter = ["active", "dataset", "severity"]
    search_fields = ["name", "dataset", "text"]
    readonly_fields = ["trial", "active", "version", "created_by", "created_at", "history"]
    fields = ["text", *readonly_fields]
    actions = ["switch_off"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Findings name a rule and its version: both stay to be looked up."""
        return False

    def get_fields(self, request: HttpRequest, obj: QualityRule | None = None) -> Any:
        return self.fields if obj else ["text"]

    @admin.display(description="try, switch")
    def trial(self, rule: QualityRule) -> SafeString:
        return format_html('<a href="{}">Try it, switch it on or off</a>', _trial_url(rule))

    @admin.display
    def history(self, rule: QualityRule) -> SafeString:
        acts = (
            (f"{act.created_at:%Y-%m-%d %H:%M}", act.get_kind_display(), act.who, act.note) for act in rule.acts.all()
        )
        return format_html_join(mark_safe("<br>"), "{} {} by {} {}", acts)

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[QualityRule]) -> None:
        for rule in queryset:
            stored.switch_off(rule, who=request.user.get_username())
        self.message_user(request, f"{len(queryset)} switched off.", messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: QualityRule, form: Any, change: bool) -> None:
        """Another text is another version, and the page goes on with that one."""
        kept, is_new = stored.keep(form.cleaned_data["text"], who=request.user.get_username())
        obj.pk = kept.pk
        obj.refresh_from_db()
        if not is_new:
            self.message_user(request, f"Version {obj.version} says the same already.", messages.INFO)

    def response_add(self, request: HttpRequest, obj: QualityRule, post_url_continue: Any = None) -> HttpResponse:
        return redirect(_trial_url(obj))

    def response_change(self, request: HttpRequest, obj: QualityRule) -> HttpResponse:
        return redirect(_trial_url(obj))

    def get_urls(self) -> list[Any]:
        trial = path("<int:pk>/trial/", self.admin_site.admin_view(self.try_view), name="workers_qualityrule_trial")
        return [trial, *super().get_urls()]

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try a version on a sample and see what it finds; then switch it on, or off."""
        rule = get_object_or_404(QualityRule, pk=pk)
        if not self.has_change_permission(request, rule):
            raise PermissionDenied
        if request.method == "POST" and (act := SWITCHES.get(request.POST.get("act", ""))):
            self._switch(request, rule, act)
            return redirect(_trial_url(rule))
        form = SampleForm(request.POST or None, initial={"source": f"{rule.dataset.lower()}_current"})
        found = _tried(form, rule, request.user.get_username()) if form.is_bound and form.is_valid() else None
        context = self.admin_site.each_context(request) | {
            "title": f"Try {rule}",
            "opts": self.opts,
            "rule": rule,
            "form": form,
            "trial": found,
            "failed": failures(reading.one_rule(rule.text), stored.ADMIN),
        }
        return TemplateResponse(request, "admin/try_rule.html", context, status=422 if form.errors else 200)

    def _switch(self, request: HttpRequest, rule: QualityRule, act: Any) -> None:
        try:
            act(rule, who=request.user.get_username())
        except (stored.NotYet, IntegrityError) as error:
            said = str(error) if isinstance(error, stored.NotYet) else "Somebody else is switching it: look again."
            self.message_user(request, said, messages.ERROR)
        else:
            self.message_user(request, f"Done: {rule}.", messages.SUCCESS)


SWITCHES = {"on": stored.switch_on, "off": stored.switch_off}


def _trial_url(rule: QualityRule) -> str:
    return reverse("admin:workers_qualityrule_trial", args=[rule.pk])


def _tried(form: SampleForm, kept: QualityRule, who: str) -> sampling.Trial | None:
    """What the rule finds in the form's sample; None, with the reason in the form, if it cannot be tried there."""
    sample = form.sample()
    try:
        trial = sampling.try_on(reading.one_rule(kept.text), sample)
    except (ActionError, Unfit) as error:
        form.add_error(None, str(error))
        return None
    stored.record_trial(kept, who=who, note=f"{sample.source}: {trial}")
    return trial
