"""The templates of an accounting firm: folder trees, attributes, forms."""

from __future__ import annotations

from typing import Any

from portal.files.tree_shape import Branch
from portal.permissions.levels import Level

# One folder per line, two blanks per level; "= key" is what contacts begin with there. {year} and {last} are filled in.
TREES: dict[str, tuple[str, str]] = {
    "Comptabilité": (
        "Tenue et révision : le client dépose ses pièces, le cabinet rend les comptes.",
        """
Dossier permanent = read
  Statuts et Kbis
  Baux et contrats
  Lettre de mission
  Assurances
Pièces à déposer = deposit
  Achats
  Ventes
  Banque
  Notes de frais
Exercice {year} = read
  Tableaux de bord
  Grand livre et balance
  TVA
  Immobilisations
Exercice {last} = read
  Bilan et liasse
  Grand livre et balance
  TVA
  Rapport de gestion
Impôts et taxes = read
  Impôt sur les sociétés
  CFE et CVAE
  Avis et échéanciers
Échanges = full
  Questions en cours
  Documents signés
Travaux internes = none
  Révision des comptes
  Notes de supervision
  Temps passés
""",
    ),
    "Paie et social": (
        "Gestion de la paie : variables du mois, bulletins, déclarations sociales.",
        """
Variables de paie = deposit
  {year}
Bulletins de paie = read
  {year}
    1er trimestre
    2e trimestre
    3e trimestre
    4e trimestre
  {last}
Salariés = read
  Contrats de travail
  Avenants
  Sorties
Arrêts et absences = deposit
Déclarations sociales = read
  DSN
  URSSAF
  Retraite et prévoyance
Contrôles et courriers = read
Échanges = full
  Questions en cours
Travaux internes = none
  Paramétrage du dossier
  Contrôle des bulletins
""",
    ),
    "Juridique et conseil": (
        "Vie sociale, contrats, projets : pour les holdings, sociétés civiles et missions de conseil.",
        """
Vie sociale = read
  Statuts
  Assemblées générales
    {year}
    {last}
  Registres
  Conventions
Contrats = read
  Baux
  Prêts et garanties
  Assurances
Prévisionnel et financement = read
  Business plan
  Dossier bancaire
  Tableaux de bord
Fiscalité = read
  Déclarations
  Avis d’imposition
Pièces à déposer = deposit
  Factures
  Relevés
Patrimoine = read
  Immobilier
  Placements
Échanges = full
  À signer
  Questions en cours
Travaux internes = none
  Analyses
  Notes de supervision
""",
    ),
}

# Which tree a client group begins with.
TREE_OF_GROUP = {"Social": "Paie et social", "Conseil": "Juridique et conseil"}

_REGIMES = (
    "IS, réel normal", "IS, réel simplifié", "BIC, réel simplifié", "BNC, déclaration contrôlée", "Bénéfice agricole", "Revenus fonciers",
)  # fmt: skip
_VAT_REGIMES = ("Réel mensuel", "Réel trimestriel", "Simplifié annuel", "Franchise en base", "Non assujetti")
_MISSIONS = ("Tenue", "Révision", "Paie", "Juridique", "Conseil")

# (key, label, type, rule or options, section)
ATTRIBUTES: tuple[tuple[str, str, str, Any, str], ...] = (
    ("siren", "Numéro SIREN", "text", "siren", "Identité"),
    ("siret", "SIRET du siège", "text", "siret", "Identité"),
    ("vat", "Numéro de TVA", "text", "vat", "Identité"),
    ("naf", "Code NAF", "text", "", "Identité"),
    ("founded", "Date de création", "date", "", "Identité"),
    ("closing", "Prochaine clôture", "date", "", "Fiscal"),
    ("regime", "Régime fiscal", "one_of", _REGIMES, "Fiscal"),
    ("vat_regime", "Régime de TVA", "one_of", _VAT_REGIMES, "Fiscal"),
    ("turnover", "Chiffre d’affaires", "money", "", "Fiscal"),
    ("missions", "Missions confiées", "many_of", _MISSIONS, "Mission"),
    ("fee", "Honoraires annuels", "money", "", "Mission"),
    ("mandate", "Mandat SEPA signé", "yes_no", "", "Mission"),
    ("iban", "IBAN", "text", "iban", "Mission"),
    ("staff", "Effectif", "number", "", "Social"),
    ("agreement", "Convention collective", "text", "", "Social"),
    ("payday", "Paie à rendre le", "text", "", "Social"),
    ("pension", "Caisse de retraite", "text", "", "Social"),
)

# (attribute, required)
ATTRIBUTE_TEMPLATES = {
    "Fiche comptable": (
        ("siren", True), ("siret", False), ("vat", False), ("naf", False), ("founded", False), ("closing", True),
        ("regime", True), ("vat_regime", False), ("turnover", False), ("missions", False), ("fee", False),
        ("mandate", False), ("iban", False),
    ),
    "Fiche sociale": (
        ("siren", True), ("siret", False), ("closing", True), ("regime", False), ("turnover", False),
        ("missions", False), ("staff", True), ("agreement", True), ("payday", False), ("pension", False),
    ),
}  # fmt: skip


def tree_nodes(text: str, *, year: int) -> list[Branch]:
    """A tree as it is written above, as the editor would send it."""
    lines = [line for line in text.format(year=year, last=year - 1).splitlines() if line.strip()]
    return _siblings(lines, depth=0)


def _siblings(lines: list[str], *, depth: int) -> list[Branch]:
    starts = [number for number, line in enumerate(lines) if len(line) - len(line.lstrip()) == 2 * depth]
    nodes = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):  # no starts, no children
        name, _sign, level = lines[start].strip().partition(" = ")
        children = _siblings(lines[start + 1 : end], depth=depth + 1)
        nodes.append(Branch(name, Level.of(level) if level else None, children))
    return nodes


def _question(
    ident: str, kind: str, label: str, *options: str, required: bool = True, help: str = ""
) -> dict[str, Any]:  # noqa: A002
    chosen = [{"key": f"{ident}-{number}", "label": option} for number, option in enumerate(options, 1)]
    return {"id": ident, "type": kind, "label": label, "help": help, "required": required, "options": chosen}


CLOSING_FORM: dict[str, Any] = {
    "title": "Questionnaire de clôture annuelle",
    "description": "Ces réponses nous permettent d’établir vos comptes annuels. Comptez une dizaine de minutes.",
    "mail_text": "Votre exercice se termine bientôt. Merci de répondre à ces quelques questions afin que nous puissions préparer vos comptes.",
    "sections": [
        {"id": "stock", "title": "Stocks et travaux en cours", "help": "", "questions": [
            _question("inventory", "yes_no", "Avez-vous fait un inventaire à la date de clôture ?"),
            _question("stock_value", "number", "Valeur du stock, hors taxes", required=False, help="En euros, au prix d’achat."),
            _question("in_progress", "long_text", "Travaux ou commandes en cours à la clôture", required=False),
        ]},
        {"id": "assets", "title": "Investissements et emprunts", "help": "", "questions": [
            _question("bought", "yes_no", "Avez-vous acquis du matériel ou un véhicule cette année ?"),
            _question("sold", "yes_no", "Avez-vous vendu ou mis au rebut du matériel ?"),
            _question("loans", "many_of", "Nouveaux financements", "Emprunt bancaire", "Crédit-bail", "Compte courant d’associé", "Aucun"),
        ]},
        {"id": "life", "title": "Vie de l’entreprise", "help": "", "questions": [
            _question("disputes", "yes_no", "Un litige est-il en cours ?"),
            _question("doubtful", "text", "Clients dont le paiement est douteux", required=False),
            _question("meeting", "date", "Quand pouvons-nous vous présenter les comptes ?", required=False),
            _question("format", "one_of", "Comment souhaitez-vous recevoir vos comptes ?", "Dans cet espace", "Sur papier", "Les deux"),
        ]},
    ],
}  # fmt: skip

PAYROLL_FORM: dict[str, Any] = {
    "title": "Variables de paie du mois",
    "description": "À remplir avant le 25 de chaque mois, pour des bulletins rendus à temps.",
    "mail_text": "Merci de nous indiquer les éléments variables du mois avant le 25.",
    "sections": [
        {"id": "time", "title": "Présence", "help": "", "questions": [
            _question("arrivals", "long_text", "Entrées et sorties de salariés", required=False, help="Nom, date, emploi."),
            _question("absences", "long_text", "Absences, congés et arrêts de travail", required=False),
            _question("overtime", "number", "Heures supplémentaires, au total"),
        ]},
        {"id": "money", "title": "Rémunération", "help": "", "questions": [
            _question("bonus", "yes_no", "Des primes sont-elles à verser ce mois-ci ?"),
            _question("advances", "number", "Acomptes versés, en euros", required=False),
            _question("meals", "number", "Nombre de repas ou de titres-restaurant", required=False),
            _question("payday", "date", "Date de paiement souhaitée"),
        ]},
    ],
}  # fmt: skip

CLOSING_ANSWERS = {
    "inventory": ["yes"], "stock_value": ["18450"], "in_progress": ["Deux commandes livrées en janvier."], "bought": ["yes"],
    "sold": ["no"], "loans": ["loans-1"], "disputes": ["no"], "doubtful": [""], "meeting": [""], "format": ["format-1"],
}  # fmt: skip
PAYROLL_ANSWERS = {
    "arrivals": [""], "absences": ["Un jour de congé sans solde le 12."], "overtime": ["14,5"], "bonus": ["no"],
    "advances": ["300"], "meals": ["126"], "payday": ["{payday}"],
}  # fmt: skip
