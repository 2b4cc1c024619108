"""Office documents: workbooks with typed cells, texts, mails, exports of banks."""

from __future__ import annotations

import csv
import io
import random
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from typing import Any

from docx import Document
from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from portal.demo import firm
from portal.demo.papers import MONTHS, Subject, french

ACCOUNTS = (
    ("101000", "Capital"), ("106800", "Réserves"), ("164000", "Emprunts"), ("213500", "Agencements"), ("215400", "Matériel"),
    ("218200", "Matériel de transport"), ("281540", "Amortissement du matériel"), ("371000", "Stocks"), ("401000", "Fournisseurs"),
    ("411000", "Clients"), ("421000", "Personnel, rémunérations dues"), ("431000", "Sécurité sociale"), ("445510", "TVA à décaisser"),
    ("445660", "TVA déductible"), ("445710", "TVA collectée"), ("512000", "Banque"), ("530000", "Caisse"), ("601000", "Achats de matières"),
    ("606100", "Énergie"), ("606300", "Petit équipement"), ("613200", "Locations immobilières"), ("615000", "Entretien"),
    ("616000", "Assurances"), ("622600", "Honoraires"), ("625100", "Déplacements"), ("626000", "Poste et télécommunications"),
    ("627000", "Services bancaires"), ("641000", "Salaires"), ("645000", "Charges sociales"), ("661100", "Intérêts"),
    ("681100", "Dotations"), ("706000", "Prestations"), ("707000", "Ventes"), ("758000", "Produits divers"),
)  # fmt: skip


def trial_balance(subject: Subject, day: date) -> bytes:
    """A trial balance: accounts with debit, credit and balance as numbers."""
    rows: list[list[Any]] = [[number, label, *_debit_credit(subject)] for number, label in ACCOUNTS]
    return _workbook("Balance", ["Compte", "Libellé", "Débit", "Crédit", "Solde"], [[*row, round(row[2] - row[3], 2)] for row in rows],
                     title=f"Balance générale au {french(day)}", subject=subject)  # fmt: skip


def dashboard(subject: Subject, year: int, months: int) -> bytes:
    """Sales, costs and cash by month."""
    base = subject.client.turnover / 12
    rows: list[list[Any]] = []
    for month in range(1, months + 1):
        sales, costs = (
            round(base * subject.chance.uniform(0.8, 1.25), 2),
            round(base * subject.chance.uniform(0.7, 1.02), 2),
        )
        rows.append(
            [
                date(year, month, 1),
                sales,
                costs,
                round(sales - costs, 2),
                round(base * subject.chance.uniform(0.4, 2), 2),
            ]
        )
    heads = ["Mois", "Chiffre d’affaires", "Charges", "Résultat", "Trésorerie"]
    return _workbook("Tableau de bord", heads, rows, title=f"Tableau de bord {year}", subject=subject)


def assets(subject: Subject, year: int) -> bytes:
    """The list of fixed assets with their depreciation."""
    things = (
        "Four",
        "Vitrine réfrigérée",
        "Véhicule utilitaire",
        "Ordinateurs",
        "Agencement du local",
        "Enseigne",
        "Machine-outil",
        "Logiciel",
    )
    rows: list[list[Any]] = []
    for thing in subject.chance.sample(things, k=6):
        value, years = subject.chance.randint(8, 420) * 100.0, subject.chance.choice((3, 5, 7, 10))
        bought = date(year - subject.chance.randint(0, 4), subject.chance.randint(1, 12), subject.chance.randint(1, 28))
        rows.append([thing, bought, value, years, round(value / years, 2)])
    return _workbook(
        "Immobilisations",
        ["Bien", "Acquis le", "Valeur", "Durée (ans)", "Dotation"],
        rows,
        title="Immobilisations",
        subject=subject,
    )


def hours(subject: Subject, month: date, names: list[str]) -> bytes:
    """Hours and absences per employee of a month."""
    rows: list[list[Any]] = [
        [
            name,
            151.67,
            round(subject.chance.uniform(0, 12), 1),
            subject.chance.choice((0, 0, 1, 2, 5)),
            subject.chance.choice((0.0, 0.0, 150.0)),
        ]
        for name in names
    ]
    heads = ["Salarié", "Heures", "Heures supplémentaires", "Jours d’absence", "Prime"]
    return _workbook(
        "Variables", heads, rows, title=f"Variables de {MONTHS[month.month - 1]} {month.year}", subject=subject
    )


def _debit_credit(subject: Subject) -> list[float]:
    volume = subject.client.turnover * subject.chance.uniform(0.01, 0.4)
    return [round(volume, 2), round(volume * subject.chance.uniform(0.2, 1.3), 2)]


def _workbook(name: str, heads: list[str], rows: list[list[Any]], *, title: str, subject: Subject) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = name
    sheet.append([f"{title} — {subject.client.name}"])
    sheet["A1"].font = Font(bold=True, size=13)
    sheet.append([])
    sheet.append(heads)
    for cell in sheet[3]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE9EA")
    for row in rows:
        sheet.append(row)
    for cells in sheet.iter_rows(min_row=4):
        for cell in cells:
            if isinstance(cell.value, float):
                cell.number_format = "# ##0.00"
            elif isinstance(cell.value, date):
                cell.number_format = "dd/mm/yyyy"
    for number, head in enumerate(heads, 1):
        sheet.column_dimensions[get_column_letter(number)].width = max(14, len(head) + 4)
    sheet.freeze_panes = "A4"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text(subject: Subject, title: str, paragraphs: list[str]) -> bytes:
    """A Word document."""
    document = Document()
    document.core_properties.author = firm.NAME
    document.add_heading(title, level=1)
    document.add_paragraph(
        f"{subject.client.name} — {subject.client.street}, {subject.client.postal_code} {subject.client.city}"
    )
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    grid = document.add_table(rows=1, cols=2)
    grid.rows[0].cells[0].text, grid.rows[0].cells[1].text = "Interlocuteur du cabinet", subject.in_charge
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def mail(subject: Subject, day: date, *, sender: tuple[str, str], title: str, body: str) -> bytes:
    """A saved mail (.eml)."""
    message = EmailMessage()
    message["From"] = f"{sender[0]} <{sender[1]}>"
    message["To"] = f"{firm.NAME} <contact@cabinet-verdier.example>"
    message["Subject"] = title
    message["Date"] = datetime.combine(day, time(9, subject.chance.randint(0, 59))).astimezone()
    message.set_content(
        f"Bonjour,\n\n{body}\n\nBien cordialement,\n{sender[0]}\n{subject.client.name}\n" + "-" * 60 + _FOOTER
    )
    return bytes(message)


def bank_export(subject: Subject, month: date) -> bytes:
    """The movements of a month as a bank gives them: semicolons, decimal commas, a byte order mark."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Date", "Libellé", "Débit", "Crédit"])
    for number in range(subject.chance.randint(70, 160)):
        day = month.replace(day=1) + timedelta(days=number % 28)
        amount = f"{subject.chance.uniform(8, 2900):.2f}".replace(".", ",")
        label = subject.chance.choice(MOVEMENTS)
        writer.writerow(
            [f"{day:%d/%m/%Y}", label, *(("", amount) if label.startswith(("VIR RECU", "REMISE")) else (amount, ""))]
        )
    return out.getvalue().encode("utf-8-sig")


def journal(subject: Subject, year: int, chance: random.Random) -> bytes:
    """Accounting entries as the tax authority wants them (FEC, article A47 A-1 of the LPF): tabs, 18 columns."""
    heads = "JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise"
    lines = ["\t".join(heads.split())]
    for number in range(1, 401):
        day = date(year, 1, 1) + timedelta(days=number * 9 // 10)
        amount = f"{chance.uniform(12, 4200):.2f}".replace(".", ",")
        for account, label, debit in (("607000", "Achats", True), ("401000", "Fournisseurs", False)):
            row = [
                "AC",
                "Achats",
                str(number),
                f"{day:%Y%m%d}",
                account,
                label,
                "",
                "",
                f"F{number:05d}",
                f"{day:%Y%m%d}",
                f"Facture {number}",
            ]
            lines.append(
                "\t".join(
                    [*row, amount if debit else "0,00", "0,00" if debit else amount, "", "", f"{day:%Y%m%d}", "", ""]
                )
            )
    return "\r\n".join(lines).encode()


MOVEMENTS = (
    "PRLV URSSAF RHONE ALPES", "VIR RECU CLIENT", "CB STATION SERVICE", "PRLV ENERGIE", "REMISE CARTES", "VIR SALAIRES", "CHQ FOURNISSEUR",
    "PRLV ASSURANCE", "FRAIS TENUE DE COMPTE", "VIR RECU FACTURE", "PRLV LOYER", "ECHEANCE PRET",
)  # fmt: skip
_FOOTER = """
Ce message et ses éventuelles pièces jointes sont confidentiels et établis à l’intention exclusive de leurs destinataires.
Si vous l’avez reçu par erreur, merci d’en avertir immédiatement l’expéditeur et de le détruire.
Toute modification, édition, utilisation ou diffusion non autorisée est interdite.
Pensez à l’environnement avant d’imprimer ce message : une page imprimée consomme du papier, de l’encre et de l’énergie.
Avant d’ouvrir une pièce jointe, vérifiez toujours qui vous l’envoie. En cas de doute, appelez votre interlocuteur habituel
au numéro que vous connaissez, et non à celui qui figure dans le message.
"""
