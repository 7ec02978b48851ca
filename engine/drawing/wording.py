"""What rating plates say: one meter's figures, worded as makers of different countries word them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True, kw_only=True, slots=True)
class Ratings:
    """The figures every rating plate carries."""

    three_phase: bool
    amps: str
    pulses: int  # per kWh
    accuracy: str
    protection: int  # the two digits after "IP"
    part: int  # the standard's last digit
    year: int


class Vocabulary(NamedTuple):
    """The words of one country's plates. `keys`: voltage, current, frequency, constant, accuracy, year."""

    single: str
    three: str
    keys: tuple[str, str, str, str, str, str]
    norms: tuple[str, ...]
    notices: tuple[str, ...]


VOCABULARIES = (
    Vocabulary("Single-phase static watt-hour meter", "Three-phase static watt-hour meter",
               ("Voltage", "Current", "Frequency", "Meter constant", "Accuracy", "Year"),
               ("IEC 62052-11", "IEC 62053-2{part}"), ("-25...+55 °C", "Indoor use only")),
    Vocabulary("AC STATIC ENERGY METER 1PH 2W", "AC STATIC ENERGY METER 3PH 4W",
               ("VOLTS", "Ib-Imax", "FREQ", "IMP/UNIT", "CLASS", "MFG YR"),
               ("IS 13779 CL 1.0", "CM/L-7{year}48{part}6"), ("Made in India", "kWh METER - NOT FOR SALE")),
    Vocabulary("Einphasen-Wechselstromzähler", "Drehstrom-Vierleiterzähler",
               ("Spannung", "Strom", "Netzfrequenz", "Konstante", "Klasse", "Baujahr"),
               ("DIN EN 50470-{part}", "DE-MTP {year} B 00{part}"), ("Eigentum des Netzbetreibers", "Nicht öffnen!")),
    Vocabulary("Compteur électrique monophasé", "Compteur électrique triphasé",
               ("Tension", "Calibre", "Fréq.", "Coefficient", "Précision", "Fabrication"),
               ("NF C 44-0{part}2", "LNE-{pulses}.{year}"), ("Énergie active fournie", "Ne pas ouvrir sous tension")),
    Vocabulary("Contatore statico monofase", "Contatore statico trifase",
               ("Tens. nom.", "I base", "Freq.", "Costante", "Cl. prec.", "Anno"),
               ("CEI 13-{part}5", "Verifica prima {year}"), ("Quadro 2 - utenza", "Proprietà del distributore")),
    Vocabulary("Contador de energía activa", "Contador trifásico de energía",
               ("U", "I", "f", "k", "Clase", "Fecha"),
               ("UNE-EN 50470-1/{part}", "16-I-0{part}7 {year}"), ("Fabricado en España", "Lectura: tecla amarilla")),
    Vocabulary("Licznik energii elektrycznej", "Licznik 3-fazowy czteroprzewodowy",
               ("Napięcie", "Prąd", "Częst.", "Stała", "Dokł.", "Rok prod."),
               ("PN-EN 62053-2{part}", "RP T {year} 1{part}8"), ("Wyprodukowano w Polsce", "Własność zakładu")),
    Vocabulary("Medidor eletrônico monofásico", "Medidor polifásico kWh",
               ("Vn", "In/Imáx", "Hz", "Kh", "Índice", "Ano"),
               ("NBR 14519", "Portaria 0{part}1/{year}"), ("Indústria brasileira", "2 fios - 1 elemento")),
    Vocabulary("Statische kWh-meter enkelfasig", "Statische kWh-meter draaistroom",
               ("Spanning", "Stroom", "Freq.", "Puls", "Nauwk.", "Bouwjaar"),
               ("NEN-EN 50470-{part}", "NMi T{pulses}"), ("Eigendom netbeheerder", "Tarief 1 nacht / tarief 2 dag")),
    Vocabulary("ENERGY METER  A+ / A-", "POLYPHASE SMART METER  4-wire",
               ("Uref", "Itr (Imax)", "fn", "LED", "Index", "Mfd."),
               ("EN 50470-3:{year}", "MID 0{part}20"), ("Property of the supplier", "E1 / M2   TN-S   TT")),
    Vocabulary("Elmätare enfas, direktansluten", "Elmätare trefas, direktansluten",
               ("Spänning", "Ström", "Frekvens", "Pulser", "Noggr.", "Tillv."),
               ("SS-EN 62053-2{part}", "SWEDAC {part}4/{year}"), ("Tillhör nätägaren", "Får ej öppnas")),
    Vocabulary("Elektronik tek fazlı sayaç", "Elektronik üç fazlı sayaç",
               ("Gerilim", "Akım", "Frekans", "Sabit", "Sınıf", "Yıl"),
               ("TS EN 62053-2{part}", "TR-{part}3-{year}"), ("Mühürü sökmeyiniz", "Dış ortamda kullanılmaz")),
    Vocabulary("kWh RATE METER  FORM 2S", "kWh RATE METER  FORM 9S",
               ("VOLT", "CL", "HZ", "Kh", "AC", "DATE"),
               ("ANSI C12.{part}0", "TA 30   3W   FM 2S"), ("RESIDENTIAL  WATTHOUR", "DO NOT REMOVE SEAL")),
)  # fmt: skip


class Wording(NamedTuple):
    """A plate's small print before it is set: a title, figures as (key, value), the rest line by line."""

    title: str
    figures: tuple[tuple[str, str], ...]
    others: tuple[str, ...]


def word(rng: np.random.Generator, ratings: Ratings, vocabulary: Vocabulary) -> Wording:
    """Say the ratings in one country's words, in an order and with an abundance of the maker's own."""
    marked = {"part": ratings.part, "year": ratings.year, "pulses": ratings.pulses}
    figures = list(zip(vocabulary.keys, _values(rng, ratings), strict=True))
    wanted = sorted(rng.permutation(6)[: int(rng.integers(4, 7))].tolist(), key=lambda place: (place * 5 + ratings.pulses) % 7)
    others = [line.format(**marked) for line in (*vocabulary.norms, *vocabulary.notices)]
    kept = rng.permutation(len(others))[: int(rng.integers(1, 4))]
    title = vocabulary.three if ratings.three_phase else vocabulary.single
    return Wording(title, tuple(figures[place] for place in wanted), tuple(others[place] for place in kept))


def _values(rng: np.random.Generator, ratings: Ratings) -> tuple[str, ...]:
    """The values that belong to a vocabulary's keys, each in one of the notations in use."""
    volts = (("3x230/400 V", "3 × 230/400V", "230/400 V~", "400 V"), ("230 V", "1x230V", "240 V~", "220-240V AC"))
    return (
        str(rng.choice(volts[0 if ratings.three_phase else 1])),
        ratings.amps,
        str(rng.choice(("50 Hz", "50Hz", "50/60 Hz", "50 c/s"))),
        str(rng.choice(("{} imp/kWh", "{} p/kWh", "1 kWh = {} imp", "RA {} r/kWh"))).format(ratings.pulses),
        str(rng.choice(("Cl. {}", "cl.{}", "Kl. {}", "({})"))).format(ratings.accuracy),
        str(rng.choice(("{}", "{}/04", "M{}", "{}-W17"))).format(ratings.year),
    )
