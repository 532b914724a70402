"""The words that names are made of: suffixes of entities, articles, abbreviations, and what gives a party away."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ARTICLES = frozenset({"THE", "A", "AN"})

SUFFIXES = frozenset(
    {
        *(
            "LLC",
            "LC",
            "L L C",
            "LL C",
            "L LC",
            "LTD LIABILITY CO",
            "LIMITED LIABILITY COMPANY",
            "LIMITED LIABILITY CO",
        ),
        *("INC", "INCORPORATED", "CORP", "CORPORATION", "CO", "COMPANY", "LTD", "LIMITED"),
        *("LP", "L P", "LLP", "LLLP", "LIMITED PARTNERSHIP", "LIMITED LIABILITY PARTNERSHIP"),
        *("LIMITED LIABILITY LIMITED PARTNERSHIP", "PA", "P A", "PL", "PLLC", "PLC", "PROFESSIONAL ASSOCIATION"),
        *("CHARTERED", "CHTD", "PC", "NA", "SA", "GMBH", "BV", "NV", "AG"),
    }
)

# A root word and its abbreviations; the plural of either is folded before.
_ROOTS = {
    "FLORIDA": "FL FLA",
    "PROPERTY": "PROP PROPS PPTY PRPTY",
    "BUILDER": "BLDR BLDRS BLDG BUILDING",
    "ASSOCIATION": "ASSOC ASSN ASSOCIATE ASSOCIATES ASSO ASSC",
    "DEPARTMENT": "DEPT DPT",
    "FAMILY": "FAM",
    "REVOCABLE": "REV REVOC",
    "IRREVOCABLE": "IRR IRREV",
    "LIVING": "LIV LVG",
    "TRUST": "TR TRS TRST",
    "MANAGEMENT": "MGMT MGT MNGMT MGMNT",
    "INTERNATIONAL": "INTL INTERNATL",
    "NATIONAL": "NATL NAT",
    "INVESTMENT": "INV INVS INVEST INVESTOR INVST INVSTMT",
    "ENTERPRISE": "ENT ENTS ENTR ENTERP",
    "HOLDING": "HLDG HLDGS HOLD",
    "SERVICE": "SVC SVCS SERV SRVC",
    "CENTER": "CTR CNTR CENTRE CEN",
    "CONSTRUCTION": "CONST CONSTR CONSTRUCT",
    "DEVELOPMENT": "DEV DEVEL DEVELOPER DVLPMT",
    "GROUP": "GRP GP",
    "PARTNER": "PTNR PTNRS PTR PTRS PARTNERSHIP PTNRSHP PSHIP",
    "REALTY": "RLTY REAL ESTATE RE",
    "MORTGAGE": "MTG MTGE",
    "APARTMENT": "APT APTS",
    "CONDOMINIUM": "CONDO CONDOS",
    "MANUFACTURING": "MFG MANUF",
    "DISTRICT": "DIST",
    "DISTRIBUTOR": "DISTR DISTRIB DISTRIBUTING",
    "BROTHER": "BRO BROS",
    "COUNTY": "CNTY CTY",
    "UNIVERSITY": "UNIV",
    "HOSPITAL": "HOSP",
    "COMMUNITY": "COMM CMNTY",
    "ELECTRIC": "ELEC ELECTRICAL",
    "EQUIPMENT": "EQUIP",
    "FINANCIAL": "FIN FINL",
    "INSURANCE": "INS",
    "TECHNOLOGY": "TECH TECHNOL",
    "TRANSPORTATION": "TRANS TRANSP TRANSPORT",
    "HOMEOWNER": "HMOWNERS HOMEOWNERS",
    "EDUCATION": "EDUC EDUCATIONAL ED",
    "SCHOOL": "SCH SCHL",
    "CHURCH": "CH",
    "SAINT": "ST",
    "MOUNT": "MT",
    "FORT": "FT",
    "AMERICAN": "AMER",
    "RESTAURANT": "REST RESTR",
    "MEDICAL": "MED",
    "INDUSTRY": "IND INDUS INDUSTRIAL",
    "LEARNING": "LRNG",
    "ACADEMY": "ACAD",
    "NORTH": "N NO",
    "SOUTH": "S SO",
    "EAST": "E",
    "WEST": "W",
}
ABBREVIATIONS = {
    short: root for root, shorts in _ROOTS.items() for short in shorts.split() if short not in ("REAL", "ESTATE")
}

GOVERNMENT = _words("CITY COUNTY STATE TOWN VILLAGE SCHOOL BOARD DISTRICT AUTHORITY FEDERAL DEPT DEPARTMENT USA TIITF")
# Words that no person is called, so that a name with one is a company's although it has no suffix.
BUSINESS = _words(
    "HOLDING INVESTMENT PROPERTY ENTERPRISE BUILDER SERVICE GROUP PARTNER REALTY MANAGEMENT DEVELOPMENT ASSOCIATION"
    " BANK CHURCH CLUB CENTER CONSTRUCTION RESTAURANT HOME HOMES RENTAL CAPITAL VENTURE FUND FOUNDATION MINISTRY"
    " CONDOMINIUM APARTMENT INSURANCE MORTGAGE ESTATE STORE SHOP SALON INTERNATIONAL INDUSTRY TECHNOLOGY MEDICAL"
)
GENERATIONS = _words("JR SR II III IV")

NUMERALS = {
    "I": "1", "II": "2", "III": "3", "IV": "4", "V": "5", "VI": "6", "VII": "7", "VIII": "8", "IX": "9", "X": "10",
    "ONE": "1", "TWO": "2", "THREE": "3", "FOUR": "4", "FIVE": "5", "SIX": "6", "SEVEN": "7", "EIGHT": "8", "NINE": "9",
    "FIRST": "1", "SECOND": "2", "THIRD": "3",
}  # fmt: skip
