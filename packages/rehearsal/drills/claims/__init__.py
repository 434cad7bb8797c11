"""One module per drill; `rehearsal.drills.catalogue` lists them."""
