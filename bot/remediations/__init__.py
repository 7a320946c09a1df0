"""The remediations: one a file; each reads the world and answers with a plan, or says why there is none."""
