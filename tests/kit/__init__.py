"""What the scenarios are written with: the programs, the sandbox, the store, and comparing them. Nothing of
the programs' own code is used, so what they get wrong can't hide here."""
