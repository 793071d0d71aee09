"""Masks of two clinics cancel, are bound to the round, and look like nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from outcomes.errors import ReductionError
from outcomes.models.secure.fixed_point import WIDTH, added
from outcomes.models.secure.keys import ClinicKeys, signed_by

NUMBERS = 2_000


@pytest.fixture(scope="module")
def pair():
    return ClinicKeys.fresh(), ClinicKeys.fresh()


def test_what_one_adds_the_other_takes_away(pair) -> None:
    a, b = pair
    masks = a.mask(b.public[0], b"round", NUMBERS), b.mask(a.public[0], b"round", NUMBERS)
    assert added(masks) == bytes(WIDTH * NUMBERS)
    assert masks[0] != masks[1]


def test_another_round_and_another_clinic_have_other_masks(pair) -> None:
    a, b = pair
    c = ClinicKeys.fresh()
    found = {a.mask(other.public[0], digest, 4) for other in (b, c) for digest in (b"one", b"two")}
    assert len(found) == 4


def test_a_mask_is_uniform(pair) -> None:
    a, b = pair
    mask = np.frombuffer(a.mask(b.public[0], b"round", NUMBERS), dtype=np.uint8)
    assert stats.chisquare(np.bincount(mask, minlength=256)).pvalue > 1e-6
    for place in (0, WIDTH - 1):  # the lowest and the highest byte of each number
        assert stats.chisquare(np.bincount(mask[place::WIDTH] // 16, minlength=16)).pvalue > 1e-6


def test_the_stream_is_that_of_another_implementation(pair) -> None:
    """HKDF and ChaCha20 of RFC 5869 and RFC 8439, written out, from the secret that X25519 gives."""
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    a, b = pair
    first, second = sorted((a.public[0], b.public[0]))
    lower, other = (a, b) if a.public[0] == first else (b, a)
    secret = X25519PrivateKey.from_private_bytes(lower.agreement).exchange(
        X25519PublicKey.from_public_bytes(other.public[0])
    )
    extracted = hmac.digest(b"round", secret, "sha256")
    key = hmac.digest(extracted, b"outcomes secure sum, version 1" + first + second + b"\x01", hashlib.sha256)
    assert lower.mask(other.public[0], b"round", 8) == b"".join(chacha20(key, n) for n in range(3))


def chacha20(key: bytes, counter: int) -> bytes:
    """One block of 64 bytes."""
    words = [
        int.from_bytes(part[at : at + 4], "little")
        for part in (b"expand 32-byte k", key)
        for at in range(0, len(part), 4)
    ]
    words += [counter, 0, 0, 0]
    x = list(words)

    def turn(a: int, b: int, c: int, d: int) -> None:
        for left, right, into, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[left] = (x[left] + x[right]) & 0xFFFFFFFF
            mixed = x[into] ^ x[left]
            x[into] = (mixed << by | mixed >> (32 - by)) & 0xFFFFFFFF

    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)):
            turn(a, b, c, d)
        for a, b, c, d in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            turn(a, b, c, d)
    return b"".join(((v + w) & 0xFFFFFFFF).to_bytes(4, "little") for v, w in zip(x, words, strict=True))


@pytest.mark.parametrize("key", [bytes(32), (1).to_bytes(32, "little")])
def test_a_key_that_agrees_with_everybody_is_refused(pair, key) -> None:
    """Points of low order, with which the shared secret would be known to all."""
    with pytest.raises(ReductionError, match="not a key to agree with"):
        pair[0].mask(key, b"round", 1)


def test_a_signature_is_of_one_key_and_one_message(pair) -> None:
    a, b = pair
    signature = a.sign(b"numbers")
    assert signed_by(a.public[1], signature, b"numbers")
    assert not signed_by(b.public[1], signature, b"numbers")
    assert not signed_by(a.public[1], signature, b"Numbers")
    assert not signed_by(a.public[1], signature[:-1], b"numbers")
    assert not signed_by(b"short", signature, b"numbers")


def test_private_keys_are_not_shown(pair) -> None:
    assert pair[0].agreement.hex() not in repr(pair[0])
    assert str(pair[0].agreement) not in repr(pair[0])
