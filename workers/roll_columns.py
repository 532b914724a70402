"""What the columns of Florida's tax rolls are: their names as published, kinds and greatest widths.

The names and their order are those of the published files, which differ from the Department of Revenue's user's guide
in eight places (the guide calls a sale file's SAL_CHG_CD "SAL_CHNG_CD", for instance). Kinds and widths are the
guide's. A code stays text, since its leading zeros are part of it.

The files of non-ad-valorem assessments (NAVN, NAVD) are UNVERIFIED: no published row was seen, only a second-hand
account of the Department's navlayout.pdf, which has eight fields each and gives them no names. The names are ours. What
does not fit this layout is held, never guessed at.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a column's cells are read and kept."""

    CODE = "code"  # text whose zeros and spaces are identity
    TEXT = "text"
    MONEY = "money"  # whole dollars, never negative
    SIGNED = "signed"  # whole dollars, may be negative
    INTEGER = "integer"  # a count or an area, never negative
    DECIMAL = "decimal"  # may have a fraction, never negative
    YEAR = "year"


@dataclass(frozen=True)
class Column:
    """A column of a roll: its name in the header, its kind and the width that the guide allows."""

    name: str
    kind: Kind
    width: int


def _columns(kind: Kind, names: str) -> dict[str, Column]:
    """Columns from words such as ``DOR_UC:3``, a name and its width."""
    pairs = [word.split(":") for word in names.split()]
    return {name: Column(name, kind, int(width)) for name, width in pairs}


def _arranged(header: str, columns: dict[str, Column]) -> tuple[Column, ...]:
    return tuple(columns[name] for name in header.split())


_EXEMPTIONS = " ".join(f"EXMPT_{number:02}" for number in [*range(1, 47), 80, 81, 82])

_NAL = (
    """
CO_NO PARCEL_ID FILE_T ASMNT_YR BAS_STRT ATV_STRT GRP_NO DOR_UC PA_UC SPASS_CD JV JV_CHNG JV_CHNG_CD AV_SD AV_NSD TV_SD
TV_NSD JV_HMSTD AV_HMSTD JV_NON_HMSTD_RESD AV_NON_HMSTD_RESD JV_RESD_NON_RESD AV_RESD_NON_RESD JV_CLASS_USE
AV_CLASS_USE JV_H2O_RECHRGE AV_H2O_RECHRGE JV_CONSRV_LND AV_CONSRV_LND JV_HIST_COM_PROP AV_HIST_COM_PROP JV_HIST_SIGNF
AV_HIST_SIGNF JV_WRKNG_WTRFNT AV_WRKNG_WTRFNT NCONST_VAL DEL_VAL PAR_SPLT DISTR_CD DISTR_YR LND_VAL LND_UNTS_CD
NO_LND_UNTS LND_SQFOOT DT_LAST_INSPT IMP_QUAL CONST_CLASS EFF_YR_BLT ACT_YR_BLT TOT_LVG_AREA NO_BULDNG NO_RES_UNTS
SPEC_FEAT_VAL MULTI_PAR_SAL1 QUAL_CD1 VI_CD1 SALE_PRC1 SALE_YR1 SALE_MO1 OR_BOOK1 OR_PAGE1 CLERK_NO1 SAL_CHNG_CD1
MULTI_PAR_SAL2 QUAL_CD2 VI_CD2 SALE_PRC2 SALE_YR2 SALE_MO2 OR_BOOK2 OR_PAGE2 CLERK_NO2 SAL_CHNG_CD2 OWN_NAME OWN_ADDR1
OWN_ADDR2 OWN_CITY OWN_STATE OWN_ZIPCD OWN_STATE_DOM FIDU_NAME FIDU_ADDR1 FIDU_ADDR2 FIDU_CITY FIDU_STATE FIDU_ZIPCD
FIDU_CD S_LEGAL APP_STAT CO_APP_STAT MKT_AR NBRHD_CD PUBLIC_LND TAX_AUTH_CD TWN RNG SEC CENSUS_BK PHY_ADDR1 PHY_ADDR2
PHY_CITY PHY_ZIPCD ALT_KEY ASS_TRNSFR_FG PREV_HMSTD_OWN ASS_DIF_TRNS CONO_PRV_HM PARCEL_ID_PRV_HMSTD YR_VAL_TRNSF
"""
    + f"{_EXEMPTIONS} SEQ_NO RS_ID MP_ID STATE_PAR_ID SPC_CIR_CD SPC_CIR_YR SPC_CIR_TXT"
)

_SDF = """
CO_NO PARCEL_ID ASMNT_YR ATV_STRT GRP_NO DOR_UC NBRHD_CD MKT_AR CENSUS_BK SALE_ID_CD SAL_CHG_CD VI_CD OR_BOOK OR_PAGE
CLERK_NO QUAL_CD SALE_YR SALE_MO SALE_PRC MULTI_PAR_SAL RS_ID MP_ID STATE_PARCEL_ID
"""

_NAP = """
CO_NO ACCT_ID FILE_T ASMNT_YR TAX_AUTH_CD NAICS_CD JV_F_F_E JV_LESE_IMP JV_TOTAL AV_TOTAL JV_POL_CONTRL AV_POL_CONTRL
EXMPT_VAL TAX_VAL PEN_RATE OWN_NAM OWN_ADDR OWN_CITY OWN_STATE OWN_ZIPCD OWN_STATE_DOM FIDU_NAME FIDU_ADDR FIDU_CITY
FIDU_STATE FIDU_ZIPCD FIDU_CD PHY_ADDR PHY_CITY PHY_ZIPCD FIL ALT_KEY EXMPT ACCT_ID_CNG SEQ_NO TS_ID
"""

_REAL = (
    _columns(
        Kind.CODE,
        "PARCEL_ID:26 FILE_T:1 BAS_STRT:2 ATV_STRT:1 GRP_NO:1 DOR_UC:3 PA_UC:2 SPASS_CD:1 JV_CHNG_CD:2 PAR_SPLT:5"
        " DISTR_CD:1 LND_UNTS_CD:1 DT_LAST_INSPT:4 IMP_QUAL:1 CONST_CLASS:1 MULTI_PAR_SAL:1 QUAL_CD:2 VI_CD:1 SALE_MO:2"
        " OR_BOOK:6 OR_PAGE:6 CLERK_NO:20 SAL_CHNG_CD:1 SAL_CHG_CD:1 SALE_ID_CD:25 OWN_ZIPCD:5 OWN_STATE_DOM:2"
        " FIDU_ZIPCD:5 FIDU_CD:1 APP_STAT:1 CO_APP_STAT:1 MKT_AR:3 NBRHD_CD:10 PUBLIC_LND:1 TAX_AUTH_CD:5 TWN:3 RNG:3"
        " SEC:3 CENSUS_BK:16 PHY_ZIPCD:5 ALT_KEY:26 ASS_TRNSFR_FG:1 CONO_PRV_HM:2 PARCEL_ID_PRV_HMSTD:26 RS_ID:4"
        " MP_ID:8 STATE_PAR_ID:18 STATE_PARCEL_ID:18 SPC_CIR_CD:1",
    )
    | _columns(
        Kind.TEXT,
        "OWN_NAME:50 OWN_ADDR1:40 OWN_ADDR2:40 OWN_CITY:40 OWN_STATE:25 FIDU_NAME:30 FIDU_ADDR1:40 FIDU_ADDR2:40"
        " FIDU_CITY:40 FIDU_STATE:25 S_LEGAL:30 PHY_ADDR1:40 PHY_ADDR2:40 PHY_CITY:40 SPC_CIR_TXT:50",
    )
    | _columns(
        Kind.MONEY,
        "JV:12 AV_SD:12 AV_NSD:12 TV_SD:12 TV_NSD:12 JV_HMSTD:12 AV_HMSTD:12 JV_NON_HMSTD_RESD:12"
        " AV_NON_HMSTD_RESD:12 JV_RESD_NON_RESD:12 AV_RESD_NON_RESD:12 JV_CLASS_USE:12 AV_CLASS_USE:12"
        " JV_H2O_RECHRGE:12 AV_H2O_RECHRGE:12 JV_CONSRV_LND:12 AV_CONSRV_LND:12 JV_HIST_COM_PROP:12"
        " AV_HIST_COM_PROP:12 JV_HIST_SIGNF:12 AV_HIST_SIGNF:12 JV_WRKNG_WTRFNT:12 AV_WRKNG_WTRFNT:12 NCONST_VAL:12"
        " DEL_VAL:12 LND_VAL:12 SPEC_FEAT_VAL:12 SALE_PRC:12 ASS_DIF_TRNS:12 EXMPT_47:12 EXMPT_48:12 "
        + " ".join(f"{name}:12" for name in _EXEMPTIONS.split()),
    )
    | _columns(Kind.SIGNED, "JV_CHNG:12")
    | _columns(
        Kind.INTEGER, "CO_NO:2 LND_SQFOOT:12 TOT_LVG_AREA:12 NO_BULDNG:4 NO_RES_UNTS:4 PREV_HMSTD_OWN:2 SEQ_NO:7"
    )
    | _columns(Kind.DECIMAL, "NO_LND_UNTS:12")
    | _columns(Kind.YEAR, "ASMNT_YR:4 DISTR_YR:4 EFF_YR_BLT:4 ACT_YR_BLT:4 SALE_YR:4 YR_VAL_TRNSF:4 SPC_CIR_YR:4")
)
_SLOT_COLUMNS = (
    "MULTI_PAR_SAL",
    "QUAL_CD",
    "VI_CD",
    "SALE_PRC",
    "SALE_YR",
    "SALE_MO",
    "OR_BOOK",
    "OR_PAGE",
    "CLERK_NO",
    "SAL_CHNG_CD",
)
_SALE_SLOTS = {
    f"{name}{slot}": Column(f"{name}{slot}", _REAL[name].kind, _REAL[name].width)
    for name in _SLOT_COLUMNS
    for slot in (1, 2)
}
_TANGIBLE = (
    _columns(
        Kind.CODE,
        "ACCT_ID:20 FILE_T:1 TAX_AUTH_CD:5 NAICS_CD:6 OWN_ZIPCD:5 OWN_STATE_DOM:2 FIDU_ZIPCD:5 FIDU_CD:1 PHY_ZIPCD:5"
        " FIL:50 ALT_KEY:26 EXMPT:50 ACCT_ID_CNG:20 TS_ID:4",
    )
    | _columns(
        Kind.TEXT,
        "OWN_NAM:50 OWN_ADDR:40 OWN_CITY:40 OWN_STATE:25 FIDU_NAME:30 FIDU_ADDR:40 FIDU_CITY:40 FIDU_STATE:25"
        " PHY_ADDR:40 PHY_CITY:40",
    )
    | _columns(
        Kind.MONEY,
        "JV_F_F_E:12 JV_LESE_IMP:12 JV_TOTAL:12 AV_TOTAL:12 JV_POL_CONTRL:12 AV_POL_CONTRL:12 EXMPT_VAL:12 TAX_VAL:12",
    )
    | _columns(Kind.INTEGER, "CO_NO:2 PEN_RATE:2 SEQ_NO:7")
    | _columns(Kind.YEAR, "ASMNT_YR:4")
)

_NAV_N = "ROLL_T CO_NO PARCEL_ID TC_ACCT_NO TAX_YR TOT_ASMNT NO_ASMNT SEQ_NO"
_NAV_D = "REC_T CO_NO PARCEL_ID LEVY_ID LOC_GOV_CD FUNC_CD ASMNT_AMT SEQ_NO"
# The sequences are part of the keys, so they are texts; amounts may have cents, since nothing says that they have none.
_NON_AD_VALOREM = (
    _columns(
        Kind.CODE,
        "ROLL_T:1 REC_T:1 PARCEL_ID:26 TC_ACCT_NO:30 LEVY_ID:12 LOC_GOV_CD:1 FUNC_CD:2 SEQ_NO:7",
    )
    | _columns(Kind.DECIMAL, "TOT_ASMNT:12 ASMNT_AMT:9")
    | _columns(Kind.INTEGER, "CO_NO:2 NO_ASMNT:3")
    | _columns(Kind.YEAR, "TAX_YR:4")
)

NAL = _arranged(_NAL, _REAL | _SALE_SLOTS)
# Two exemptions for affordable housing (sections 196.19781 and 196.19782) came between EXMPT_46 and EXMPT_80.
NAL_2026_FINAL = _arranged(_NAL.replace("EXMPT_46", "EXMPT_46 EXMPT_47 EXMPT_48"), _REAL | _SALE_SLOTS)
SDF = _arranged(_SDF, _REAL)
NAP = _arranged(_NAP, _TANGIBLE)
NAV_N = _arranged(_NAV_N, _NON_AD_VALOREM)
NAV_D = _arranged(_NAV_D, _NON_AD_VALOREM)

# The columns of each type of file from the release (year, stage) on in which they came in, newest first.
PINNED: dict[str, list[tuple[tuple[int, str], tuple[Column, ...]]]] = {
    "NAL": [((2026, "F"), NAL_2026_FINAL), ((0, "S"), NAL)],
    "SDF": [((0, "S"), SDF)],
    "NAP": [((0, "S"), NAP)],
    "NAVN": [((0, "S"), NAV_N)],
    "NAVD": [((0, "S"), NAV_D)],
}
_STAGES = "SPF"  # in the order of the year: sales, preliminary, final


def pinned(file_type: str, year: int, stage: str) -> tuple[Column, ...]:
    """The columns of a file of this type, year and stage; years to come have the newest ones.

    Raises `KeyError` for a type that is not among `PINNED`.
    """
    release = (year, _STAGES.index(stage))
    return next(columns for (since, first), columns in PINNED[file_type] if release >= (since, _STAGES.index(first)))
