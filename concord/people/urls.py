"""One's own account, below /console/account."""

from django.urls import path

from concord.people.views import account, codes

app_name = "account"
urlpatterns = [
    path("account", account.account, name="account"),
    path("account/sessions/end", account.end_session, name="end-session"),
    path("account/password", account.password, name="password"),
    path("account/confirm", account.confirm, name="confirm"),
    path("account/totp", codes.enrol, name="totp"),
    path("account/totp/remove", codes.remove, name="remove-totp"),
    path("account/totp/codes", codes.new_codes, name="new-codes"),
]
