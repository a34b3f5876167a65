"""What `plant` breaks, one at a time: name, what it means, the faults of the worlds that are
to find it, the programs it is in, and per file what stands there and what is put in its place. Each has to
be found by some world; a text that is not found in its file any more fails, so that nothing is broken in vain."""

PLANTS = [
    ("early-acknowledgement", "a record counts as acknowledged when the network has it", "platform,link", ["uplinkd"], [
        ("services/uplinkd/uplinkd.c", ".ack = (enum hj212_ack)s->ack,", ".ack = HJ212_ACK_NONE,")]),
    ("no-fsync", "the store does not sync", "power", ["stored"], [
        ("src/sys/ledger_file.c", "PRAGMA synchronous=FULL;", "PRAGMA synchronous=OFF;"),
        ("src/sys/ledger_file.c", "synchronous != 2", "synchronous != 0")]),
    ("stale-value", "a meter that is silent goes on with the value before", "meter", ["meterd"], [
        ("services/meterd/samples.c", "static void add(struct meterd *m, size_t point, int64_t time_ms, enum hj_flag flag, double value)\n{",
         "static double newest[64];\nstatic void add(struct meterd *m, size_t point, int64_t time_ms, enum hj_flag flag, double value)\n{\n\tif (flag == 'N')\n"
         "\t\tnewest[point] = value;"),
        ("services/meterd/samples.c", "\tadd(m, point, time_ms, flag, NAN);", "\tadd(m, point, time_ms, newest[point] ? 'N' : flag, newest[point] ? newest[point] : NAN);")]),
    ("qn-repeated", "two frames of one millisecond have one QN", "platform", ["uplinkd"], [
        ("src/hj212/qn.c", "hj_max(counts ? now.wall_ms : 0, q->now.to + 1)", "hj_max(counts ? now.wall_ms : 0, q->now.to)")]),
    ("open-forgotten", "windows that are open when the store is killed are not taken up again", "kill", ["stored"], [
        ("services/stored/stored.c", "r = hj_rollup_decode(s->rollup, b.data, b.len, &now);", "r = 0;")]),
    ("name-not-synced", "a file written whole may come back as it was", "power,kill", ["judged", "eventd", "meterd"], [
        ("src/sys/path.c", "return r < 0 ? r : hj_sync_parent(path);", "return r;")]),
    ("never-tried-again", "a meter at rest costs more than the purse holds", "noise,meter", ["meterd"], [
        ("src/meter/quarantine.c", "INT64_MIN : hj_min(costs, purse_most(q));", "INT64_MIN : hj_max(costs, (int64_t)0);")]),
    ("hour-without-extremes", "an hour has the extremes of its newest minute", "kill", ["stored", "uplinkd"], [
        ("src/series/fold.c", "\tp->max = fmax(p->max, s->max);", "\tp->max = s->max;")]),
    ("given-away-early", "a reading is forgotten when the store has received it", "kill", ["meterd"], [
        ("services/meterd/outbox.c", "\t\to->accepted = next;\n\t\treturn true;", "\t\to->accepted = next;\n\t\twhile (o->count && o->first < next)\n"
         "\t\t\tforget_oldest(o);\n\t\treturn true;")]),
    ("wrong-cause", "what a power failure cost is told as the clock's", "power", ["cli"], [
        ("services/cli/gaps_cause.c", "return hj_gaps_cause(a->gaps, HJ_GAPS_ALL, HJ_GAP_POWER, HJ_GAP_LOST,", "return hj_gaps_cause(a->gaps, HJ_GAPS_ALL, HJ_GAP_CLOCK, HJ_GAP_LOST,"),
        ("services/cli/gaps_cause.c", "{ \"power-failure\", of_all, HJ_GAP_POWER }", "{ \"power-failure\", of_all, HJ_GAP_CLOCK }")]),
    ("window-doubled", "a window that a clock step closed is opened again", "clock", ["stored"], [
        ("src/series/rollup.c", "\tif (is_closed(b, label)) {", "\tif (is_closed(b, label) && r->length_ms < 0) {")]),
    ("judge-years-ahead", "a clock that began years behind takes the judge's time years ahead when it is set", "power,no-rtc", ["judged"], [
        ("services/judged/judged.c", "hj_min(hj_time_moved(hj_judge_time(d->judge), step), now.wall_ms)", "hj_time_moved(hj_judge_time(d->judge), step)")]),
    ("receipts-misdated", "a list of receipts counts as of the time of its last one", "power,no-rtc,link", ["stored"], [
        ("services/stored/receipt.c", "\treturn l.ms;", "\treturn u->receipts.last.acked_ms;")]),
]
