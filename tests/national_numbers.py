"""National numbers made from a seed, their check digits computed by the published formulas and by no library."""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Callable
from itertools import pairwise
from random import Random


def luhn(digits: str) -> str:
    total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def nhs(random: Random) -> str:
    while True:
        digits = [random.randint(0, 9) for _ in range(9)]
        check = 11 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return "".join(map(str, [*digits, 0 if check == 11 else check]))


def vin(random: Random) -> str:
    letters = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
    values = {c: int(v) for c, v in zip(letters, "012345678912345678123457923456789", strict=True)}
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
    text = "1" + "".join(random.choices(letters[10:], k=2)) + "".join(random.choices(letters, k=5)) + "0"
    text += "".join(random.choices(letters, k=3)) + f"{random.randint(0, 99999):05d}"
    check = sum(values[c] * w for c, w in zip(text, weights, strict=True)) % 11
    return text[:8] + "0123456789X"[check] + text[9:]


def mbi(random: Random) -> str:
    letters = "ACDEFGHJKMNPQRTUVWXY"
    both = letters + string.digits
    pattern = ["123456789", letters, both, string.digits, letters, both, string.digits, letters, letters]
    return "".join(random.choice(options) for options in [*pattern, string.digits, string.digits])


def nino(random: Random) -> str:
    first = (
        "".join(random.choice("ABCEGHJKLMPRSTWXYZ") for _ in range(2)).replace("ZZ", "AB").replace("BG", "AB")
    )
    return first + f"{random.randint(0, 999999):06d}" + random.choice("ABCD")


def dni(random: Random) -> str:
    number = random.randint(10_000_000, 99_999_999)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def born(random: Random) -> dt.date:
    return dt.date(1935, 1, 1) + dt.timedelta(days=random.randint(0, 25_000))


def pesel(random: Random) -> str:
    day = born(random)
    digits = f"{day:%y}{day.month + (20 if day.year >= 2000 else 0):02d}{day:%d}{random.randint(0, 9999):04d}"
    return digits + str(
        -sum(int(d) * w for d, w in zip(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3], strict=True)) % 10
    )


def resident_of_china(random: Random) -> str:
    digits = (
        random.choice(["110101", "310104", "440305"]) + f"{born(random):%Y%m%d}{random.randint(1, 999):03d}"
    )
    return digits + "10X98765432"[sum(int(d) * 2 ** (17 - i) for i, d in enumerate(digits)) % 11]


def resident_of_korea(random: Random) -> str:
    day = born(random)
    place = f"{random.randint(0, 95):02d}{random.randint(0, 999):03d}"
    digits = f"{day:%y%m%d}{random.choice('12') if day.year < 2000 else '3'}{place}"
    total = sum(int(d) * w for d, w in zip(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5], strict=True))
    return digits[:6] + "-" + digits[6:] + str((11 - total % 11) % 10)


def cpf(random: Random) -> str:
    digits = [random.randint(0, 9) for _ in range(9)]
    for _ in range(2):
        digits.append(
            sum(d * w for d, w in zip(digits, range(len(digits) + 1, 1, -1), strict=True)) * 10 % 11 % 10
        )
    return "".join(map(str, digits))


def swedish(random: Random) -> str:
    digits = luhn(f"{born(random):%y%m%d}{random.randint(1, 999):03d}")
    return digits[:6] + "-" + digits[6:]


def hetu(random: Random) -> str:
    day = dt.date(1935, 1, 1) + dt.timedelta(days=random.randint(0, 23_000))
    number = int(f"{day:%d%m%y}{random.randint(2, 899):03d}")
    return f"{day:%d%m%y}-{number % 1000:03d}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[number % 31]}"


def iban(random: Random) -> str:
    account = "".join(random.choices(string.digits, k=18))
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def with_spaces(text: str, *sizes: int) -> str:
    cut = [sum(sizes[:i]) for i in range(len(sizes) + 1)]
    return " ".join(text[a:b] for a, b in pairwise(cut))


NUMBERS: dict[str, Callable[[Random], object]] = {
    "NHS number": nhs,
    "NHS number, spaced": lambda random: with_spaces(nhs(random), 3, 3, 4),
    "NHS number, as a number": lambda random: int(nhs(random)),
    "payment card": lambda random: luhn("4" + "".join(random.choices(string.digits, k=14))),
    "payment card, spaced": lambda random: with_spaces(
        luhn("5" + "".join(random.choices(string.digits, k=14))), 4, 4, 4, 4
    ),
    "IMEI": lambda random: luhn("35" + "".join(random.choices(string.digits, k=12))),
    "vehicle (VIN)": vin,
    "IBAN": iban,
    "IBAN, spaced": lambda random: with_spaces(iban(random), 4, 4, 4, 4, 4, 2),
    "Spain (DNI)": dni,
    "Poland (PESEL)": pesel,
    "Poland (PESEL), as a number": lambda random: int(pesel(random)),
    "Sweden (personnummer)": swedish,
    "Finland (HETU)": hetu,
    "China (resident identity)": resident_of_china,
    "Korea (resident registration)": resident_of_korea,
    "Brazil (CPF)": cpf,
    "Brazil (CPF), as a number": lambda random: int(cpf(random)),
    "provider (NPI)": lambda random: luhn(
        "80840" + random.choice("12") + "".join(random.choices(string.digits, k=8))
    )[5:],
}
SHAPES: dict[str, Callable[[Random], object]] = {
    "United States (SSN)": lambda random: (
        f"{random.randint(1, 665):03d}-{random.randint(1, 99):02d}-{random.randint(1, 9999):04d}"
    ),
    "United Kingdom (NINO)": nino,
    "United Kingdom (NINO), spaced": lambda random: with_spaces(nino(random), 2, 2, 2, 2, 1),
    "Medicare (MBI)": mbi,
    "Medicare (MBI), with lines": lambda random: "-".join([(m := mbi(random))[:4], m[4:7], m[7:]]),
    "telephone, United States": lambda random: (
        f"({random.randint(201, 989)}) {random.randint(201, 989)}-{random.randint(0, 9999):04d}"
    ),
    "medical record number, named": lambda random: f"MRN {random.randint(0, 10**8):08d}",
}
