"""What clients of each trade buy and sell: the words of their invoices, receipts and payslips."""

from __future__ import annotations

from dataclasses import dataclass

from portal.demo.firm import DemoClient


@dataclass(frozen=True)
class Trade:
    """``buys`` and ``sells``: (label, unit price in euros). ``shops`` print receipts."""

    suppliers: tuple[str, ...]
    buys: tuple[tuple[str, float], ...]
    sells: tuple[tuple[str, float], ...]
    jobs: tuple[str, ...]
    agreement: str
    code: str


def _trade(suppliers: str, buys: str, sells: str, jobs: str, agreement: str, code: str) -> Trade:
    def priced(text: str) -> tuple[tuple[str, float], ...]:
        pairs = (entry.rsplit(" ", 1) for entry in text.split("; "))
        return tuple((label, float(price)) for label, price in pairs)

    return Trade(tuple(suppliers.split("; ")), priced(buys), priced(sells), tuple(jobs.split("; ")), agreement, code)


TRADES = {
    "bakery": _trade(
        "Moulins de Savoie; Beurrerie du Forez; Emballages Rhodaniens; Froid Service Lyon",
        "Farine T65, sac de 25 kg 21.4; Beurre de tourage 82 %, 10 kg 89.5; Levure fraîche, carton 14.2; "
        "Sachets kraft, 1 000 pièces 36.9; Entretien du fournil 240; Œufs plein air, 360 pièces 74.8",
        "Plateaux traiteur 18.5; Pain de tradition 1.3; Viennoiseries assorties 1.4; Entremets 8 parts 34",
        "Boulanger; Vendeuse; Pâtissier; Apprentie", "Boulangerie-pâtisserie (IDCC 843)", "10.71C",
    ),
    "health": _trade(
        "Dentalys Distribution; Medirhône; Laboratoire Prothia; Stérilease",
        "Gants nitrile, 100 pièces 7.9; Consommables de soin 148; Travaux de prothèse 265; Maintenance du fauteuil 310; "
        "Fluides et désinfectants 54.6; Location autoclave 129",
        "Consultation 30; Actes techniques 96; Soins à domicile 42", "Assistante; Secrétaire médicale; Praticien adjoint",
        "Cabinets médicaux (IDCC 1147)", "86.23Z",
    ),
    "builder": _trade(
        "Matériaux du Rhône; Bois & Dérivés; Électro-Gros Sud-Est; Location Travaux Plus",
        "Panneaux OSB 18 mm 23.7; Câble R2V 3G2,5, 100 m 112; Location nacelle, jour 186; Peinture mate blanche, 15 l 78.4; "
        "Quincaillerie 63.2; Évacuation de gravats 145",
        "Fourniture et pose 1250; Main-d’œuvre, heure 48; Déplacement 35; Mise aux normes 890",
        "Chef d’équipe; Ouvrier qualifié; Apprenti; Conductrice de travaux", "Bâtiment, ouvriers (IDCC 1597)", "43.21A",
    ),
    "garage": _trade(
        "Pièces Auto Dauphiné; Pneus Express Pro; Peintures Carrossier; Outillage Vercors",
        "Plaquettes de frein, jeu 42.3; Pneu 205/55 R16 67.8; Huile 5W30, 60 l 198; Vernis et durcisseur 121; "
        "Filtres, lot 38.6; Étalonnage d’appareil 275",
        "Révision complète 289; Main-d’œuvre, heure 62; Usinage de série 1420; Remplacement de pare-brise 410",
        "Mécanicien; Carrossier; Réceptionnaire; Apprenti", "Services de l’automobile (IDCC 1090)", "45.20A",
    ),
    "hotel": _trade(
        "Blanchisserie des Lacs; Primeurs d’Annecy; Hôtel Équip; Énergie Alpine",
        "Location et lavage de linge 486; Produits d’accueil 132; Petit déjeuner, denrées 244; Électricité du mois 918; "
        "Maintenance de l’ascenseur 205",
        "Nuitée chambre double 118; Petit déjeuner 14; Taxe de séjour 1.65; Salle de séminaire 390",
        "Réceptionniste; Gouvernante; Cuisinier; Veilleur de nuit", "Hôtels, cafés, restaurants (IDCC 1979)", "55.10Z",
    ),
    "restaurant": _trade(
        "Marée de Bresse; Primeurs des Halles; Cave du Mâconnais; Hygiène Pro",
        "Filets de perche, kg 24.6; Légumes de saison 146; Vin AOC, carton de 6 52.8; Produits d’entretien 68; "
        "Location de caisse 79",
        "Menu du jour 19.5; Menu dégustation 46; Repas de groupe 32; Boissons 4.8",
        "Cuisinière; Serveur; Plongeur; Chef de rang", "Hôtels, cafés, restaurants (IDCC 1979)", "56.10A",
    ),
    "shop": _trade(
        "Diffusion du Livre Sud-Est; Fleurs Grossiste Lyon; Optimatic; Étalages & Cie",
        "Réassort de rayon 412; Emballages cadeaux 47.5; Présentoirs 168; Location du terminal 29; Consommables 58",
        "Vente comptoir 24; Commande spéciale 86; Abonnement professionnel 120",
        "Vendeuse; Responsable de magasin", "Commerces de détail (IDCC 1517)", "47.61Z",
    ),
    "farm": _trade(
        "Coopérative Drômoise; Agri-Services du Val; Verrerie Rhodanienne; Phyto Bio Sud",
        "Plants et semences 640; Engrais organique, tonne 318; Bouteilles bourgogne, palette 1120; Gazole non routier, 1 000 l 1085; "
        "Réparation du tracteur 760",
        "Pommes calibrées, tonne 890; Vin rouge, carton de 6 59; Vente à la ferme 310; Prestation de récolte 540",
        "Ouvrier agricole; Saisonnière; Chef de culture", "Production agricole (IDCC 7024)", "01.24Z",
    ),
    "office": _trade(
        "Papeterie du Parc; Cloud & Co; Télécoms Rhône; Nettoyage Clair",
        "Fournitures de bureau 86.4; Licences logicielles 324; Abonnement fibre 69; Ménage des locaux 410; Location du copieur 148",
        "Honoraires 1800; Mission d’étude 4200; Formation, jour 950; Cotisations 45",
        "Chargée de projet; Assistant; Directrice; Animateur", "Bureaux d’études (IDCC 1486)", "71.11Z",
    ),
    "property": _trade(
        "Régie Saône; Toitures Lyonnaises; Assurances Mutuelles du Rhône",
        "Réparation de toiture 2340; Assurance de l’immeuble 1180; Entretien des parties communes 215",
        "Loyer commercial 2450; Loyer d’habitation 890; Charges récupérables 160",
        "Gérante", "Sans salarié", "68.20B",
    ),
    "transport": _trade(
        "Carburants du Forez; Poids Lourds Services; Autoroutes Badge Pro; Pneus Express Pro",
        "Gazole, m³ 1389; Péages du mois 2145; Pneus 315/80 R22,5 412; Contrôle du chronotachygraphe 135; Révision de tracteur 980",
        "Transport Lyon–Turin 1240; Messagerie régionale 86; Transport sanitaire 74; Affrètement 1650",
        "Conducteur; Exploitante; Mécanicien; Ambulancier", "Transports routiers (IDCC 16)", "49.41A",
    ),
    "beauty": _trade(
        "Cosmétique Pro Lyon; Linge Douceur; Esthétique Équipement",
        "Soins visage, lot 164; Serviettes, lavage 58; Cire et consommables 46.5; Location du laser 290",
        "Soin du visage 62; Forfait épilation 45; Bon cadeau 80",
        "Esthéticienne; Apprentie", "Esthétique-cosmétique (IDCC 3032)", "96.02B",
    ),
}  # fmt: skip


def trade_of(client: DemoClient) -> Trade:
    """The trade of a client."""
    return TRADES[client.trade]
