"""The allow-list: which tables and views may be asked about, and which of their columns. Nothing else is ever read.

Rolls and filings are public records, and a question about a property may well be who owns it, so names may be looked
for and shown. What is of use to reach or to profile persons is left out: mailing and home addresses, fiduciaries, FEI
numbers, the exemptions that tell of a disability or a widow. Nor may names be grouped by, so that no question makes a
list of persons by what they own. The street of a parcel is the property's.
"""

from collections.abc import Mapping

from workers.ai_ml.chat.fields import Dataset
from workers.ai_ml.chat.filings import COMPANIES, FICTITIOUS, OFFICERS
from workers.ai_ml.chat.properties import ACCOUNTS, PARCELS, SALES

DATASETS: Mapping[str, Dataset] = {one.name: one for one in (PARCELS, SALES, ACCOUNTS, COMPANIES, OFFICERS, FICTITIOUS)}
EXAMPLES = (
    "how many parcels in Duval with just value over 500,000",
    "average price of sales by county",
    "top 10 parcels in Broward by just value",
    "sales in Saint Johns in 2025 over $1m",
    'companies whose name starts with "ACME"',
    "number of active companies by filing type",
)
