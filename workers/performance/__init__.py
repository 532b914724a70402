"""performance: says how Concord is, how quick it is, whether two copies of data agree, and how far the loading is."""

from workers.contract import Worker
from workers.performance.analyze_performance import analyze_performance
from workers.performance.check_data_parity import check_data_parity
from workers.performance.monitor_health import monitor_health
from workers.performance.track_completion import track_completion

worker = Worker("performance", "1.1", [monitor_health, analyze_performance, check_data_parity, track_completion])
