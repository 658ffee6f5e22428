"""The plan: facts and a time in, a DrainPlan out. Pure; the engine carries it out."""
