"""PDF papers of an accounting firm, set by Typst from the templates in ``papers/``."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import typst

from portal.demo import firm
from portal.demo.firm import DemoClient
from portal.demo.trades import Trade, trade_of

FOLDER = Path(__file__).parent / "papers"
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_mine = threading.local()


@dataclass(frozen=True)
class Subject:
    """A client as its papers know it. ``chance`` is its own, so that papers do not depend on each other's order."""

    client: DemoClient
    siren: str
    vat: str
    in_charge: str
    chance: random.Random

    @property
    def trade(self) -> Trade:
        """What it buys and sells."""
        return trade_of(self.client)

    @property
    def party(self) -> dict[str, str]:
        """The client as it stands on paper."""
        address = f"{self.client.street}, {self.client.postal_code} {self.client.city}"
        return {
            "name": self.client.name,
            "address": address,
            "identity": f"{self.client.type} · SIREN {spaced(self.siren)}",
        }


FIRM_PARTY = {
    "name": firm.NAME,
    "address": firm.ADDRESS.replace("\n", ", "),
    "identity": "Société d’expertise comptable inscrite à l’Ordre",
}


def spaced(siren: str) -> str:
    """Nine digits in threes."""
    return "\u202f".join(siren[i : i + 3] for i in (0, 3, 6))


def french(day: date) -> str:
    """1er mars 2026."""
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def compiled(template: str, data: dict[str, Any], **options: Any) -> Any:
    """A paper as PDF, or as PNG with ``format="png"``. Compilers are kept per thread: they know the fonts already."""
    if not hasattr(_mine, "compiler"):
        _mine.compiler = typst.Compiler(root=FOLDER, font_paths=typst.Fonts(include_system_fonts=False))
    return _mine.compiler.compile(FOLDER / f"{template}.typ", sys_inputs={"data": json.dumps(data)}, **options)


def paper(template: str, data: dict[str, Any]) -> bytes:
    """A paper as PDF."""
    return bytes(compiled(template, data))


def purchase_invoice(subject: Subject, day: date) -> bytes:
    """An invoice of a supplier to the client."""
    chance = subject.chance
    supplier = {
        "name": chance.choice(subject.trade.suppliers),
        "address": _some_address(chance),
        "identity": f"TVA {_some_vat(chance)}",
    }
    return _invoice(supplier, subject.party, subject.trade.buys, day, chance, prefix="F")


def sales_invoice(subject: Subject, day: date) -> bytes:
    """An invoice of the client to a customer of theirs."""
    chance = subject.chance
    customer = {"name": chance.choice(_CUSTOMERS), "address": _some_address(chance)}
    return _invoice(subject.party, customer, subject.trade.sells, day, chance, prefix=f"{day.year}-")


def fee_invoice(subject: Subject, day: date) -> bytes:
    """The firm's own invoice."""
    items = (
        ("Tenue de la comptabilité, mois en cours", 185.0),
        ("Établissement des bulletins de paie", 24.0),
        ("Conseil, heure", 120.0),
    )
    return _invoice(FIRM_PARTY, subject.party, items, day, subject.chance, prefix="CV-")


def _invoice(
    sender: dict[str, str],
    receiver: dict[str, str],
    items: tuple[tuple[str, float], ...],
    day: date,
    chance: random.Random,
    *,
    prefix: str,
) -> bytes:
    chosen = chance.sample(items, k=min(len(items), chance.randint(2, 6)))
    rows: list[list[Any]] = [
        [label, (quantity := chance.randint(1, 12)), price, round(quantity * price, 2)] for label, price in chosen
    ]
    net = round(sum(row[3] for row in rows), 2)
    vat = round(net * 0.2, 2)
    number = f"{prefix}{chance.randint(100, 9899):04d}"
    return paper("invoice", {
        "from": sender, "to": receiver, "title": f"Facture {number}", "number": number, "date": french(day),
        "due": french(day + timedelta(days=30)), "rows": rows, "net": net, "vat": vat, "rate": "20", "gross": round(net + vat, 2),
        "terms": "Paiement à 30 jours. Tout retard entraîne des pénalités au taux de trois fois l’intérêt légal "
                 "et une indemnité forfaitaire de recouvrement de 40 €.",
    })  # fmt: skip


def annual_accounts(subject: Subject, closing: date) -> bytes:
    """Balance sheet and profit and loss account of a year."""
    chance, sales = subject.chance, float(subject.client.turnover)

    def rows(*labels: tuple[str, float]) -> list[list[Any]]:
        return [
            [
                label,
                round(sales * part * chance.uniform(0.8, 1.2), 2),
                round(sales * part * chance.uniform(0.7, 1.1), 2),
            ]
            for label, part in labels
        ]

    assets = rows(
        ("Immobilisations incorporelles", 0.06), ("Installations et matériel", 0.21), ("Immobilisations financières", 0.02),
        ("Stocks et en-cours", 0.08), ("Créances clients", 0.11), ("Autres créances", 0.03), ("Disponibilités", 0.12),
        ("Charges constatées d’avance", 0.01),
    )  # fmt: skip
    liabilities = rows(
        ("Capital social", 0.05), ("Réserves et report à nouveau", 0.14), ("Emprunts auprès des établissements de crédit", 0.17),
        ("Dettes fournisseurs", 0.1), ("Dettes fiscales et sociales", 0.08), ("Autres dettes", 0.02),
    )  # fmt: skip
    for column in (1, 2):  # a balance sheet balances
        gap = round(sum(row[column] for row in assets) - sum(row[column] for row in liabilities), 2)
        liabilities[1][column] = round(liabilities[1][column] + gap, 2)
    result = rows(
        ("Chiffre d’affaires net", 1.0), ("Achats consommés", -0.34), ("Autres achats et charges externes", -0.21),
        ("Impôts et taxes", -0.02), ("Salaires et charges sociales", -0.29), ("Dotations aux amortissements", -0.05),
        ("Résultat financier", -0.01), ("Impôt sur les bénéfices", -0.015),
    )  # fmt: skip
    result[0][1] = sales
    return paper("accounts", {
        "from": FIRM_PARTY, "to": subject.party, "title": "Comptes annuels", "year": closing.year, "closing": french(closing),
        "assets": assets, "liabilities": liabilities, "result": result, "notes": _NOTES,
    })  # fmt: skip


def letter(subject: Subject, day: date, title: str, paragraphs: list[Any]) -> bytes:
    """A letter of the firm."""
    return paper("letter", {
        "from": FIRM_PARTY, "to": subject.party, "title": title, "place": "Lyon", "date": french(day), "greeting": "Madame, Monsieur,",
        "paragraphs": paragraphs, "signature": subject.in_charge,
        "closing": "Nous vous prions d’agréer, Madame, Monsieur, l’expression de nos salutations distinguées.",
    })  # fmt: skip


def table(subject: Subject, title: str, subtitle: str, columns: list[str], rows: list[list[Any]], **more: Any) -> bytes:
    """A list with sums: ledgers, statements, declarations."""
    return paper("table", {
        "from": more.pop("sender", FIRM_PARTY), "to": subject.party, "title": title, "subtitle": subtitle, "columns": columns,
        "rows": rows, **more,
    })  # fmt: skip


def payslip(subject: Subject, name: str, job: str, month: date) -> bytes:
    """A payslip with its contributions."""
    chance = subject.chance
    gross = round(chance.uniform(1870, 3400), 2)
    kinds = (
        ("Santé, maladie", 0.0, 7.0), ("Accidents du travail", 0.0, 1.7), ("Retraite de base plafonnée", 6.9, 8.55),
        ("Retraite de base déplafonnée", 0.4, 2.02), ("Retraite complémentaire, tranche 1", 3.15, 4.72), ("Contribution d’équilibre", 0.86, 1.29),
        ("Famille", 0.0, 3.45), ("Assurance chômage", 0.0, 4.0), ("CSG déductible", 6.68, 0.0), ("CSG et CRDS non déductibles", 2.85, 0.0),
    )  # fmt: skip
    rows: list[list[Any]] = [
        [
            label,
            sum_of(gross),
            f"{own + theirs:.2f} %".replace(".", ","),
            round(gross * own / 100, 2),
            round(gross * theirs / 100, 2),
        ]
        for label, own, theirs in kinds
    ]
    own_part = sum(row[3] for row in rows)
    taxable = round(gross - own_part + gross * 0.0285, 2)
    tax = round(taxable * chance.choice((0.0, 0.021, 0.038, 0.062)), 2)
    return paper("payslip", {
        "from": subject.party, "title": f"Bulletin de paie, {MONTHS[month.month - 1]} {month.year}", "month": f"{MONTHS[month.month - 1].capitalize()} {month.year}",
        "employee": {"name": name, "job": job, "number": f"{chance.randint(1, 99):03d}", "agreement": subject.trade.agreement,
                     "since": french(date(month.year - chance.randint(1, 12), chance.randint(1, 12), chance.randint(1, 28)))},
        "gross": gross, "rows": rows, "taxable": taxable, "tax": tax, "paid": round(gross - own_part - tax, 2),
    })  # fmt: skip


def sum_of(value: float) -> str:
    """An amount as the French write it."""
    return f"{value:,.2f}".replace(",", "\u202f").replace(".", ",")


def _some_address(chance: random.Random) -> str:
    street = chance.choice(
        (
            "rue des Artisans",
            "avenue de la Gare",
            "rue Pasteur",
            "chemin des Vignes",
            "boulevard Carnot",
            "rue du Moulin",
        )
    )
    place = chance.choice(
        ("69003 Lyon", "38000 Grenoble", "42000 Saint-Étienne", "71000 Mâcon", "01000 Bourg-en-Bresse", "26000 Valence")
    )
    return f"{chance.randint(1, 140)} {street}, {place}"


def _some_vat(chance: random.Random) -> str:
    from portal.demo import numbers

    return numbers.vat(numbers.siren(chance))


_CUSTOMERS = (
    "Mairie de Vaugneray", "Société Lumen", "Mme Garcia", "Résidence Les Ormes", "Lycée Ampère", "M. Tournier", "Agence Confluence",
    "Comité d’entreprise Vernet", "Copropriété du Lac", "Hôpital Saint-Joseph", "SAS Orion", "Mme Delorme",
)  # fmt: skip
_NOTES = [
    "Les comptes annuels ont été établis conformément au plan comptable général, dans le respect du principe de prudence et "
    "selon les hypothèses de base : continuité de l’exploitation, permanence des méthodes et indépendance des exercices.",
    "Les immobilisations sont amorties selon le mode linéaire sur leur durée d’utilisation. Les stocks sont évalués au dernier coût d’achat connu. "
    "Les créances font l’objet d’une dépréciation dès que leur recouvrement paraît incertain.",
    "Aucun événement postérieur à la clôture n’est de nature à modifier la lecture de ces comptes.",
]
