"""The words that columns' names are made of: how a name is taken apart, and which spellings are one word.

The first spelling of a line is the word. They are those of Florida's rolls, where the Department of Revenue's guide and
the published files spell eight names differently (SAL_CHNG_CD is SAL_CHG_CD in a sale file, for instance), and those
that counties and vendors use for the same.
"""

import re
from collections.abc import Sequence

SPELLINGS = """
account acct acc accnt; active atv; actual act; address addr adr addrs; alternate alt altern; applicant app appl
applic; area ar; assessed assd; assessment asmnt asmt assmnt assess assessmnt; assign ass; authority auth authrty;
basic bas; block bk blk; book; building buldng bldg bld buldg buildings; built blt; census cen cens; change chng chg
chang; circumstance cir circ; city cty; class clss cls; clerk clk clrk; code cd cde codes; commercial com comm;
conservation consrv consv; construction const constr cnstr; county co cnty cntyno; deletion del deleted; difference
dif diff; disaster distr dstr; domicile dom; effective eff effect; equipment equip; exemption exmpt exempt exmp
exemptn exemptions; feature feat features; fiduciary fidu fid; flag fg flg; file fil; group grp grup; historic hist
historical; homestead hmstd hmstead hx hmst; identifier id ident; improvement imp impr improv; inspection inspt insp
inspect; land lnd lan; legal lgl lgal; living lvg livng liv; market mkt mrkt; month mo mth mnth; name nam nm names;
neighborhood nbrhd nbhd neighbourhood nghbrhd neigh; number no num nbr nmbr numb; owner own ownr owners; page pg;
parcel par prcl pcl parc parcels; physical phy phys situs site; pollution pol; previous prev prv prior; price prc
pric; property prop prpty; public pub publ; quality qual qualification; range rng rang; real; recharge rechrge
rechrg; residential resd res resid; sale sal sales sls; school sd schl; section sec sect; sequence seq seqno;
significant signf signif; special spec spc spcl; sqft sqfoot sqfeet squarefeet squarefoot; state st stat; status;
split splt; stratum strt strat strata; text txt; tax taxes; taxable; total tot ttl totl; township twn twp twnshp;
transfer trnsfr trnsf trns trans xfer; type t typ; units unts unt unit; use; value val vl values; vacant; waterfront
wtrfnt wtrfrnt; working wrkng workng; year yr yrs; zip zipcd zipcode zipcd5 postal postcode; jv jstval; av asdval;
tv taxval; uc usecode; dor; pa; or; nsd nonschool; nconst newconst; multi multiple mult; control contrl cntrl;
leasehold lese lease; freight f; tangible tpp; penalty pen; rate rt
"""
PHRASES = {
    ("just", "value"): ["jv"],
    ("assessed", "value"): ["av"],
    ("taxable", "value"): ["tv"],
    ("use", "code"): ["uc"],
    ("zip", "code"): ["zip"],
    ("official", "record"): ["or"],
    ("official", "records"): ["or"],
    ("square", "feet"): ["sqft"],
    ("square", "foot"): ["sqft"],
    ("new", "construction"): ["nconst"],
    ("non", "school"): ["nsd"],
    ("department", "of", "revenue"): ["dor"],
    ("property", "appraiser"): ["pa"],
}
_GROUPS = [group.split() for group in SPELLINGS.split(";")]
WORD = {spelling: group[0] for group in _GROUPS for spelling in group}
SPELLED = {group[0]: tuple(group) for group in _GROUPS}
# What cannot be seen from the parts of a name.
_WHOLE = [(re.compile("h2o", re.I), "_water_"), (re.compile(r"(^|_)r_(?=page)", re.I), r"\1or_")]
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_LONGEST_PHRASE = 3


def parts(name: str) -> list[str]:
    """The parts of a name in small letters: by separators, humps and digits. Numbers have no leading zeros."""
    for pattern, other in _WHOLE:
        name = pattern.sub(other, name)
    return [str(int(part)) if part.isdecimal() else part.lower() for part in _PART.findall(name)]


def words(found: Sequence[str]) -> list[str]:
    """The words that the parts of a name spell."""
    known = [WORD.get(part, part) for part in found]
    result: list[str] = []
    at = 0
    while at < len(known):
        for length in range(_LONGEST_PHRASE, 1, -1):
            if phrase := PHRASES.get(tuple(known[at : at + length])):
                result += phrase
                at += length
                break
        else:
            result.append(known[at])
            at += 1
    return result


def squeezed(found: Sequence[str]) -> str:
    """The parts without anything between them."""
    return "".join(found)


def segmented(part: str, vocabulary: frozenset[str]) -> list[str]:
    """A part as the fewest words of ``vocabulary`` that it is made of; itself where it is made of none."""
    best: list[list[str] | None] = [[], *[None] * len(part)]
    for end in range(1, len(part) + 1):
        for start in range(end):
            before = best[start]
            if before is not None and part[start:end] in vocabulary:
                candidate = [*before, part[start:end]]
                current = best[end]
                if current is None or len(candidate) < len(current):
                    best[end] = candidate
    return best[-1] or [part]
