"""What happens to people's log-ins beyond Django's own signals (user_logged_in, user_logged_out, user_login_failed).

Each is sent once the change is in the database, with ``user`` and ``request`` (None where a command did it), and:

- password_changed: nothing more
- totp_enrolled, totp_removed: ``by``, the person or "command" who did it
- recovery_code_used: ``left``, how many there still are
- session_ended: ``count``, how many at once, and ``reason``: ended, password, deactivated
"""

from django.dispatch import Signal

password_changed = Signal()
totp_enrolled = Signal()
totp_removed = Signal()
recovery_code_used = Signal()
session_ended = Signal()
