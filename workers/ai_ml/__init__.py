"""ai_ml: tells missing use codes, keeps learned rules, finds what is odd, mends what it can, answers questions."""

from workers.ai_ml.assign_use_codes import assign_use_codes
from workers.ai_ml.execute_self_healing import execute_self_healing
from workers.ai_ml.handle_chat_query import handle_chat_query
from workers.ai_ml.run_monitoring_ai import run_monitoring_ai
from workers.ai_ml.store_rules import store_rules
from workers.contract import Worker

worker = Worker(
    "ai_ml", "1.1", [assign_use_codes, store_rules, run_monitoring_ai, execute_self_healing, handle_chat_query]
)
