"""Words, names and texts that are like those of a firm's papers, in French, English and Italian.

As in any language some words are in nearly every text and most are in hardly any: the frequency of a word goes down
with its rank. Always the same for the same seed.
"""

from __future__ import annotations

import random
from itertools import accumulate

from portal.contents.words import folded

# The most frequent first; what follows them are words that are made of syllables.
_FREQUENT = (
    "de la le et les des à du en un que est pour dans par une sur au avec ne pas il sont ce plus ou aux sa son cette"
    " été être société exercice compte montant année client date total période mois charges résultat bilan chiffre"
    " affaires taxe valeur ajoutée déclaration impôt bénéfice créance dette fournisseur banque virement échéance prêt"
    " intérêts capital associés assemblée générale gérant siège social salarié congés paie cotisations retraite contrat"
    " durée avenant rupture indemnité prime bulletin bail loyer dépôt garantie locataire propriétaire travaux devis"
    " the of and to in is for on with by this that are be as at from or an it not have has which shall will any all may"
    " company year account amount tax statement income balance payment due date rate agreement party parties notice"
    " services board shareholder meeting report audit employee employer salary leave term lease rent interest loan bank"
    " di il che è per una sono con non del della dei alla nel più anche come dal al gli lo le questo società esercizio"
    " conto importo anno cliente data totale periodo mese costi risultato bilancio imposta reddito debito credito"
    " fornitore banca bonifico scadenza mutuo interessi capitale soci assemblea amministratore sede lavoro contratto"
    " durata affitto canone deposito garanzia conduttore proprietario lavori preventivo dichiarazione redditi"
)
_HEADS = (
    "ab ac bal bro car chan cla com con cor dé dis em en es for ga gra im in ju la lu ma me mon né ob par per pla pré"
    " qua ra ré sa sé ta tra un va vi"
)
_MIDDLES = "bi ca cer da di du fa fi ga gi la li lo mo na ni no pa pe po ra ri ro sa so ta ti tu va ve"
_ENDS = (
    "able age aire ance ation ato azione elle ence ent eur"
    " ezza able ible ico ien ing ique isme ità ive less ment mento ness oire ose té tion ure"
)
_KINDS = (
    "Facture", "Relevé", "Bulletin de paie", "Contrat", "Avenant", "Bilan", "Déclaration TVA", "Courrier",
    "Attestation", "Devis", "Invoice", "Statement", "Payslip", "Agreement", "Minutes", "Fattura", "Estratto conto",
    "Busta paga", "Verbale", "Liasse fiscale", "Grand livre", "Kbis", "Quittance", "Bon de commande", "Note de frais",
    "Scan", "IMG",
)  # fmt: skip
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
_FORMATS = ("pdf", "pdf", "pdf", "pdf", "pdf", "pdf", "docx", "xlsx", "jpg", "eml")


class Vocabulary:
    """Draws words by their frequency: the one of rank n about n times as rare as the first."""

    def __init__(self, seed: int = 7, size: int = 60_000) -> None:
        self.chance = random.Random(seed)
        heads, middles, ends = _HEADS.split(), _MIDDLES.split(), _ENDS.split()
        made = (f"{a}{b}{c}{d}" for a in heads for b in middles for c in middles for d in ends)
        rest = list(dict.fromkeys(made))
        self.chance.shuffle(rest)
        self.words = list(dict.fromkeys(_FREQUENT.split())) + rest[:size]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self.words))))

    def draw(self, count: int) -> list[str]:
        """So many words."""
        return self.chance.choices(self.words, cum_weights=self._weights, k=count)

    def paragraphs(self, count: int) -> list[tuple[str, str]]:
        """(as written, folded) of paragraphs of fifteen to forty-five words."""
        texts = (" ".join(self.draw(self.chance.randrange(15, 45))) for _ in range(count))
        return [(text, folded(text)) for text in texts]

    def names(self, count: int) -> list[str]:
        """Names of files without their ending; the kinds at the front of the list are the more frequent."""
        weights = [1 / (rank + 1) for rank in range(len(_KINDS))]
        kinds = self.chance.choices(_KINDS, weights, k=count)
        words = self.draw(count)
        return [
            f"{kind} {word} {self.chance.choice(_MONTHS)} {2005 + self.chance.randrange(21)} {number}"
            for number, (kind, word) in enumerate(zip(kinds, words, strict=True))
        ]

    def format(self) -> str:
        """An ending, six times in ten that of a PDF."""
        return self.chance.choice(_FORMATS)
