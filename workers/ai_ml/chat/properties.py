"""What may be asked of the rolls: parcels, sales of parcels, and accounts of tangible property."""

from calendar import month_name

from workers.ai_ml.chat.fields import UNGROUPED, Dataset, Field
from workers.ai_ml.codes import MEANINGS

SEVERAL = "A sale of several parcels has its full price on each of them."

_COUNTY = Field("county", "co_no", "county", "counties")
_PARCEL = Field("parcel_id", "parcel_id", "code", "parcel number|folio", uses=UNGROUPED)
_ROLL_YEAR = Field("roll_year", "asmnt_yr", "year", "assessment year|tax year|roll|assessed")
_USE_CODE = Field("use_code", "dor_uc", "code", "use|land use|property type|dor use code|dor_uc", width=3)
_PLACE = (
    Field("neighborhood", "nbrhd_cd", "code", "neighbourhood"),
    Field("market_area", "mkt_ar", "code", "market"),
)

_USE_CODES = {words: ("use_code", "equals", code) for code, words in MEANINGS.items() if "," not in words} | {
    "condo": ("use_code", "equals", "004"),
    "single family home": ("use_code", "equals", "001"),
    "mobile home": ("use_code", "equals", "002"),
}
# The codes 01 to 06 are qualified; those from 03 on are left out of ratio studies only.
_QUALIFIED = ("qualification", "in", ["01", "02", "03", "04", "05", "06"])
_SALE_FLAGS = {
    "qualified": _QUALIFIED,
    "vacant": ("vacant_or_improved", "equals", "V"),
    "improved": ("vacant_or_improved", "equals", "I"),
    **{name.lower(): ("sale_month", "equals", f"{number:02}") for number, name in enumerate(month_name) if number},
}
PARCELS = Dataset(
    name="parcels",
    table="nal_current",
    nouns=("parcel", "parcels"),
    words="property|real property",
    fields=(
        _COUNTY,
        _PARCEL,
        _ROLL_YEAR,
        _USE_CODE,
        Field("just_value", "jv", "money", "market value|value|jv|worth"),
        Field("assessed_value", "av_sd", "money", "assessed school value|av_sd"),
        Field("taxable_value", "tv_sd", "money", "taxable school value|tv_sd"),
        Field("land_value", "lnd_val", "money", "lnd_val"),
        Field("homestead_value", "jv_hmstd", "money", "jv_hmstd"),
        Field("new_construction_value", "nconst_val", "money", "new construction|nconst_val"),
        Field("living_area", "tot_lvg_area", "number", "square feet|sqft|square footage|tot_lvg_area"),
        Field("land_area", "lnd_sqfoot", "number", "lot size|land square feet|lnd_sqfoot"),
        Field("year_built", "act_yr_blt", "year", "built|construction year|act_yr_blt"),
        Field("buildings", "no_buldng", "number", "number of buildings|no_buldng"),
        Field("units", "no_res_unts", "number", "residential units|number of units|no_res_unts"),
        Field("last_sale_price", "sale_prc1", "money", "last price|sale_prc1"),
        Field("last_sale_year", "sale_yr1", "year", "last sold|last sale|sale_yr1"),
        Field("owner", "own_name", "text", "owner name|owned by|owned|own_name", uses=UNGROUPED),
        Field("street", "phy_addr1", "text", "address|street address|property address|phy_addr1", uses=UNGROUPED),
        Field("city", "phy_city", "text", "town|phy_city"),
        Field("zip", "phy_zipcd", "code", "zip code|zipcode|phy_zipcd", width=5),
        *_PLACE,
    ),
    key=("county", "parcel_id"),
    shown=("county", "parcel_id", "street", "city", "use_code", "just_value"),
    amount="just_value",
    when="roll_year",
    roll="NAL",
    flags=_USE_CODES
    | {
        "homestead": ("homestead_value", "above", 0),
        "homesteaded": ("homestead_value", "above", 0),
    },
)
SALES = Dataset(
    name="sales",
    table="sdf_current",
    nouns=("sale", "sales"),
    words="sold parcel|sold property|parcel sold|property sold",
    fields=(
        _COUNTY,
        _PARCEL,
        _ROLL_YEAR,
        Field("sale_id", "sale_id_cd", "code", "sale number|sale_id_cd", uses=UNGROUPED),
        _USE_CODE,
        Field("price", "sale_prc", "money", "sale price|sales price|selling price|sale_prc", caution=SEVERAL),
        Field("sale_year", "sale_yr", "year", "year|sold|year of sale|sale_yr"),
        Field("sale_month", "sale_mo", "code", "month|month of sale|sale_mo", width=2),
        Field("qualification", "qual_cd", "code", "qualification code|qual_cd", width=2),
        Field("vacant_or_improved", "vi_cd", "code", "vi_cd"),
        *_PLACE,
    ),
    key=("county", "parcel_id", "sale_id"),
    shown=("county", "parcel_id", "sale_year", "sale_month", "price", "qualification", "use_code"),
    amount="price",
    when="sale_year",
    roll="SDF",
    covers="sale_year",
    flags=_USE_CODES | _SALE_FLAGS,
)
ACCOUNTS = Dataset(
    name="accounts",
    table="nap_current",
    nouns=("account", "accounts"),
    words="tangible account|tangible personal property account|personal property account",
    fields=(
        _COUNTY,
        Field("account_id", "acct_id", "code", "account number", uses=UNGROUPED),
        _ROLL_YEAR,
        Field("industry", "naics_cd", "code", "naics|naics code|naics_cd"),
        Field("just_value", "jv_total", "money", "market value|value|jv_total|worth"),
        Field("assessed_value", "av_total", "money", "av_total"),
        Field("exempt_value", "exmpt_val", "money", "exemption|exmpt_val"),
        Field("taxable_value", "tax_val", "money", "tax_val"),
        Field("owner", "own_nam", "text", "owner name|owned by|owned|own_nam", uses=UNGROUPED),
        Field("city", "phy_city", "text", "town|phy_city"),
        Field("zip", "phy_zipcd", "code", "zip code|zipcode|phy_zipcd", width=5),
    ),
    key=("county", "account_id"),
    shown=("county", "account_id", "owner", "city", "industry", "just_value"),
    amount="just_value",
    when="roll_year",
    roll="NAP",
)
