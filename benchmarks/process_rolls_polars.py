"""polars alone, in its quickest way: lazily, all columns as text, to Parquet. Prints seconds and peak bytes as JSON."""

import json
import resource
import sys
import time
from pathlib import Path

import polars as pl

folder, work = Path(sys.argv[2]), Path(sys.argv[3])
started = time.perf_counter()
pl.scan_csv(folder / "NAL16P202501.csv", infer_schema=False).sink_parquet(work / "roll.parquet")
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "peak": peak}))
