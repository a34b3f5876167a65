"""The peers' configurations, from the commented ones in bench/peers: what stands there between @ is filled in for a bus of simulated meters, or for
platforms at ports of this machine."""

import json
import os

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")
COLLECTD_TYPES = {"uint16": "Uint16", "int16": "Int16", "uint32": "Uint32"}
CSV = 'LoadPlugin csv\n<Plugin csv>\n  DataDir "%s/csv"\n  StoreRates false\n</Plugin>'


def filled(name, **values):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        text = f.read()
    for key, value in values.items():
        text = text.replace("@%s@" % key, str(value))
    return text


def collectd(folder, bus, each, store=False):
    """One <Data> a value is how it works."""
    data = ['  <Data "%s">\n    RegisterBase %d\n    RegisterType %s\n    RegisterCmd ReadHolding\n    Type gauge\n    Instance "%s"\n  </Data>'
            % (p.name, p.address, COLLECTD_TYPES[p.type], p.name) for p in each[0].points]
    slaves = ['    <Slave %d>\n      Instance "%s"\n%s    </Slave>' % (m.unit_id, m.name, "".join('      Collect "%s"\n' % p.name for p in m.points))
              for m in each]
    return filled("collectd.conf", FOLDER=folder, PORT=bus.port, BAUD=bus.baud, DATA="\n".join(data), SLAVES="\n".join(slaves),
                  STORE=CSV % folder if store else "")


def node_red(folder, bus, blocks, points, sink_port, window_ms, mn):
    """A flow: clock, poll, the Modbus node, record, a TCP node to the platform and the SQLite node; everything else as the nodes come."""
    poll = filled("poll.js", BLOCKS=json.dumps(blocks))
    record = filled("record.js", POINTS=json.dumps(points), WINDOW_MS=window_ms, MN=mn)
    place = {"x": 0, "y": 0, "z": "flow"}
    return json.dumps([
        {"id": "flow", "type": "tab", "label": "gateway"},
        {"id": "bus", "type": "modbus-client", "clienttype": "simpleser", "bufferCommands": True, "serialPort": bus.port, "serialType": "RTU-BUFFERD",
         "serialBaudrate": bus.baud, "serialDatabits": "8", "serialStopbits": "1", "serialParity": "none", "serialConnectionDelay": "100", "unit_id": 1,
         "commandDelay": 1, "clientTimeout": 1000, "reconnectOnTimeout": True, "reconnectTimeout": 2000, "parallelUnitIdsAllowed": True,
         "failureLogEnabled": False, "stateLogEnabled": False, "queueLogEnabled": False},
        {"id": "db", "type": "sqlitedb", "db": os.path.join(folder, "minutes.db"), "mode": "RWC"},
        dict(place, id="table", type="inject", props=[{"p": "topic", "vt": "str"}], once=True, onceDelay=0.1,
             topic="CREATE TABLE IF NOT EXISTS minute (at INTEGER PRIMARY KEY, factors TEXT)", wires=[["sqlite"]]),
        dict(place, id="clock", type="inject", props=[{"p": "clock", "v": "true", "vt": "bool"}], once=True, onceDelay=0.5, repeat="1", wires=[["poll"]]),
        dict(place, id="poll", type="function", func=poll, outputs=2, wires=[["meters"], ["record"]]),
        dict(place, id="meters", type="modbus-flex-getter", server="bus", emptyMsgOnFail=True, keepMsgProperties=False, showErrors=False,
             wires=[["poll"], []]),
        dict(place, id="record", type="function", func=record, outputs=2, wires=[["platform"], ["sqlite"]]),
        dict(place, id="platform", type="tcp out", host="127.0.0.1", port=str(sink_port), beserver="client", base64=False, end=False, wires=[]),
        dict(place, id="sqlite", type="sqlite", mydb="db", sqlquery="msg.topic", sql="", wires=[[]]),
    ])
