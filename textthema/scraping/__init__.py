"""Quotes, book lists and book details from the site's pages, each item once, whatever the site does.

::

    script ─► plan of pages ─► browser.load(address) ─► judge ─► Page | LoginWall | Challenge | RateLimited | …
                                                          │ Page
                                                          ▼
                      parse(html) ─► records ─► journal (one transaction a page) ─► CSV

Fetching and parsing never meet: a parser takes HTML text and returns records, so a saved page is read in the same
way as a live one. The journal is the only state; a killed run loses at most the page in flight.
"""
