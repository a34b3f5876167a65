"""The acts of the demonstration: title, story, and when each begins (share of the whole)."""

ACTS = [
    ("The factory starts",
     "Spray booth, drying oven, fans, carbon adsorption and RTO answer on two 9600 8N1 buses. Each value becomes a numbered sample, "
     "each 5-second window a record, each record goes to two platforms and is theirs only when they have answered 9014.", 0.0),
    ("The county's platform is cut off",
     "The link to the county is gone. Its records wait in the store. The city's platform has a process of its own and notices nothing.", 0.24),
    ("Power cut",
     "Every program is killed at once with SIGKILL, and started again. What had been committed is there; what had only been "
     "in a meterd's memory is lost, and counted.", 0.46),
    ("The county returns",
     "Live records go first, the backlog after, one at a time, each confirmed by its own 9014, until nothing waits.", 0.66),
    ("The verdict", "What the simulated meters say they answered is held against what the two platforms received.", 0.90),
]
