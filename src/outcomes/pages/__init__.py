"""Notebooks become a folder of pages that appears whole or not at all."""
