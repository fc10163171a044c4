"""Find what the index would reject, before anything is uploaded: ``rules`` is the table, ``validation`` applies it."""
