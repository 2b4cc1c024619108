"""Registration numbers that pass their own checks and belong to nobody on purpose."""

from __future__ import annotations

import random

import stdnum.fr.siren
import stdnum.fr.siret
import stdnum.luhn


def siren(chance: random.Random) -> str:
    """A SIREN: eight digits and their Luhn check digit."""
    number = f"{chance.randint(30, 95)}{chance.randint(0, 999_999):06d}"
    return str(stdnum.fr.siren.validate(number + stdnum.luhn.calc_check_digit(number)))


def siret(siren_number: str) -> str:
    """The SIRET of the first establishment."""
    number = f"{siren_number}0001"
    return str(stdnum.fr.siret.validate(number + stdnum.luhn.calc_check_digit(number)))


def vat(siren_number: str) -> str:
    """The French VAT number: its two digits are computed from the SIREN (article 286 ter of the CGI)."""
    return f"FR{(12 + 3 * (int(siren_number) % 97)) % 97:02d}{siren_number}"


def iban(chance: random.Random) -> str:
    """A French IBAN: RIB key and check digits are right, the account is invented."""
    bank, desk, account = "30099", f"{chance.randint(1, 99_999):05d}", f"{chance.randint(1, 10**11 - 1):011d}"
    key = 97 - (89 * int(bank) + 15 * int(desk) + 3 * int(account)) % 97
    basic = f"{bank}{desk}{account}{key:02d}"
    check = 98 - int(f"{basic}152700") % 97
    return f"FR{check:02d}{basic}"
