"""Keys of one clinic for one round: who it is, what masks it shares with each other clinic, and its signature.

Comes in: nothing, or a private key. Goes out: public keys, masks that cancel between two clinics, signatures. The
pieces are those of the ``cryptography`` package (X25519, HKDF-SHA256, ChaCha20, Ed25519); nothing here is of our own
make but how they are put together. Refuses where the package is absent.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from types import ModuleType

from outcomes.errors import ReductionError
from outcomes.models.secure.fixed_point import WIDTH, negated

__all__ = ["ClinicKeys", "signed_by"]

PURPOSE = b"outcomes secure sum, version 1"


@dataclass(frozen=True)
class ClinicKeys:
    """Keys of one clinic.

    Attributes
    ----------
    agreement, signature : bytes
        Private, 32 bytes each: of X25519 and of Ed25519.
    """

    agreement: bytes
    signature: bytes

    def __repr__(self) -> str:
        return "<ClinicKeys, private>"

    @classmethod
    def fresh(cls) -> ClinicKeys:
        """New keys."""
        return cls(secrets.token_bytes(32), secrets.token_bytes(32))

    @property
    def public(self) -> tuple[bytes, bytes]:
        """What others may know: the keys to agree with, and to tell a signature by."""
        of = _cryptography()
        agreement = of.x25519.X25519PrivateKey.from_private_bytes(self.agreement).public_key()
        signature = of.ed25519.Ed25519PrivateKey.from_private_bytes(self.signature).public_key()
        return agreement.public_bytes_raw(), signature.public_bytes_raw()

    def mask(self, other: bytes, digest: bytes, numbers: int) -> bytes:
        """The mask shared with another clinic in one round: one of the two adds it, the other what cancels it.

        Parameters
        ----------
        other : bytes
            The other clinic's public key.
        digest : bytes
            Of the round: another round has other masks.
        numbers : int
            How many numbers are masked.
        """
        of = _cryptography()
        ours = self.public[0]
        private = of.x25519.X25519PrivateKey.from_private_bytes(self.agreement)
        try:
            shared = private.exchange(of.x25519.X25519PublicKey.from_public_bytes(other))
        except ValueError:
            raise ReductionError(
                "the public key of another clinic is not a key to agree with. Ask that clinic to join again."
            ) from None
        pair = min(ours, other) + max(ours, other)
        key = of.HKDF(of.SHA256(), length=32, salt=digest, info=PURPOSE + pair).derive(shared)
        stream = of.Cipher(of.ChaCha20(key, bytes(16)), mode=None).encryptor().update(bytes(WIDTH * numbers))
        return bytes(stream) if ours < other else negated(stream)

    def sign(self, message: bytes) -> bytes:
        """Signature of a message."""
        of = _cryptography()
        return bytes(of.ed25519.Ed25519PrivateKey.from_private_bytes(self.signature).sign(message))


def signed_by(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature is that of a public key."""
    of = _cryptography()
    try:
        of.ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (of.InvalidSignature, ValueError):
        return False
    return True


def _cryptography() -> ModuleType:
    """The pieces of the package that are used, under one name."""
    found = ModuleType("pieces")
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    except ImportError:
        raise ReductionError(
            "Masked sums need the package cryptography, which is not installed here: pip install 'outcomes[secure]'."
        ) from None
    found.__dict__.update(
        InvalidSignature=InvalidSignature, ed25519=ed25519, x25519=x25519, Cipher=Cipher, ChaCha20=ChaCha20,
        SHA256=SHA256, HKDF=HKDF,
    )  # fmt: skip
    return found
