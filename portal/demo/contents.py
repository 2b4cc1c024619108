"""Which documents lie in which folder of a client's space."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from portal.demo import office, papers, scans
from portal.demo.papers import MONTHS, Subject, sum_of


@dataclass(frozen=True)
class Piece:
    """A document to be: where it goes, what it is called, who brings it and for which day it is made.

    ``make`` gives its bytes; it touches no database and may run in another thread.
    """

    folder: str
    name: str
    by_contact: bool
    day: date
    make: Callable[[], bytes]


_EMPLOYEES = (
    "Amandine Roche", "Kévin Mercier", "Sarah Lopez", "Nicolas Brun", "Élise Guérin", "Mehdi Saïdi", "Laure Fabre", "Florian Noir",
)  # fmt: skip


class Shelf:
    """The pieces of one client, by the tree that its space began with."""

    def __init__(self, subject: Subject, tree: str, *, opened: date, until: date) -> None:
        """:param opened: the day on which the space was opened; pieces come between it and ``until``."""
        self.subject, self.tree, self.opened, self.until = subject, tree, opened, until
        self.chance = subject.chance

    def pieces(self, count: int) -> list[Piece]:
        """About ``count`` pieces, each kind at least once as far as they reach."""
        kinds = {"Comptabilité": self._books, "Paie et social": self._payroll}.get(self.tree, self._company)()
        picked = kinds[: min(count, len(kinds))]
        taken = {(piece.folder, piece.name) for piece in picked}
        while len(picked) < count:
            extra = {"Comptabilité": self._more_books, "Paie et social": self._more_payroll}.get(
                self.tree, self._more_company
            )()
            if (extra.folder, extra.name) not in taken:
                taken.add((extra.folder, extra.name))
                picked.append(extra)
        return picked

    def _on(self, earliest: float = 0.0) -> date:
        days = max((self.until - self.opened).days, 1)
        return self.opened + timedelta(days=int(days * self.chance.uniform(earliest, 1)))

    def _piece(
        self, folder: str, name: str, make: Callable[[Subject], bytes], day: date, *, by_contact: bool = False
    ) -> Piece:
        own = replace(self.subject, chance=random.Random(self.chance.random()))  # noqa: S311 - invented papers
        return Piece(folder, name, by_contact, day, lambda: make(own))

    @property
    def _last(self) -> int:
        return self.until.year - 1

    def _common(self) -> list[Piece]:
        start, name = self.opened, self.subject.client.name
        return [
            self._piece("Échanges/Questions en cours", "Points à éclaircir.docx", lambda s: office.text(s, "Points à éclaircir", _QUESTIONS), self._on(0.5)),
            self._piece("Travaux internes/Notes de supervision", f"Note de synthèse {self.until.year}.docx", lambda s: office.text(s, f"Note de synthèse, {name}", _REVIEW), self._on(0.6)),
            self._piece("Échanges/Questions en cours", "Réponse au sujet du stock.eml", self._mail, self._on(0.4), by_contact=True),
        ] if self.tree != "Paie et social" else [
            self._piece("Échanges/Questions en cours", "Question congés payés.eml", self._mail, self._on(0.4), by_contact=True),
            self._piece("Travaux internes/Paramétrage du dossier", "Fiche de paramétrage.docx", lambda s: office.text(s, "Fiche de paramétrage", _REVIEW), start),
        ]  # fmt: skip

    def _mail(self, subject: Subject) -> bytes:
        return office.mail(
            subject,
            self.opened,
            sender=(subject.client.name, f"contact@{subject.client.domain}"),
            title="Votre question",
            body=_ANSWER,
        )

    def _books(self) -> list[Piece]:
        year, closing = self._last, date(self._last, 12, 31)
        start = self.opened
        return [
            self._piece(f"Exercice {year}/Bilan et liasse", f"Comptes annuels {year}.pdf", lambda s: papers.annual_accounts(s, closing), start),
            self._piece("Pièces à déposer/Achats", *self._purchase(), by_contact=True),
            self._piece("Dossier permanent/Lettre de mission", "Lettre de mission.pdf", self._engagement, start),
            self._piece("Pièces à déposer/Notes de frais", f"Ticket {self._on():%d-%m}.jpg", lambda s: scans.receipt(s, self._on()), self._on(), by_contact=True),
            self._piece(f"Exercice {year}/Grand livre et balance", f"Balance générale {year}.xlsx", lambda s: office.trial_balance(s, closing), start),
            self._piece("Pièces à déposer/Banque", *self._statement(), by_contact=True),
            self._piece(f"Exercice {year + 1}/Tableaux de bord", f"Tableau de bord {year + 1}.xlsx", lambda s: office.dashboard(s, year + 1, max(self.until.month - 1, 1)), self._on(0.7)),
            self._piece("Pièces à déposer/Ventes", *self._sale(), by_contact=True),
            self._piece(f"Exercice {year + 1}/TVA", *self._vat_return()),
            self._piece("Travaux internes/Révision des comptes", f"Balance de révision {year + 1}.xlsx", lambda s: office.trial_balance(s, self.until), self._on(0.5)),
            *self._common(),
            self._piece("Dossier permanent/Statuts et Kbis", "Statuts à jour.pdf", self._articles, start),
            self._piece(f"Exercice {year}/Grand livre et balance", f"FEC {year}.txt", lambda s: office.journal(s, year, s.chance), start),
            self._piece(f"Exercice {year + 1}/Immobilisations", f"Immobilisations {year + 1}.xlsx", lambda s: office.assets(s, year + 1), self._on()),
            self._piece("Dossier permanent/Baux et contrats", "Photo du local.jpg", lambda s: scans.photo(s, large=s.chance.random() < 0.25), start, by_contact=True),
            self._piece("Échanges/Documents signés", "Lettre d’affirmation signée.pdf", lambda s: papers.letter(s, self._on(), "Lettre d’affirmation", _AFFIRMATION), self._on(), by_contact=True),
            self._piece("Dossier permanent", "Logo.png", scans.logo, start, by_contact=True),
        ]  # fmt: skip

    def _more_books(self) -> Piece:
        folder, made = self.chance.choice((
            ("Pièces à déposer/Achats", self._purchase), ("Pièces à déposer/Achats", self._purchase), ("Pièces à déposer/Ventes", self._sale),
            ("Pièces à déposer/Banque", self._statement), ("Pièces à déposer/Banque", self._export), (f"Exercice {self._last + 1}/TVA", self._vat_return),
        ))  # fmt: skip
        return self._piece(folder, *made(), by_contact=folder.startswith("Pièces"))

    def _payroll(self) -> list[Piece]:
        return [
            self._piece(*self._slip()),
            self._piece(*self._hours(), by_contact=True),
            self._piece("Salariés/Contrats de travail", f"Contrat {self.chance.choice(_EMPLOYEES)}.docx", lambda s: office.text(s, "Contrat de travail à durée indéterminée", _CONTRACT), self._on()),
            self._piece(*self._declaration()),
            self._piece(*self._slip()),
            self._piece("Arrêts et absences", f"Avis d’arrêt {self._on():%d-%m}.jpg", lambda s: scans.receipt(s, self._on()), self._on(), by_contact=True),
            self._piece("Contrôles et courriers", "Courrier URSSAF.pdf", lambda s: papers.letter(s, self._on(), "Votre contrôle comptable d’assiette", _LETTER), self._on()),
            *self._common(),
            self._piece(*self._slip()),
        ]  # fmt: skip

    def _more_payroll(self) -> Piece:
        kind = self.chance.random()
        if kind < 0.2:
            return self._piece(*self._hours(), by_contact=True)
        return self._piece(*(self._declaration() if kind < 0.4 else self._slip()))

    def _company(self) -> list[Piece]:
        year = self._last + 1
        return [
            self._piece("Vie sociale/Statuts", "Statuts à jour.pdf", self._articles, self.opened),
            self._piece(f"Vie sociale/Assemblées générales/{year}", f"PV d’assemblée {year}.pdf", lambda s: papers.letter(s, self._on(), "Procès-verbal de l’assemblée générale ordinaire", _MINUTES), self._on()),
            self._piece("Prévisionnel et financement/Business plan", f"Prévisionnel {year}-{year + 2}.xlsx", lambda s: office.dashboard(s, year, 12), self._on()),
            self._piece("Pièces à déposer/Factures", *self._purchase(), by_contact=True),
            self._piece("Fiscalité/Déclarations", f"Comptes annuels {year - 1}.pdf", lambda s: papers.annual_accounts(s, date(year - 1, 12, 31)), self.opened),
            self._piece("Contrats/Baux", "Bail commercial.pdf", self._engagement, self.opened),
            self._piece("Pièces à déposer/Relevés", *self._statement(), by_contact=True),
            self._piece("Patrimoine/Immobilier", "Photo de l’immeuble.jpg", lambda s: scans.photo(s, large=True), self._on(), by_contact=True),
            *self._common(),
            self._piece("Travaux internes/Analyses", f"Analyse {year}.xlsx", lambda s: office.trial_balance(s, self.until), self._on(0.5)),
            self._piece("Échanges/À signer", "Convention de prestations.docx", lambda s: office.text(s, "Convention de prestations", _CONTRACT), self._on(0.6)),
        ]  # fmt: skip

    def _more_company(self) -> Piece:
        folder, made = self.chance.choice((
            ("Pièces à déposer/Factures", self._purchase), ("Pièces à déposer/Factures", self._sale), ("Pièces à déposer/Relevés", self._statement),
        ))  # fmt: skip
        return self._piece(folder, *made(), by_contact=True)

    # Each of these gives (name, maker, day), or with the folder in front.

    def _purchase(self) -> tuple[str, Callable[[Subject], bytes], date]:
        day = self._on()
        supplier = self.chance.choice(self.subject.trade.suppliers)
        return f"{day:%Y-%m-%d} {supplier}.pdf", lambda s: papers.purchase_invoice(s, day), day

    def _sale(self) -> tuple[str, Callable[[Subject], bytes], date]:
        day = self._on()
        return f"Facture {day.year}-{self.chance.randint(100, 999)}.pdf", lambda s: papers.sales_invoice(s, day), day

    def _statement(self) -> tuple[str, Callable[[Subject], bytes], date]:
        day = self._on()
        month = (day.replace(day=1) - timedelta(days=1)).replace(day=1)
        return f"Relevé bancaire {month:%Y-%m}.pdf", lambda s: _statement(s, month), day

    def _export(self) -> tuple[str, Callable[[Subject], bytes], date]:
        day = self._on()
        return f"Mouvements {day:%Y-%m}.csv", lambda s: office.bank_export(s, day), day

    def _vat_return(self) -> tuple[str, Callable[[Subject], bytes], date]:
        day = self._on()
        return f"CA3 {MONTHS[day.month - 1]} {day.year}.pdf", lambda s: _vat_return(s, day), day

    def _slip(self) -> tuple[str, str, Callable[[Subject], bytes], date]:
        day = self._on()
        name, job = self.chance.choice(_EMPLOYEES), self.chance.choice(self.subject.trade.jobs)
        quarter = ("1er", "2e", "3e", "4e")[(day.month - 1) // 3]
        folder = (
            f"Bulletins de paie/{day.year}/{quarter} trimestre"
            if day.year == self.until.year
            else f"Bulletins de paie/{day.year}"
        )
        return folder, f"Bulletin {day:%Y-%m} {name}.pdf", lambda s: papers.payslip(s, name, job, day), day

    def _hours(self) -> tuple[str, str, Callable[[Subject], bytes], date]:
        day = self._on()
        names = self.chance.sample(_EMPLOYEES, k=5)
        return (
            f"Variables de paie/{self.until.year}",
            f"Variables {MONTHS[day.month - 1]}.xlsx",
            lambda s: office.hours(s, day, names),
            day,
        )

    def _declaration(self) -> tuple[str, str, Callable[[Subject], bytes], date]:
        day = self._on()
        return "Déclarations sociales/DSN", f"DSN {day:%Y-%m}.pdf", lambda s: _declaration(s, day), day

    def _engagement(self, subject: Subject) -> bytes:
        return papers.letter(subject, self.opened, "Lettre de mission", _ENGAGEMENT)

    def _articles(self, subject: Subject) -> bytes:
        return papers.letter(subject, self.opened, f"Statuts de {subject.client.name}", _ARTICLES)


def _statement(subject: Subject, month: date) -> bytes:
    rows: list[list[Any]] = []
    balance = round(subject.chance.uniform(4000, 60000), 2)
    for number in range(subject.chance.randint(28, 55)):
        paid, received = (
            (0.0, round(subject.chance.uniform(40, 4200), 2))
            if number % 3 == 0
            else (round(subject.chance.uniform(8, 1900), 2), 0.0)
        )
        balance = round(balance + received - paid, 2)
        rows.append(
            [
                f"{month.replace(day=1 + number % 28):%d/%m}",
                subject.chance.choice(office.MOVEMENTS).capitalize(),
                paid,
                received,
            ]
        )
    rows.sort(key=lambda row: row[0])
    bank = {"name": "Banque du Confluent", "address": "Agence Bellecour, 69002 Lyon", "identity": "RCS Lyon"}
    total = ["", "Nouveau solde", sum_of(sum(row[2] for row in rows)), sum_of(balance)]
    return papers.table(
        subject,
        "Relevé de compte",
        f"{MONTHS[month.month - 1].capitalize()} {month.year}",
        ["Date", "Opération", "Débit", "Crédit"],
        rows,
        total=total,
        wide=1,
        sender=bank,
    )


def _vat_return(subject: Subject, day: date) -> bytes:
    base = round(subject.client.turnover / 12 * subject.chance.uniform(0.8, 1.2), 2)
    rows: list[list[Any]] = [
        ["Ventes et prestations, taux normal", base, round(base * 0.2, 2)],
        ["Autres opérations imposables", round(base * 0.04, 2), round(base * 0.008, 2)],
        ["TVA déductible sur immobilisations", "", -round(base * 0.02, 2)],
        ["TVA déductible sur biens et services", "", -round(base * 0.09, 2)],
    ]
    total = ["TVA nette due", "", round(sum(row[2] for row in rows), 2)]
    return papers.table(
        subject,
        "Déclaration de TVA (CA3)",
        f"Période : {MONTHS[day.month - 1]} {day.year}",
        ["Ligne", "Base hors taxe", "Taxe"],
        rows,
        total=total,
        note="Télétransmise par le cabinet.",
    )


def _declaration(subject: Subject, day: date) -> bytes:
    rows: list[list[Any]] = [
        [name, round(subject.chance.uniform(1850, 3300), 2), round(subject.chance.uniform(400, 900), 2)]
        for name in subject.chance.sample(_EMPLOYEES, k=5)
    ]
    return papers.table(
        subject,
        "Déclaration sociale nominative",
        f"{MONTHS[day.month - 1].capitalize()} {day.year}",
        ["Salarié", "Brut", "Cotisations"],
        rows,
        note="Accusé de réception reçu.",
    )


_ENGAGEMENT = [
    "Vous avez bien voulu nous confier une mission de présentation de vos comptes annuels. La présente lettre précise l’étendue et les modalités de notre intervention.",
    {"heading": "Notre mission"},
    "Nous tenons votre comptabilité à partir des pièces que vous déposez dans votre espace, établissons vos déclarations et vos comptes annuels, et vous assistons lors des contrôles.",
    {"heading": "Vos obligations"},
    "Vous nous remettez vos pièces avant le 10 de chaque mois, vous conservez les originaux et nous informez de tout événement important.",
    {"heading": "Honoraires"},
    "Nos honoraires sont facturés mensuellement et révisés chaque année. La mission est conclue pour un an et se renouvelle par tacite reconduction.",
]
_ARTICLES = [
    {"heading": "Article 1 — Forme"}, "Il existe entre les associés une société régie par le code de commerce et par les présents statuts.",
    {"heading": "Article 2 — Objet"}, "La société a pour objet, en France et à l’étranger, l’exploitation de l’activité désignée ci-dessus et toutes opérations s’y rattachant.",
    {"heading": "Article 3 — Siège"}, "Le siège social est fixé à l’adresse indiquée en tête. Il peut être transféré par décision de la gérance.",
    {"heading": "Article 4 — Durée"}, "La durée de la société est fixée à quatre-vingt-dix-neuf ans à compter de son immatriculation.",
    {"heading": "Article 5 — Capital"}, "Le capital social est divisé en parts égales, entièrement souscrites et libérées.",
    {"heading": "Article 6 — Exercice"}, "Chaque exercice social a une durée de douze mois.",
]  # fmt: skip
_MINUTES = [
    "L’assemblée, après avoir pris connaissance du rapport de gestion, approuve les comptes de l’exercice écoulé tels qu’ils lui ont été présentés.",
    {"heading": "Affectation du résultat"}, "L’assemblée décide d’affecter le résultat de l’exercice au poste « Autres réserves ».",
    {"heading": "Quitus"}, "L’assemblée donne à la gérance quitus entier et sans réserve de l’exécution de son mandat.",
]  # fmt: skip
_AFFIRMATION = [
    "Nous vous confirmons, au mieux de notre connaissance, que les informations qui vous ont été transmises pour l’établissement des comptes sont complètes et sincères.",
    "Nous n’avons connaissance d’aucun litige, engagement ou événement postérieur à la clôture qui ne vous ait été signalé.",
]
_LETTER = [
    "Nous accusons réception de vos déclarations et vous prions de trouver ci-après le détail de nos observations.",
    "Aucune régularisation n’est demandée à ce jour. Le présent courrier est à conserver au dossier.",
]
_CONTRACT = [
    "Entre les soussignés, il a été convenu ce qui suit.",
    "Article 1. Le présent contrat prend effet à la date de sa signature, après une période d’essai de deux mois.",
    "Article 2. La durée du travail est fixée à 35 heures par semaine, réparties selon l’horaire en vigueur dans l’entreprise.",
    "Article 3. La rémunération mensuelle brute est versée le dernier jour ouvré du mois.",
    "Article 4. Chacune des parties peut mettre fin au contrat dans les conditions prévues par la loi et la convention collective.",
]
_QUESTIONS = [
    "1. Facture du 14 : s’agit-il d’un achat professionnel ou personnel ?",
    "2. Virement reçu sans référence : à quel client correspond-il ?",
    "3. Véhicule : merci de déposer la carte grise et le contrat d’assurance.",
    "4. Caisse : l’écart du dernier trimestre est à justifier.",
]
_REVIEW = [
    "Les travaux de révision sont avancés aux trois quarts. Les cycles achats et banque sont justifiés.",
    "Restent à obtenir : l’inventaire, le tableau des emprunts, l’attestation d’assurance.",
    "Points d’attention : marge en baisse de deux points, délai client en hausse.",
]
_ANSWER = (
    "Suite à votre question, voici les précisions demandées.\n\nLe stock a été compté le dernier jour du mois par deux personnes. "
    "La valeur retenue est celle du dernier prix d’achat, hors remise.\nLes produits périmés ont été écartés et figurent sur une liste à part, "
    "que je dépose dans le dossier.\n\nPour le virement sans référence, il s’agit du règlement de la commande de septembre : la cliente a payé "
    "en deux fois.\nLa caisse présente un écart de douze euros que nous avons passé en charge.\n\nJe reste à votre disposition si vous avez besoin d’autres pièces. "
    "Je serai absente la semaine prochaine, mais mon associé peut vous répondre par téléphone le matin.\n"
    "Pouvez-vous aussi me dire quand les comptes seront présentés ? La banque les demande avant la fin du mois."
)
