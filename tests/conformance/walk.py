"""The whole of table.py in one edition, and what a table of single requests cannot say: order, haste, repeats, a store that fails, a platform that
does not acknowledge."""

import random
import time

import table
from exam import ANSWER_S, Exam, World, Wrong, acknowledge, build, n
from suite import PATIENCE
from table import DONE, READY, D, E, R, U


def commands(exam, cn):
    return next(row for row in exam.mine(table.COMMANDS) if row[0] == cn)


def in_order(exam):
    for cn in table.FIRST_LINK:
        if cn in [row[0] for row in exam.mine(table.COMMANDS)]:
            exam.command(commands(exam, cn), "in the order of the first link")


def out_of_order(exam, seed, share):
    rows = exam.mine(table.COMMANDS)
    random.Random(seed).shuffle(rows)
    for row in rows[::share]:
        exam.command(row, "out of order")


def at_once(exam, cns):
    """Many in one write: each has its own frames in its own order; what needs no time is answered in the order it was asked."""
    def act():
        asked = []
        for cn in cns:
            row = commands(exam, cn)
            asked.append((exam.right(cn, exam.known(row[2])), row[3]))
        exam.said = b"".join(exam_build(exam, request) for request, _ in asked)
        exam.platform.send_raw(exam.said)
        left = {request["QN"]: [exam.expected(f, request) for f in frames] for request, frames in asked}
        while any(left.values()):
            got = exam.platform.frame()
            qn = next((q for q in left if got and q.encode() in got), None)
            if not qn or not left[qn]:
                raise Wrong("expected one of %s, got %s" % ([f[0] for f in left.values() if f], got))
            exam.judge(got, left[qn].pop(0))
        for cn in cns:
            exam.undo(commands(exam, cn)[4])

    exam.row("at once: " + " ".join(cns), act)


def exam_build(exam, request):
    exam.asked_qn = request["QN"]
    return build(exam.edition, request, 1)[0]


def byte_by_byte(exam, cn):
    def act():
        row = commands(exam, cn)
        request = exam.right(cn, exam.known(row[2]))
        exam.said = exam_build(exam, request)
        for byte in exam.said:
            exam.platform.send_raw(bytes([byte]))
            time.sleep(0.0005)
        for frame in row[3]:
            exam.judge(exam.platform.frame(), exam.expected(frame, request))
        exam.undo(row[4])

    exam.row("byte by byte: CN %s" % cn, act)


def behind_junk(exam, cn):
    """What is no frame costs what it is, and not the frame behind it."""
    def act():
        row = commands(exam, cn)
        request = exam.right(cn, exam.known(row[2]))
        exam.said = b"HTTP/1.0 400\r\n##12x4##0003ab" + exam_build(exam, request)
        exam.platform.send_raw(exam.said)
        for frame in row[3]:
            exam.judge(exam.platform.frame(), exam.expected(frame, request))
        exam.undo(row[4])

    exam.row("behind junk: CN %s" % cn, act)


def repeats(exam):
    """The same request with the same QN: answered again, done once."""
    def act():
        request = exam.right("1062", "RtdInterval=45")
        before = len(exam.world.store.written)
        for _ in range(3):
            exam.exchange(request, [READY, DONE])
        count = exam.world.store.written[before:].count("rtd_interval")
        if count != 1:
            raise Wrong("a request that came three times was done %d times" % count)
        exam.undo([("1062", "RtdInterval=30", [READY, DONE])])

    exam.row("repeats: CN 1062", act)


def one_qn_for_all(exam):
    """Some platforms have one QN for everything: what is asked otherwise is another request."""
    def act():
        request = exam.right("1062", "RtdInterval=45")
        for cp in ("RtdInterval=45", "RtdInterval=46", "RtdInterval=30"):
            exam.exchange(dict(request, CP=cp), [READY, DONE])
        exam.exchange(dict(request, CN="1061", CP=""), [READY, D("1061", "RtdInterval=30"), DONE])

    exam.row("one QN for all", act)


def store_fails(exam):
    """ExeRtn=6 (table 6), and what could not be kept is not promised."""
    for cn, cp in (("1000", "OverTime=9;ReCount=9"), ("1062", "RtdInterval=99"), ("1064", "MinInterval=10"), ("1072", "NewPW=654321"), ("2011", ""),
                   ("2022", "")):
        if cn == "1064" and exam.edition == 2005:
            continue

        def act():
            exam.world.store.failing = True
            exam.exchange(exam.right(cn, cp), [R(2)] if cn == "2022" else [READY, E(6)])
            exam.world.store.failing = False
            exam.exchange(exam.right("1061", ""), [READY, D("1061", "RtdInterval=30"), DONE])

        exam.row("the store fails: CN %s" % cn, act)


def password(exam):
    """1072: the frame itself has the old one, the next the new one; the one before is then good for nothing."""
    def act():
        exam.exchange(exam.right("1072", "NewPW=" + table.NEW_PW), [READY, DONE])
        exam.exchange(dict(exam.right("1061", ""), PW=table.NEW_PW), [READY, D("1061", "RtdInterval=30"), DONE])
        exam.exchange(exam.right("1061", ""), [R(3)])
        exam.exchange(dict(exam.right("1072", "NewPW=" + table.PW), PW=table.NEW_PW), [READY, DONE])
        exam.exchange(exam.right("1061", ""), [READY, D("1061", "RtdInterval=30"), DONE])
        exam.exchange(dict(exam.right("1061", ""), PW=table.NEW_PW), [R(3)])

    exam.row("the password", act)


def busy(exam):
    """One history at a time: the second is refused as busy (ExeRtn=5), and the first goes on with what was not acknowledged."""
    def act():
        exam.platform.acknowledging = False
        first = exam.right("2051", exam.known("BeginTime={minute};EndTime={minute2}"))
        given = exam.say(first)
        exam.judge(exam.platform.frame(), exam.expected(READY, given))
        data = [U("2051", table.MINUTE), U("2051", table.MINUTE_52, table.SECOND_ST), U("2051", table.MINUTE2)]
        frame = exam.platform.frame()
        exam.judge(frame, exam.expected(data[0], given))
        exam.exchange(exam.right("2061", exam.known("BeginTime={hour};EndTime={hour}")), [READY, E(5)])
        exam.asked_qn = first["QN"]
        exam.platform.acknowledging = True
        exam.platform.send_raw(acknowledge(exam.edition, frame))
        for each in data[1:] + [DONE]:
            exam.judge(exam.platform.frame(), exam.expected(each, given))

    exam.row("busy with a history", act)


def sent_again(exam):
    """Table 1: without its 9014 an upload goes out again after OverTime, the same bytes; a 9014 of another QN, of another MN or with a wrong CRC is none."""
    def act():
        exam.platform.acknowledging = False
        seq = exam.world.put("hour2")
        first = exam.platform.frame()
        exam.judge(first, exam.expected(U("2061", table.HOUR2), {}))
        exam.said = first
        right = acknowledge(exam.edition, first)
        for other in (acknowledge(exam.edition, first, qn="20160801085857223"), acknowledge(exam.edition, first, mn=table.OTHER_MN[exam.edition]), right[:-6] + b"0102\r\n"):
            exam.platform.send_raw(other)
        again = exam.platform.frame()
        if again != first or seq in exam.world.store.confirmed:
            raise Wrong("what no 9014 was for: sent again as %s, confirmed %s" % (again, seq in exam.world.store.confirmed))
        exam.platform.send_raw(right)
        exam.platform.wait(lambda: seq in exam.world.store.confirmed, ANSWER_S * PATIENCE)
        if seq not in exam.world.store.confirmed:
            raise Wrong("acknowledged, and still owed")
        exam.platform.acknowledging = True

    exam.row("sent again", act)


def settings_are_kept_first(exam):
    """What a 9012 promises is on the disk when it comes (the store's answer came before)."""
    for cn, cp, key, value in (("1062", "RtdInterval=77", "rtd_interval", "77"), ("1000", "OverTime=11;ReCount=2", "over_time", "11")):
        def act():
            exam.exchange(exam.right(cn, cp), [READY, DONE])
            if exam.world.settings()[key] != value:
                raise Wrong("9012 came, and %s is %s" % (key, exam.world.settings()[key]))
            exam.undo([("1062", "RtdInterval=30", [READY, DONE]), ("1000", "OverTime=2;ReCount=2", [READY, DONE])])

        exam.row("kept first: CN %s" % cn, act)


WIDE = 40  # points: three or four packets


def split(edition, tell):
    """A record that is longer than a packet: as it comes, as history, and with a platform that takes its time."""
    points = [("wide.p%02d" % i, "b%05d" % i, False) for i in range(WIDE)]
    items = ["{0}-Min={1},{0}-Avg={1}.5,{0}-Max={2},{0}-Flag=N".format(factor, i, i + 1) for i, (_, factor, _) in enumerate(points)]
    with World(edition, points) as world:
        exam = Exam(world, edition, tell)

        def live():
            world.store.put("minute", world.at["minute"], {i + 1: n(60, i, i + 0.5, i + 1) for i in range(WIDE)}, length=300000)
            exam.packets(items)

        def asked():
            given = exam.say(exam.right("2051", exam.known("BeginTime={minute};EndTime={minute}")))
            exam.judge(exam.platform.frame(), exam.expected(READY, given))
            last = exam.packets(items)
            if not exam.platform.acknowledging:
                exam.platform.send_raw(acknowledge(edition, last))
            exam.judge(exam.platform.frame(), exam.expected(DONE, given))

        exam.row("split", live)
        exam.row("split, asked for", asked)
        exam.platform.acknowledging = False
        exam.row("split, one after the other", asked)
        return exam


def walk(edition, share, tell=print):
    """Everything, or of what is long each `share`th row. The exam, done."""
    with World(edition) as world:
        exam = Exam(world, edition, tell)
        for row in exam.mine(table.UPLOADS):
            exam.upload(row)
        for row in exam.mine(table.COMMANDS):
            exam.command(row)
        for row in exam.mine(table.CONDITIONS):
            exam.command(row)
        for row in exam.mine(table.TROUBLES):
            exam.troubled(row)
        in_order(exam)
        out_of_order(exam, edition, share)
        at_once(exam, ["1061", "1011", "9021", "1062", "3011", "2022"])
        at_once(exam, ["1061", "1000", "1062", "1999"])
        for cn in ("1061", "1062", "2051", "1999"):
            byte_by_byte(exam, cn)
            behind_junk(exam, cn)
        for each in (repeats, one_qn_for_all, store_fails, password, busy, sent_again, settings_are_kept_first):
            each(exam)
        for row in table.STRAY:
            exam.stray(row)
        pairs = [(row, wrong) for row in exam.mine(table.COMMANDS) for wrong in table.WRONG]
        random.Random(edition).shuffle(pairs)
        for row, wrong in pairs[::share]:
            exam.each_wrong(row, wrong)
        for row in exam.mine(table.COMMANDS):
            exam.unanswered(row)
        if world.platform.counts["connections"] != 1:
            exam.failed += 1
            tell("FAILED %d: the gateway has connected %d times" % (edition, world.platform.counts["connections"]))
    wide = split(edition, tell)
    exam.rows, exam.failed = exam.rows + wide.rows, exam.failed + wide.failed
    return exam
