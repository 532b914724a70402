"""What the columns of the rolls mean, in few words, and in which groups a page shows them.

From the Department of Revenue's user's guide of 2025 for its property tax data files.
"""

from operations.data.words import Labels, labels


def _parts() -> dict[str, str]:
    """The just (``jv_``) and assessed (``av_``) values of the classes into which a parcel's value is divided."""
    classes = labels("""
        hmstd: homestead
        non_hmstd_resd: non-homestead residential
        resd_non_resd: residential and non-residential
        class_use: agricultural land
        h2o_rechrge: high-water recharge
        consrv_lnd: conservation land
        hist_com_prop: historic commercial
        hist_signf: historically significant
        wrkng_wtrfnt: working waterfront
    """)
    names = {"jv": "Just value", "av": "Assessed value"}
    return {f"{kind}_{name}": f"{names[kind]}, {words}" for name, words in classes.items() for kind in names}


def _slot(number: int) -> dict[str, str]:
    """The columns of a roll's first or second sale."""
    columns = labels("""
        sale_prc: price, $
        sale_yr: year
        sale_mo: month
        qual_cd: qualification
        vi_cd: sold as
        multi_par_sal: several parcels
        or_book: record book
        or_page: page
        clerk_no: clerk's number
        sal_chng_cd: change since
    """)
    return {f"{name}{number}": f"Sale {number}, {words}" for name, words in columns.items()}


# The exemptions that the guide's table names by what the parcel's owner or use is; the others by their number.
_NAMED_EXEMPTIONS = labels("""
    01: homestead, the first 25,000
    02: additional homestead
    05: disabled veteran, total
    09: charitable or religious
    15: affordable housing
    16: educational
    20: government
    31: blind
    32: widower
    33: widow
    34: disabled
    35: disabled ex-service
    41: first responder
    43: multi-family, housing finance
    44: non-profit on leased land
    45: affordable housing, county
    46: affordable housing, municipality
    47: affordable housing, owned by the state
    48: affordable housing, on governmental land
    80: veteran of 65 or over
    81: granny flat
    82: lands available for taxes
""")
_EXEMPTIONS = {
    f"exmpt_{number:02}": f"Exemption {number:02}" + (f", {words}" if words else "")
    for number in [*range(1, 49), 80, 81, 82]
    for words in [_NAMED_EXEMPTIONS.get(f"{number:02}", "")]
}

# Names and ways to reach people: for those who may see owners, and for nobody else.
PERSONAL: Labels = labels("""
    own_name: Name
    own_nam: Name
    own_addr: Address
    own_addr1: Address
    own_addr2: Address, second line
    own_city: City
    own_state: State or country
    own_zipcd: ZIP code
    own_state_dom: State of domicile
    fidu_name: Fiduciary
    fidu_addr: Fiduciary, address
    fidu_addr1: Fiduciary, address
    fidu_addr2: Fiduciary, second line
    fidu_city: Fiduciary, city
    fidu_state: Fiduciary, state
    fidu_zipcd: Fiduciary, ZIP code
    fidu_cd: Fiduciary, code
    app_stat: Applicant's status
    co_app_stat: Co-applicant's status
    prev_hmstd_own: Owners of the previous homestead
    cono_prv_hm: County of the previous homestead
    parcel_id_prv_hmstd: Parcel of the previous homestead
""")

OWNER = "Owner"
GROUPS: dict[str, Labels] = {
    "Identity": labels("""
        co_no: County
        parcel_id: Parcel
        acct_id: Account
        asmnt_yr: Assessment year
        phy_addr: Site address
        phy_addr1: Site address
        phy_addr2: Site address, second line
        phy_city: Site city
        phy_zipcd: Site ZIP code
        dor_uc: Use code
        pa_uc: County's own use code
        naics_cd: Industry (NAICS)
        s_legal: Legal description
        twn: Township
        rng: Range
        sec: Section
        nbrhd_cd: Neighbourhood
        mkt_ar: Market area
        census_bk: Census block
        tax_auth_cd: Taxing authority
        public_lnd: Public land
        alt_key: Alternate key
        acct_id_cng: Account before
        state_par_id: State's parcel id
        mp_id: Map id
        file_t: Kind of roll
        rs_id: Submission
        ts_id: Submission
        seq_no: Row in the submission
    """),
    "Values": labels("""
        jv: Just value, $
        jv_total: Just value, $
        jv_chng: Change of the just value
        jv_chng_cd: Reason of the change
        av_sd: Assessed, school
        av_nsd: Assessed, non-school
        av_total: Assessed
        tv_sd: Taxable, school
        tv_nsd: Taxable, non-school
        tax_val: Taxable
        jv_f_f_e: Just value, furniture and equipment
        jv_lese_imp: Just value, leasehold improvements
        jv_pol_contrl: Just value, pollution control
        av_pol_contrl: Assessed, pollution control
        exmpt_val: Exemptions, $
        pen_rate: Penalty, %
        bas_strt: Basic stratum
        atv_strt: Active stratum
        grp_no: Value group
        spass_cd: Special assessment
        nconst_val: New construction
        del_val: Deleted
    """)
    | _parts(),
    "Land and building": labels("""
        lnd_val: Land value, $
        lnd_unts_cd: Land measured in
        no_lnd_unts: Land units
        lnd_sqfoot: Land, sq ft
        spec_feat_val: Special features, $
        tot_lvg_area: Living area, sq ft
        no_buldng: Buildings
        no_res_unts: Residential units
        act_yr_blt: Built
        eff_yr_blt: Built, effectively
        imp_qual: Quality
        const_class: Construction
        dt_last_inspt: Last inspected (MMYY)
        par_splt: Split or combined
        distr_cd: Disaster
        distr_yr: Year of the disaster
        spc_cir_cd: Special circumstance
        spc_cir_yr: Year of the circumstance
        spc_cir_txt: The circumstance
    """),
    "Sales on the roll": _slot(1) | _slot(2),
    OWNER: PERSONAL,
    "Exemptions": labels("""
        exmpt: Exemptions as filed
        ass_trnsfr_fg: Portability
        ass_dif_trns: Difference transferred, $
        yr_val_trnsf: Year of the transfer
    """)
    | _EXEMPTIONS,
}
