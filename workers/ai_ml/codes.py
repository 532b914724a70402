"""The Department of Revenue's use codes (DOR_UC), 000 to 099, and what each means in few words."""

_GROUPS = (
    "vacant residential|single family|mobile home|multi-family, 10 units or more|condominium|cooperative|"
    "retirement home|miscellaneous residential|multi-family, fewer than 10 units|residential common area",
    "vacant commercial|store, one story|store with office or residence|department store|supermarket|regional mall|"
    "community shopping center|office, one story|office, several stories|professional building",
    "airport, terminal or marina|restaurant|drive-in restaurant|financial institution|insurance office|"
    "repair shop or laundry|service station|car sales or repair|parking or mobile home park|wholesale outlet",
    "florist or greenhouse|drive-in theater or stadium|enclosed theater|nightclub or bar|bowling alley or arena|"
    "tourist attraction|camp|race track|golf course|hotel or motel",
    "vacant industrial|light manufacturing|heavy industrial|lumber yard|packing plant|cannery or brewery|"
    "other food processing|mineral processing|warehouse|open storage",
    "improved agricultural|cropland class I|cropland class II|cropland class III|timberland, site index 90 and above|"
    "timberland, site index 80 to 89|timberland, site index 70 to 79|timberland, site index 60 to 69|"
    "timberland, site index 50 to 59|timberland, not classified",
    "grazing land class I|grazing land class II|grazing land class III|grazing land class IV|grazing land class V|"
    "grazing land class VI|groves and orchards|poultry, bees or fish|dairy or feed lot|ornamentals",
    "vacant institutional|church|private school|private hospital|home for the aged|orphanage or charity|"
    "mortuary or cemetery|club or lodge|sanitarium|cultural organization",
    "vacant governmental|military|forest, park or recreation|public school|college|public hospital|county|state|"
    "federal|municipal",
    "leasehold interest|utility|mining land|subsurface rights|right-of-way|rivers and submerged land|"
    "sewage, waste or swamp|classified recreation or recharge|centrally assessed|acreage, not agricultural",
)
MEANINGS = {f"{number:03}": words for number, words in enumerate("|".join(_GROUPS).split("|"))}


def meaning(code: str) -> str:
    """What the code means; says so of one that does not exist."""
    return MEANINGS.get(code, "no such use code")
