"""A small site of our own text with the real site's structure, served on loopback, that misbehaves on command."""
