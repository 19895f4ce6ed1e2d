"""Who and what quotes come from, found in the data: authors, books, franchises, characters."""
