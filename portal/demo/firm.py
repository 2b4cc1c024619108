"""Who works in the demo firm, and for whom. All names, addresses and numbers are invented."""

from __future__ import annotations

from dataclasses import dataclass

NAME = "Cabinet Verdier"
ADDRESS = "18 quai Jean-Moulin\n69002 Lyon"
PASSWORD = "quatre citrons sous la verrière"  # noqa: S105 - of invented people, printed by `portal up`

GROUPS = ("Comptabilité", "Social", "Conseil", "Agricole", "Professions libérales")
TYPES = ("SARL", "SAS", "EURL", "SELARL", "SCEA", "EI", "SCI", "Association")


@dataclass(frozen=True)
class Collaborator:
    """Somebody of the firm. ``role`` is a preset's key."""

    first_name: str
    last_name: str
    role: str
    phone: str

    @property
    def email(self) -> str:
        """Their address at the firm."""
        return address_of(self.first_name, self.last_name, "cabinet-verdier.example")


@dataclass(frozen=True)
class DemoClient:
    """A client of the firm. ``closing`` is day/month; ``trade`` a key of ``trades.TRADES``."""

    name: str
    type: str
    group: str
    trade: str
    street: str
    postal_code: str
    city: str
    closing: str
    staff: int
    turnover: int

    @property
    def domain(self) -> str:
        """Where its people have their mail."""
        return f"{slug(self.name)[:28].strip('-')}.example"


@dataclass(frozen=True)
class DemoContact:
    """A contact: of which clients (by number), and how far they got. ``state``: active, invited, new, disabled."""

    first_name: str
    last_name: str
    clients: tuple[int, ...]
    state: str = "active"
    language: str = "fr"


COLLABORATORS = (
    Collaborator("Hélène", "Verdier", "administrator", "04 78 00 12 01"),
    Collaborator("Bruno", "Lemaire", "manager", "04 78 00 12 02"),
    Collaborator("Camille", "Moreau", "manager", "04 78 00 12 03"),
    Collaborator("Paul", "Ancel", "collaborator", "04 78 00 12 04"),
    Collaborator("Julie", "Renaud", "collaborator", "04 78 00 12 05"),
    Collaborator("Thomas", "Dubreuil", "collaborator", "04 78 00 12 06"),
    Collaborator("Lina", "Faure", "collaborator", "04 78 00 12 07"),
    Collaborator("Maxime", "Ferrand", "trainee", "04 78 00 12 08"),
)

_CLIENTS = """
Boulangerie Martin|SARL|Comptabilité|bakery|12 rue de la Charité|69002|Lyon|31/12|6|486000
Cabinet dentaire Roux|SELARL|Professions libérales|health|4 place Bellecour|69002|Lyon|30/09|5|742000
Établissements Fontaine & Fils|SAS|Comptabilité|builder|27 route de Vienne|69007|Lyon|31/12|24|3180000
Garage des Alpes|EURL|Comptabilité|garage|86 avenue Jean-Jaurès|38000|Grenoble|31/03|4|615000
Hôtel de la Poste|SAS|Conseil|hotel|1 place de la Libération|74000|Annecy|31/10|18|1940000
Institut Léa|EURL|Social|beauty|9 rue Victor-Hugo|69400|Villefranche-sur-Saône|31/12|3|168000
Les Vergers du Val|SCEA|Agricole|farm|Lieu-dit Les Combes|26120|Chabeuil|30/06|9|890000
Pharmacie Centrale|SELARL|Professions libérales|health|33 cours Gambetta|69003|Lyon|31/12|7|2260000
Menuiserie Chapuis|SARL|Comptabilité|builder|14 rue des Forges|01000|Bourg-en-Bresse|30/06|8|970000
Librairie Le Fil des pages|EI|Comptabilité|shop|21 rue Mercière|69002|Lyon|31/12|2|298000
Brasserie du Port|SARL|Comptabilité|restaurant|5 quai des Marans|71000|Mâcon|31/12|14|1120000
Transports Girard|SAS|Social|transport|ZI du Grand Champ|42160|Andrézieux-Bouthéon|31/12|42|5640000
Domaine de la Rochette|SCEA|Agricole|farm|Route des Crus|69820|Fleurie|31/07|6|720000
Clinique vétérinaire des Monts|SELARL|Professions libérales|health|48 route de Bordeaux|69670|Vaugneray|31/12|9|1080000
Fleurs et Sens|EI|Comptabilité|shop|3 rue du Plâtre|69001|Lyon|31/12|2|184000
Carrosserie Benali|SARL|Comptabilité|garage|112 boulevard de l’Europe|69310|Pierre-Bénite|31/12|7|830000
Électricité Marchand|EURL|Comptabilité|builder|6 allée des Tilleuls|69800|Saint-Priest|31/03|5|560000
Le Comptoir des Halles|SAS|Comptabilité|restaurant|102 cours Lafayette|69003|Lyon|30/09|11|1310000
Atelier Novak Architectes|SARL|Conseil|office|15 montée de la Grande-Côte|69001|Lyon|31/12|6|640000
Optique Lumière|SARL|Comptabilité|shop|58 rue de la République|42000|Saint-Étienne|31/12|4|530000
Ferme des Trois Chênes|SCEA|Agricole|farm|Chemin du Bois|01240|Saint-Paul-de-Varax|31/08|3|265000
Studio Pixel & Cie|SAS|Conseil|office|30 rue Saint-Jean-de-Dieu|69007|Lyon|31/12|12|1450000
SCI Les Canuts|SCI|Conseil|property|18 rue d’Ivry|69004|Lyon|31/12|0|96000
SCI du Parc|SCI|Conseil|property|7 boulevard des Belges|69006|Lyon|31/12|0|142000
Plomberie Da Silva|EURL|Comptabilité|builder|41 rue Paul-Bert|69003|Lyon|30/06|4|485000
Boucherie Perrin|SARL|Comptabilité|bakery|2 place du Marché|69210|L’Arbresle|31/12|5|610000
Association Les Petits Pas|Association|Social|office|10 rue des Écoles|69100|Villeurbanne|31/08|16|580000
Club nautique du Léman|Association|Conseil|office|Port de Rives|74200|Thonon-les-Bains|31/12|5|310000
Cabinet infirmier Soleil|SELARL|Professions libérales|health|25 avenue du Vercors|38240|Meylan|31/12|4|390000
Étude Caron & Associés|SELARL|Professions libérales|office|11 rue Childebert|69002|Lyon|31/12|13|1760000
Auto-école de la Gare|SARL|Social|office|8 avenue de la Gare|01500|Ambérieu-en-Bugey|31/12|6|340000
Pâtisserie Sévigné|SAS|Comptabilité|bakery|64 rue de Sèze|69006|Lyon|31/12|10|880000
Couleurs d’Intérieur|EURL|Comptabilité|builder|19 rue Pasteur|69300|Caluire-et-Cuire|31/12|3|275000
Gîtes du Pilat|EI|Agricole|hotel|Hameau de la Jasserie|42660|Le Bessat|31/10|1|118000
Pressing Belle Étoile|EURL|Social|shop|77 rue Garibaldi|69006|Lyon|31/12|4|232000
Cave des Pierres Dorées|SCEA|Agricole|farm|Place de l’Église|69620|Theizé|31/07|11|1540000
Mécanique de précision Vial|SAS|Conseil|garage|ZA de la Plaine|74300|Cluses|31/12|31|4870000
Restaurant Chez Odile|SARL|Social|restaurant|13 rue des Marronniers|69002|Lyon|31/12|8|690000
Kinésithérapie Croix-Rousse|EI|Professions libérales|health|90 boulevard de la Croix-Rousse|69004|Lyon|31/12|2|210000
Ambulances du Beaujolais|SAS|Social|transport|5 rue de l’Industrie|69220|Belleville-en-Beaujolais|31/12|26|1980000
"""


def _client(line: str) -> DemoClient:
    name, kind, group, trade, street, postal_code, city, closing, staff, turnover = line.split("|")
    return DemoClient(name, kind, group, trade, street, postal_code, city, closing, int(staff), int(turnover))


CLIENTS = tuple(_client(line) for line in _CLIENTS.strip().splitlines())

_CONTACTS = """
Claire Martin 0,31;Antoine Roux 1;Philippe Fontaine 2,22;Éric Giraud 3;Nathalie Berthier 4,33;Léa Costa 5
Henri Valette 6;Olivier Blanc 7;Gilles Chapuis 8;Sophie Lenoir 9;Karim Haddad 10;Martine Girard 11
Étienne Rochette 12,35;Anne-Laure Petit 13;Rose Dumont 14;Samir Benali 15;Denis Marchand 16;Valérie Combe 17
Milena Novak 18:en;Laurent Picard 19;Joseph Chêne 20;Inès Caradec 21;Bernard Mollard 23;Rui Da_Silva 24
Christophe Perrin 25;Fatou Diallo 26;Yann Kermarrec 27;Céline Arnaud 28;Maître_Louis Caron 29,23;Sabrina Leroux 30
Émilie Sévigné 31;Marc Jourdan 32;Odette Pilon 33;Rachid Amrani 34;Lucien Guillot 35;Stéphane Vial 36
Odile Besson 37;Hugo Tissot 38;Isabelle Ravier 39;Julien Martin 0;Sandrine Roux 1;Marie Fontaine 2
Luca Bianchi 4:it;Élodie Valette 6;Patrick Girard 11;Nora Petit 13;Thierry Lacombe 17;Amélie Faivre 21
Pauline Caron 29;Damien Vial 36;Giulia Rossi 10:it;Mathilde Noël 26;Romain Ravier 39;Aline Guillot 35
Jean-Marc Thévenet 7!invited;Victor Kermarrec 27!invited;Charlotte Blin 31!invited;Alexis Dupré 22!invited
Simone Arnaud 28!new;Gérard Marchand 16!disabled
"""


def _contact(entry: str) -> DemoContact:
    first, last, rest = entry.split(" ")
    rest, _sign, state = rest.partition("!")
    rest, _sign, language = rest.partition(":")
    numbers = tuple(int(number) for number in rest.split(","))
    first, last = first.replace("_", " "), last.replace("_", " ")
    return DemoContact(first, last, numbers, state or "active", language or "fr")


CONTACTS = tuple(_contact(entry) for entry in _CONTACTS.strip().replace("\n", ";").split(";"))


def slug(text: str) -> str:
    """Lower case, without accents, words joined by hyphens."""
    from portal.kit.names import search_key

    letters = (letter if letter.isascii() and letter.isalnum() else " " for letter in search_key(text))
    return "-".join("".join(letters).split())


def address_of(first_name: str, last_name: str, domain: str) -> str:
    """An e-mail address in a domain that cannot exist (RFC 2606)."""
    return f"{slug(first_name).split('-')[-1]}.{slug(last_name)}@{domain}"
