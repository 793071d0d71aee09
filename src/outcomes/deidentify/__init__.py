"""A table says which of its columns identify people; a raw export becomes one that names nobody."""
