"""Invented names and addresses, made of these word lists: no person, company or street is meant."""

import polars as pl

from workers.sample.draws import Draws


def listed(words: str) -> list[str]:
    """The words of a text as a list."""
    return words.split()


SURNAMES = listed(
    """
    ABERNALE ALTOMAR ARCHWOOD BALLENTIRE BARROWAY BELLAMONT BRISTOWE CALLOWEN CARDENZA CASTELMAR COVINGTREE
    DALRYMORE DELACRUSO DRUMMELL ECHEVAREZ ELLINGWORTH FAIRBORNE FERNANDEL FONTAVEZ GALLOWMERE GARZONI
    GREENLEAFE HALVERSTEN HARROWGATE HOLLINGER IBARRONDO INGLEMAN JACOBRIDGE JIMENDEZ KELLERWAY KINGSMERE
    LARRABEAU LINDQUIST LOCKHAVEN MARCHETTO MENDOZAR MONTCALME NAKAMORI NORTHCOTE OAKENFELL OLIVARDO PEMBERLEY
    PENALVER QUARTERMAN RADCLIFE RODRIGAN ROSENWALL SALDIVAREZ SANTAMORE SILVERTON STANDRIDGE TANNENBERG
    THISTLEWOOD TORRALBO UNDERHALL VALDERRAMO VANDERMOOR WAINSCOTT WESTERFIELD WHITCOMBE YARBOROUGH ZAMBRANEZ
    """
)
GIVEN = listed(
    """
    ADELINE ALONZO AMARIS BEATRIX BENNETT CAMILO CARLOTTA CLEMENT DAHLIA DESMOND ELOISE EMERSON FELIPE FLORENCE
    GIDEON GISELLE HARLAN HORTENSE IGNACIO IMOGEN JASPER JOAQUIN KEZIAH LEANDRA LORENZO LUCINDA MARISOL MORTIMER
    NADINE OCTAVIO ODESSA PERCIVAL PHILIPPA RAMONA REGINALD ROSALIND SALVADOR SERAPHINA TABITHA THEODORE URSULA
    VALENTIN WINIFRED XIMENA YOLANDA
    """
)
VENTURES = listed(
    """
    AMBERJACK ANHINGA BANYAN BAYHEAD BLUEWATER CALOOSA CYPRESSKNEE DRIFTWOOD EGRET EVERGLADE FLAGSTONE GATORBEND
    GULFBREEZE HAMMOCK HERON IBIS INLET KEYSTONE LANTANA MAGNOLIA MANGROVE MARLIN MOCKINGBIRD OSPREY PALMETTO
    PELICAN POINCIANA ROYALPALM SABAL SANDPIPER SAWGRASS SEAGRAPE SPOONBILL SUNCOAST TARPON TIDEWATER TUPELO
    WHITEHERON
    """
)
TRADES = listed(
    """
    HOLDINGS PROPERTIES VENTURES INVESTMENTS DEVELOPMENT REALTY LAND HOMES PARTNERS RENTALS CAPITAL GROVES
    MARINE STORAGE HOSPITALITY MEDICAL CONSTRUCTION LOGISTICS
    """
)
SUFFIXES = ["LLC", "LLC", "LLC", "LLC", "INC", "INC", "CORP", "LP", "L L C", "CO", "PA", "TRUST"]
STREETS = listed(
    """
    ACORN ALAMANDA BAYBERRY BOUGAINVILLEA CORAL CROTON DOGWOOD FLAMEVINE GARDENIA HIBISCUS IXORA JASMINE KUMQUAT
    LIVE_OAK MAHOGANY OLEANDER ORANGE_BLOSSOM PLUMBAGO ROYAL_POINCIANA SEA_OATS SILVER_PALM SWEETBAY TAMARIND
    WATER_OAK YAUPON ZINNIA
    """
)
WAYS = ["ST", "AVE", "RD", "DR", "LN", "CT", "TER", "BLVD", "WAY", "CIR"]
TOWNS = listed(
    """
    ANHINGA_SPRINGS BAYVIEW CORAL_HARBOR CYPRESS_LANDING EAST_LAGOON FORT_PALMETTO GULF_HAMMOCK HERON_KEY
    LAKE_SABAL MANGROVE_CITY NEW_TARPON OSPREY_BEACH PALM_HOLLOW PORT_MARLIN SANDPIPER_ISLE UNINCORPORATED
    """
)
STATES = ["FLORIDA", "NEW YORK", "GEORGIA", "NEW JERSEY", "ILLINOIS", "OHIO", "ONTARIO"]
STATE_WEIGHTS = [88, 4, 3, 2, 1.5, 1, 0.5]
OFFICES = ["BOARD OF TRUSTEES", "COUNTY COMMISSIONERS", "SCHOOL BOARD", "WATER MANAGEMENT DISTRICT", "CITY"]


def _spaced(words: list[str]) -> list[str]:
    return [word.replace("_", " ") for word in words]


def persons(draws: Draws, name: str) -> pl.Expr:
    """Owners as the appraisers write them: ``SURNAME,GIVEN M & GIVEN``, with the oddities of real rolls."""
    surname = draws.choice(f"{name} surname", SURNAMES)
    given = draws.choice(f"{name} given", GIVEN)
    initial = draws.choice(f"{name} initial", ["", "", " A", " J", " L", " M", " R"])
    spouse = pl.lit(" & ") + draws.choice(f"{name} spouse", GIVEN)
    ending = (
        pl.when(draws.chance(f"{name} married", 0.35))
        .then(spouse)
        .otherwise(draws.choice(f"{name} ending", ["", " LE", " TR", " H/E", " &", " EST"], [88, 2, 5, 2, 2, 1]))
    )
    return surname + "," + given + initial + ending


def companies(draws: Draws, name: str) -> pl.Expr:
    """Owners that are companies, their suffixes in several spellings."""
    first = draws.choice(f"{name} first", VENTURES)
    second = draws.choice(f"{name} second", ["", *VENTURES], [12, *[1] * len(VENTURES)])
    trade = draws.choice(f"{name} trade", TRADES)
    number = draws.choice(f"{name} number", ["", "", "", " II", " 2019", " #12"])
    suffix = draws.choice(f"{name} suffix", SUFFIXES)
    return (first + " " + second + " " + trade + number + " " + suffix).str.replace("  ", " ", literal=True)


def offices(draws: Draws, name: str, county: str) -> pl.Expr:
    """Public owners."""
    return pl.lit(f"{county.upper()} ") + draws.choice(f"{name} office", OFFICES)


def street_addresses(draws: Draws, name: str) -> pl.Expr:
    """A house number, a street and sometimes a unit."""
    number = draws.whole(f"{name} number", 1, 9999).cast(pl.String)
    street = draws.choice(f"{name} street", _spaced(STREETS)) + " " + draws.choice(f"{name} way", WAYS)
    unit = draws.choice(f"{name} unit", ["", "", "", "", " #", " UNIT "])
    door = pl.when(unit == "").then(pl.lit("")).otherwise(draws.whole(f"{name} door", 1, 899).cast(pl.String))
    return number + " " + street + unit + door


def towns(draws: Draws, name: str) -> pl.Expr:
    """An invented town."""
    return draws.choice(name, _spaced(TOWNS))


def zip_codes(draws: Draws, name: str) -> pl.Expr:
    """A code in Florida's range; it is text."""
    return draws.whole(name, 32003, 34997).cast(pl.String)
