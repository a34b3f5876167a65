"""A bus of water and heat meters of CJ/T 188-2004, and what they say."""

from station import StationBus

WATER, WARM, HEAT = "78330011223344", "00002020120218", "00312718241912"


def bcd(name, form, start, step, unit):
    return [{"name": name, "form": form, "from": start, "step": step, "over": 500}, {"hex": unit}]


# The data of 901F: of water the volume now and on the day of account, the clock, the state; of heat as CJ/T 188-2004, table 10 has it.
WATER_DATA = bcd("volume", "XXXXXX.XX", 556677, 0.01, "2C") + bcd("settled", "XXXXXX.XX", 556600, 0, "2C") + [{"hex": "310122110515202184"}]
HEAT_DATA = (bcd("settled", "XXXXXX.XX", 274.11, 0, "05") + bcd("heat", "XXXXXX.XX", 54427.88, 0.01, "05") +
             bcd("power", "XXXXXX.XX", 12.5, 0.01, "17") + bcd("flow", "XXXX.XXXX", 1.25, 0.0007, "35") +
             bcd("volume", "XXXXXX.XX", 7156.08, 0.01, "2C") + [
                 {"name": "supply", "form": "XXXX.XX", "from": 66.79, "step": 0.01, "over": 500},
                 {"name": "back", "form": "XXXX.XX", "from": 26.64, "step": 0.01, "over": 500},
                 {"name": "hours", "form": "XXXXXX", "from": 74766, "step": 0}, {"hex": "52170309252000" + "0500"}])
ROWS = {
    "water.volume": (WATER, "901F", "volume", 1), "warm.volume": (WARM, "901F", "volume", 1),
    "heat.heat": (HEAT, "901F", "heat", 1), "heat.power": (HEAT, "901F", "power", 1), "heat.flow": (HEAT, "901F", "flow", 1),
    "heat.volume": (HEAT, "901F", "volume", 1), "heat.temperature-supply": (HEAT, "901F", "supply", 1),
    "heat.temperature-return": (HEAT, "901F", "back", 1), "heat.hours": (HEAT, "901F", "hours", 1),
}


def pipes(suite):
    """A heat meter that is asked as 20H and answers as 25H; one water meter that sends no wake-up bytes."""
    return StationBus(suite, "pipes", "cjt188", [
        {"kind": "cjt188", "station": WATER, "type": "10", "needs_wake": 2, "data": {"901F": WATER_DATA}},
        {"kind": "cjt188", "station": WARM, "type": "11", "wake": 0, "turnaround": 120, "data": {"901F": WATER_DATA}},
        {"kind": "cjt188", "station": HEAT, "type": "25", "wake": 13, "data": {"901F": HEAT_DATA}},
    ], [
        {"name": "water", "model": "cjt188-water", "station": WATER, "poll_interval": 3},
        {"name": "warm", "model": "cjt188-water", "station": WARM.lstrip("0"), "poll_interval": 3,
         "points": [{"name": "last-year", "address": 0x10D120, "type": "bcd", "length": 4, "scale": 0.01}]},  # the meter has none
        {"name": "heat", "model": "cjt188-heat", "station": HEAT, "poll_interval": 3},
    ])
