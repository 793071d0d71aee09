"""Any file becomes a raw table, safely; bytes become a file that is whole or absent."""
