"""A believable factory on two buses: production (spray booth, drying oven, supply fan, switches) and treatment (exhaust fan, carbon adsorption,
RTO, valves). One duty cycle drives them all, so what belongs together moves together. Each meter's register "answers" counts its own
answers: the verdict is read off it. The factor codes are examples: every authority has a table of its own."""
from suite import Meter, Point


def production():
    return [
        Meter("booth", 1, [
            Point("run", "a01090", "bit", "duty 1 0 40 0.7", "discrete", 0),
            Point("voltage", "a01001", "float32", "sine 228 3 300 0.4", "input", 0, "CDAB", unit="V", decimals=1),
            Point("current", "a01002", "float32", "follow 1 discrete 0 38.5 1.2 1.5", "input", 2, "CDAB", unit="A", decimals=2),
            Point("power", "a01003", "float32", "follow 1 discrete 0 21.6 0.6 1.5", "input", 4, "CDAB", unit="kW", decimals=2),
            Point("energy", "a01004", "uint32", "energy 1 input 4 1 15230.4", "input", 6, scale=0.01, unit="kWh", total=True, decimals=2),
            Point("answers", "a01099", "uint32", "counter", "input", 8, decimals=0),
        ], equipment="spray booth", turnaround=8),
        Meter("oven", 2, [
            Point("run", "a02090", "bit", "duty 1 0 40 0.6 32", "discrete", 0),
            Point("power", "a02003", "float32", "follow 2 discrete 0 46.2 2.1 2", "holding", 0, unit="kW", decimals=2),
            Point("temperature", "a02005", "int16", "follow 2 discrete 0 142 64 12", "holding", 2, scale=0.1, unit="℃", decimals=1),
            Point("frequency", "a02006", "uint16", "sine 50 0.02 60 0.01", "holding", 3, scale=0.01, unit="Hz", decimals=2),
            Point("energy", "a02004", "uint32", "energy 2 holding 0 1 88410.25", "holding", 4, "CDAB", 0.01, unit="kWh", total=True, decimals=2),
            Point("answers", "a02099", "uint32", "counter", "holding", 6, "CDAB", decimals=0),
        ], equipment="drying oven", turnaround=12),
        Meter("supply-fan", 3, [
            Point("run", "a03090", "bit", "duty 1 0 40 0.8", "discrete", 0),
            Point("current", "a03002", "uint16", "follow 3 discrete 0 14.2 0 0.8", "input", 16, scale=0.01, unit="A", decimals=2),
            Point("frequency", "a03006", "uint16", "follow 3 discrete 0 42.5 0 2", "input", 17, scale=0.01, unit="Hz", decimals=2),
            Point("answers", "a03099", "uint32", "counter", "input", 18, "BADC", decimals=0),
        ], equipment="supply fan"),
    ]


def treatment():
    return [
        Meter("exhaust-fan", 11, [
            Point("run", "b11090", "bit", "duty 1 0 40 0.85", "discrete", 0),
            Point("current", "b11002", "float32", "follow 11 discrete 0 29.8 0.4 1", "input", 0, "DCBA", unit="A", decimals=2),
            Point("pressure", "b11007", "int16", "follow 11 discrete 0 -312 -4 2", "input", 2, unit="Pa", decimals=0),
            Point("energy", "b11004", "uint32", "energy 11 input 0 0.55 40211.7", "input", 3, scale=0.01, unit="kWh", total=True, decimals=2),
            Point("answers", "b11099", "uint32", "counter", "input", 5, decimals=0),
        ], equipment="exhaust fan", turnaround=6),
        Meter("carbon", 12, [
            Point("drop", "b12007", "int16", "walk 860 12 700 1200", "holding", 0, unit="Pa", decimals=0),
            Point("temperature", "b12005", "int16", "walk 31.5 0.3 24 46", "holding", 1, scale=0.1, unit="℃", decimals=1),
            Point("voc-in", "b12011", "float32", "walk 186 6 90 320", "holding", 2, "BADC", unit="mg/m3", decimals=1),
            Point("voc-out", "b12012", "float32", "walk 18.4 0.8 6 58", "holding", 4, "BADC", unit="mg/m3", decimals=1),
            Point("answers", "b12099", "uint32", "counter", "holding", 6, decimals=0),
        ], equipment="carbon adsorption", turnaround=10),
        Meter("rto", 13, [
            Point("run", "b13090", "bit", "constant 1", "discrete", 0),
            Point("chamber", "b13005", "float32", "sine 818 14 120 1.5", "input", 0, unit="℃", decimals=1),
            Point("burner", "b13003", "float32", "sine 96 11 120 0.8", "input", 2, unit="kW", decimals=1),
            Point("answers", "b13099", "uint32", "counter", "input", 4, decimals=0),
        ], equipment="RTO", turnaround=9),
        Meter("valves", 14, [
            Point("desorb", "b14091", "bit", "duty 1 0 90 0.2", "coil", 0),
            Point("bypass", "b14092", "bit", "constant 0", "coil", 1),
            Point("answers", "b14099", "uint16", "counter", "holding", 100, decimals=0),
        ], equipment="carbon adsorption", turnaround=3),
    ]
