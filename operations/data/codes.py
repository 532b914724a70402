"""What the codes of the rolls mean, in few words: from the Department of Revenue's user's guide of 2025."""

from operations.data.words import Labels, labels
from workers.ai_ml.codes import MEANINGS as USE_CODES
from workers.counties import BY_NO

QUALIFICATIONS = labels("""
    01: qualified, by the deed
    02: qualified, by evidence
    03: qualified, changed after the sale
    04: qualified, legal change
    05: qualified, several parcels
    06: qualified, crosses a county line
    11: corrective, quit-claim or tax deed, or minimum stamps
    12: to or from a financial institution
    13: cemetery lot
    14: life estate
    15: removed
    16: partial interest
    17: religious or charitable
    18: government
    19: bankruptcy, executor or guardian
    20: utility
    21: contract for deed
    30: relatives or affiliates
    31: exchange
    32: abnormal period
    33: unbuilt common property
    34: payment of a prior contract
    35: atypical personal property
    36: atypical costs
    37: atypical exposure or motivation
    38: duress
    39: price differs from the stamps
    40: non-market financing
    41: other
    42: mortgage fraud
    43: allocated package price
    98: instrument in error
    99: discovered lately
""")
_SOLD_AS = {"V": "vacant", "I": "improved"}
_SEVERAL = {"C": "same clerk's number", "D": "same book and page"}
_CHANGED = labels("""
    1: split
    2: combined
    3: new construction
    4: deletion
    5: disaster
    6: other
    7: remodelled
    8: incomplete construction
""")
CODES: dict[str, Labels] = {
    "dor_uc": USE_CODES,
    "co_no": {str(county.no): county.name for county in BY_NO.values()},
    "lnd_unts_cd": labels("""
        1: acres
        2: square feet
        3: front feet
        4: front feet, unusual depth
        5: lots
        6: a combination
    """),
    "imp_qual": {"1": "minimum", "6": "superior"},
    "const_class": labels("""
        1: fireproof steel
        2: reinforced concrete
        3: masonry
        4: wood
        5: steel frame
    """),
    "distr_cd": labels("""
        1: toxic drywall
        2: hurricane
        3: tornado
        4: flood
        5: house fire
        6: wildfire
        7: structural
        8: sink hole
        9: contaminated
    """),
    "jv_chng_cd": labels("""
        01: value adjustment board
        02: court
        03: physical, after a petition
        04: physical, without a petition
        05: other, after a petition
        06: other, without a petition
    """),
    "spass_cd": {"1": "pollution control", "2": "conservation or recreation", "3": "building moratorium"},
    "grp_no": {"5": "lowest 5 % of the value", "6": "a parcel of 15 % or more of the value"},
    "sal_chg_cd": _CHANGED,
}
for _end in ("", "1", "2"):
    CODES[f"qual_cd{_end}"] = QUALIFICATIONS
    CODES[f"vi_cd{_end}"] = _SOLD_AS
    CODES[f"multi_par_sal{_end}"] = _SEVERAL
    CODES[f"sal_chng_cd{_end}"] = _CHANGED


def meaning(column: str, value: object) -> str:
    """What a code of the column means; empty where the value speaks for itself or is none of the known codes."""
    return CODES.get(column, {}).get(str(value), "")
