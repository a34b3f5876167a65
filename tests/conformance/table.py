"""What a gateway has to answer, written by hand from HJ 212-2017 (tables 1, 3, 6, 7 and 9, chapter 6, appendix C), what is known of HJ/T 212-2005 and what is said
of HJ 212-2025. Nothing here is taken from the program that is judged by it, and nothing is left out because it is awkward: where the standard says
nothing, a line that begins with "Silent:" says so and names what is expected all the same.

A row is what the platform says and the frames that come back, whole and in this order:

    R(n)         9011 with QnRtn=n        E(n)   9012 with ExeRtn=n        NOTED  9013
    D(cn, cp)    data that answers: the request's QN, no answer wanted
    U(cn, cp)    an upload: a QN of the gateway's own, an answer wanted (the examiner acknowledges it)
    A(name)      the uploads of what the examiner has put into the store under that name: LABELS, STORED

In a CP {now14} is a time within seconds of now. {minute}, {minute2}, {hour}, {day} ... are the DataTimes of what was stored."""

ALL, OLD, PRESENT, NEXT = (2005, 2017, 2025), (2005,), (2017,), (2025,)
NEW = PRESENT + NEXT

# ---- the layouts -------------------------------------------------------------------------------------------------------------------------------
# 6.3: fields in the order of table 3. What a request did not have cannot be repeated: its field is then absent, name and all.
# Answers: the QN, PW and MN of what is answered, ST=91, Flag without the answer bit (C.1). HJ/T 212-2005 has the QN inside CP, and Flag=0.
ANSWER = {2005: "ST=91;CN={cn};PW={pw};MN={mn};Flag=0;CP=&&QN={qn};{cp}&&",
          2017: "QN={qn};ST=91;CN={cn};PW={pw};MN={mn};Flag=4;CP=&&{cp}&&",
          2025: "QN={qn};ST=91;CN={cn};PW={pw};MN={mn};Flag=8;CP=&&{cp}&&"}
# C.2, C.5, C.7: the request's QN again, the ST of the system.
DATA = {2005: "ST={st};CN={cn};PW={pw};MN={mn};Flag=0;CP=&&QN={qn};{cp}&&",
        2017: "QN={qn};ST={st};CN={cn};PW={pw};MN={mn};Flag=4;CP=&&{cp}&&",
        2025: "QN={qn};ST={st};CN={cn};PW={pw};MN={mn};Flag=8;CP=&&{cp}&&"}
# C.14 to C.26, C.47 to C.50. Silent: whether an upload of 2005 that wants an answer has its QN in the header; ours has, else no 9014 could name it.
UPLOAD = {2005: "QN={own};ST={st};CN={cn};PW={pw};MN={mn};Flag=1;CP=&&{cp}&&",
          2017: "QN={own};ST={st};CN={cn};PW={pw};MN={mn};Flag=5;CP=&&{cp}&&",
          2025: "QN={own};ST={st};CN={cn};PW={pw};MN={mn};Flag=9;CP=&&{cp}&&"}
# C.47 to C.50: each packet is a frame of its own with its own QN, and has the DataTime; the next one goes when the one before is acknowledged.
SPLIT = {2005: "QN={own};ST={st};CN={cn};PW={pw};MN={mn};Flag=3;PNUM={pnum};PNO={pno};CP=&&{cp}&&",
         2017: "QN={own};ST={st};CN={cn};PW={pw};MN={mn};Flag=7;PNUM={pnum};PNO={pno};CP=&&{cp}&&",
         2025: "QN={own};ST={st};CN={cn};PW={pw};MN={mn};Flag=11;PNUM={pnum};PNO={pno};CP=&&{cp}&&"}
DATA_MOST, CP_MOST = 1024, 950  # bytes (6.3, table 3)
ASKS = {2005: 1, 2017: 5, 2025: 9}  # the Flag of a request that wants an answer
QUIET = {2005: 0, 2017: 4, 2025: 8}  # and of one that wants none
MN = {2005: "88888880000001", 2017: "010000A8900016F000169DC0", 2025: "010000A8900016F000169DC0"}
OTHER_MN = {2005: "88888880000002", 2017: "010000A8900016F000169DC1", 2025: "010000A8900016F000169DC1"}
ST, SECOND_ST, OTHER_ST = "32", "52", "21"
PW, NEW_PW, OTHER_PW = "123456", "654321", "000000"


def R(n):
    return "answer", "9011", "QnRtn=%d" % n


def E(n):
    return "answer", "9012", "ExeRtn=%d" % n


def D(cn, cp, st=None):
    return "data", cn, cp, st


def U(cn, cp, st=ST):
    return "upload", cn, cp, st


READY, DONE, NOTED = R(1), E(1), ("answer", "9013", "")

# ---- what is in the store ----------------------------------------------------------------------------------------------------------------------
# Two factors, and one under the second ST. Order of the classes as in C.16; Cou only where a total has a meaning.
MINUTE = "DataTime={minute};a01001-Min=4,a01001-Avg=4.5,a01001-Max=6,a01001-Flag=N;a01002-Cou=12.25,a01002-Min=1,a01002-Avg=1.5,a01002-Max=2,a01002-Flag=T"
MINUTE2 = "DataTime={minute2};a01001-Flag=B"  # nothing was measured: nothing is made up
MINUTE_52 = "DataTime={minute};e01001-Min=7,e01001-Avg=7,e01001-Max=7,e01001-Flag=N"
HOUR = "DataTime={hour};a01001-Min=3,a01001-Avg=4.25,a01001-Max=6,a01001-Flag=N"
HOUR2 = "DataTime={hour2};a01001-Min=1,a01001-Avg=2,a01001-Max=3,a01001-Flag=N"
DAY = "DataTime={day};a01001-Min=0,a01001-Avg=-1.5,a01001-Max=6,a01001-Flag=D"
STATES = "DataTime={state};SB1-RS=1;SB2-RS=0"
HOURS = "DataTime={day};SB1-RT=1.1;SB2-RT=23.5"
RESTART = "DataTime={poweron};RestartTime={restart}"
LOG = "DataTime={log};i21001-Info=//清洗管路//"
LIVE = "DataTime={now14};a01001-Rtd=2.5,a01001-Flag=N;a01002-Rtd=7.1,a01002-Flag=T"
LIVE_52 = "DataTime={now14};e01001-Rtd=7,e01001-Flag=N"

# What the gateway sends of itself, live: (name, kind in the store, frames).
UPLOADS = (
    ("2051", ALL, "minute", [U("2051", MINUTE), U("2051", MINUTE_52, SECOND_ST)]),
    ("2051 without a value", ALL, "minute2", [U("2051", MINUTE2)]),
    ("2061", ALL, "hour", [U("2061", HOUR)]),
    ("2031", ALL, "day", [U("2031", DAY)]),
    ("2021", ALL, "state", [U("2021", STATES)]),
    ("2041", ALL, "runtime", [U("2041", HOURS)]),
    ("2081", ALL, "poweron", [U("2081", RESTART)]),
    ("3020", ALL, "log", [U("3020", LOG)]),
)

# ---- the commands ------------------------------------------------------------------------------------------------------------------------------
# Each CN in its right form: (CN, editions, CP, frames), then what undoes it: (CN, CP, frames) of which a new password needs to be known.
# Table 9 of 2017. Of 2005 the alarms and reporting times (1021 to 1042, 2071) are known and not offered: refused, QnRtn=2. What an edition has not
# is QnRtn=8. Of 2025 (second-hand) what sets an MN, a key, or wants an analyser is refused likewise.
COMMANDS = (
    ("1000", ALL, "OverTime=5;ReCount=3", [READY, DONE], [("1000", "OverTime=2;ReCount=2", [READY, DONE])]),
    ("1011", ALL, "", [READY, D("1011", "SystemTime={now14}"), DONE], []),
    ("1012", ALL, "SystemTime=20160801085857", [READY, E(2)], []),  # this gateway has nobody who may set its clock
    ("1061", ALL, "", [READY, D("1061", "RtdInterval=30"), DONE], []),
    ("1062", ALL, "RtdInterval=60", [READY, DONE], [("1061", "", [READY, D("1061", "RtdInterval=60"), DONE]), ("1062", "RtdInterval=30", [READY, DONE])]),
    ("1063", NEW, "", [READY, D("1063", "MinInterval=5"), DONE], []),
    ("1063", OLD, "", [R(8)], []),
    ("1064", NEW, "MinInterval=10", [READY, DONE], [("1063", "", [READY, D("1063", "MinInterval=10"), DONE]), ("1064", "MinInterval=5", [READY, DONE])]),
    ("1064", OLD, "MinInterval=10", [R(8)], []),
    ("2011", ALL, "", [READY, DONE, U("2011", LIVE), U("2011", LIVE_52, SECOND_ST)], [("2012", "", [NOTED])]),
    ("2012", ALL, "", [NOTED], []),
    ("2021", ALL, "", [READY, DONE, U("2021", STATES)], []),
    ("2022", ALL, "", [NOTED], [("2021", "", [READY, DONE, U("2021", STATES)])]),
    ("2031", ALL, "BeginTime={day};EndTime={day}", [READY, U("2031", DAY), DONE], []),
    ("2041", ALL, "BeginTime={day};EndTime={day}", [READY, U("2041", HOURS), DONE], []),
    ("2051", ALL, "BeginTime={minute2};EndTime={minute2}", [READY, U("2051", MINUTE2), DONE], []),
    ("2061", ALL, "BeginTime={hour};EndTime={hour}", [READY, U("2061", HOUR), DONE], []),
    # What wants an analyser, and an upload's CN, which is the gateway's to send.
    ("1013", ALL, "", [R(8)], []),
    ("2081", ALL, "", [R(8)], []),
    ("3011", ALL, "PolId=a01001", [R(2)], []),
    ("3013", ALL, "PolId=a01001", [R(2)], []),
    ("3014", ALL, "PolId=a01001", [R(2)], []),  # another meaning in 2005; refused in either
    ("3015", NEW, "", [R(2)], []),
    ("3016", NEW, "PolId=a01001;CstartTime=000000;CTime=2", [R(2)], []),
    ("3017", NEW, "PolId=a01001", [R(2)], []),
    ("3018", NEW, "PolId=a01001", [R(2)], []),
    ("3015", OLD, "", [R(8)], []),
    ("3016", OLD, "PolId=a01001;CstartTime=000000;CTime=2", [R(8)], []),
    ("3017", OLD, "PolId=a01001", [R(8)], []),
    ("3018", OLD, "PolId=a01001", [R(8)], []),
    ("3019", OLD, "", [R(8)], []),
    ("3020", OLD, "InfoId=i22001", [R(8)], []),
    ("3021", OLD, "InfoId=i13003;i13003-Info=10", [R(8)], []),
    # 3012: an analyser is meant; the meters are asked now, and what they say is real-time data. 3019, 3020: 6.4.2, B.8 to B.10, C.39 to C.45.
    ("3012", ALL, "PolId=a01001", [READY, U("2011", "DataTime={now14};a01001-Rtd=2.5,a01001-Flag=N"), DONE], []),
    ("3019", NEW, "PolId=a01001", [READY, D("3019", "PolId=a01001;a01001-SN=010000A8900016F000169DC1"), DONE], []),
    ("3020", NEW, "InfoId=i22001", [READY, D("3020", "DataTime={now14};i22001-Info=0"), DONE], []),
    ("3020", NEW, "InfoId=i21001;BeginTime={log};EndTime={log}", [READY, U("3020", LOG), DONE], []),
    ("3021", NEW, "InfoId=i13003;i13003-Info=10", [READY, DONE], [("1064", "MinInterval=5", [READY, DONE])]),
    # Reserved, of other editions, of the field.
    ("1001", ALL, "", [R(8)], []),
    ("1002", NEXT, "", [R(2)], []),
    ("1002", (2005, 2017), "", [R(8)], []),
    ("1014", NEXT, "", [R(2)], []),
    ("1014", (2005, 2017), "", [R(8)], []),
    ("1021", OLD, "", [R(2)], []),
    ("1021", NEW, "", [R(8)], []),
    ("1022", OLD, "", [R(2)], []),
    ("1022", NEW, "", [R(8)], []),
    ("1031", OLD, "", [R(2)], []),
    ("1031", NEW, "", [R(8)], []),
    ("1032", OLD, "", [R(2)], []),
    ("1032", NEW, "", [R(8)], []),
    ("1041", OLD, "", [R(2)], []),
    ("1041", NEW, "", [R(8)], []),
    ("1042", OLD, "", [R(2)], []),
    ("1042", NEW, "", [R(8)], []),
    ("1073", ALL, "", [R(8)], []),
    ("1999", ALL, "", [R(8)], []),
    ("2071", OLD, "", [R(2)], []),
    ("2071", NEW, "", [R(8)], []),
    ("2082", ALL, "", [R(8)], []),
    ("3022", NEXT, "", [R(2)], []),
    ("3022", (2005, 2017), "", [R(8)], []),
    ("3024", NEXT, "", [R(2)], []),
    ("3024", (2005, 2017), "", [R(8)], []),
    ("4000", ALL, "", [R(8)], []),
    ("8999", ALL, "", [R(8)], []),
    ("9015", NEXT, "", [NOTED], []),  # the heartbeat of 2025
    ("9015", (2005, 2017), "", [R(8)], []),  # reserved there
    ("9021", ALL, "", [R(8)], []),  # a login is the gateway's to send
)

# The order in which a platform goes through a gateway that is new to it (6.7).
FIRST_LINK = ("1011", "1000", "1062", "1064", "2011", "2012", "2022", "2021")

# The same with a meter that does not answer, a bus that has no time, and a program of the bus that fails: (trouble, editions, CN, CP, frames).
TROUBLES = (
    ("silent", ALL, "3012", "", [READY, U("2011", "DataTime={now14};a01001-Rtd=2.5,a01001-Flag=N;a01002-Flag=B"), U("2011", LIVE_52, SECOND_ST), E(4)]),
    ("silent", ALL, "3012", "PolId=a01002", [READY, E(4)]),
    ("silent", NEW, "3020", "InfoId=i22101", [READY, D("3020", "DataTime={now14};i22101-Info=1"), DONE]),
    ("silent", NEW, "3020", "PolId=a01001;InfoId=i12002", [READY, D("3020", "DataTime={now14};PolId=a01001;i12002-Info=1"), DONE]),
    ("busy", ALL, "3012", "", [READY, E(5)]),
    ("failing", ALL, "3012", "PolId=a01001", [READY, E(6)]),
    ("failing", NEW, "3019", "PolId=a01001", [READY, E(6)]),
    ("port-lost", NEW, "3020", "InfoId=i22001", [READY, D("3020", "DataTime={now14};i22001-Info=2"), DONE]),
    ("maintenance", NEW, "3020", "InfoId=i22001", [READY, D("3020", "DataTime={now14};i22001-Info=3"), DONE]),
    ("maintenance", NEW, "3020", "InfoId=i22002", [READY, D("3020", "DataTime={now14};i22002-Info=2"), DONE]),
)

# ---- conditions --------------------------------------------------------------------------------------------------------------------------------
# What is taken (9011, QnRtn=1) and then fails by what its CP says. ExeRtn=3: a condition is wrong; 100: there is no data.
SPAN = "BeginTime={day};EndTime={day}"
EMPTY_SPAN = "BeginTime=20010101000000;EndTime=20010102000000"
CONDITIONS = tuple((cn, editions, cp, [READY, E(code)]) for cn, editions, code, cps in (
    ("1000", ALL, 3, ("", "OverTime=0;ReCount=3", "OverTime=100;ReCount=3", "OverTime=5;ReCount=0", "OverTime=5;ReCount=100", "OverTime=-1;ReCount=3",
                      "OverTime=x;ReCount=3", "OverTime=;ReCount=", "OverTime=5.5;ReCount=3", "Over=5")),
    ("1011", ALL, 3, ("PolId=a01001",)),  # an instrument's own clock: a meter has none that could be read
    ("1012", ALL, 3, ("", "SystemTime=", "SystemTime=20160832085857", "SystemTime=2016", "SystemTime=now", "PolId=a01001;SystemTime=20160801085857")),
    ("1062", ALL, 3, ("", "RtdInterval=29", "RtdInterval=3601", "RtdInterval=0", "RtdInterval=-30", "RtdInterval=x", "RtdInterval=", "MinInterval=30")),
    # 1064: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30; of a base window of 5 minutes what is a multiple of it.
    ("1064", NEW, 3, ("", "MinInterval=1", "MinInterval=2", "MinInterval=6", "MinInterval=12", "MinInterval=7", "MinInterval=25", "MinInterval=60", "MinInterval=0",
                      "MinInterval=x", "MinInterval=", "RtdInterval=10")),
    # 1072: C6 over 0-9 a-z; longer ones occur and are taken, up to 24.
    ("1072", ALL, 3, ("", "NewPW=", "NewPW=12-456", "NewPW=bad pw", "NewPW=1234567890123456789012345", "NewPW=清洗")),
    ("2031", ALL, 3, ("", "BeginTime={day}", "EndTime={day}", "BeginTime=20160230000000;EndTime={day}", "BeginTime={day};EndTime=20010101000000", "BeginTime=;EndTime=")),
    ("2041", ALL, 3, ("", "BeginTime={day}", "BeginTime={day};EndTime=20010101000000")),
    ("2051", ALL, 3, ("", "EndTime={minute}", "BeginTime={minute};EndTime=20010101000000", "BeginTime=x;EndTime=y")),
    ("2061", ALL, 3, ("", "BeginTime={hour}", "BeginTime={hour};EndTime=20010101000000")),
    ("2031", ALL, 100, (EMPTY_SPAN, "BeginTime=19700101080000;EndTime=19700101080000")),
    ("2041", ALL, 100, (EMPTY_SPAN,)),
    ("2051", ALL, 100, (EMPTY_SPAN, "BeginTime=20991231000000;EndTime=20991231235959")),
    ("2061", ALL, 100, (EMPTY_SPAN,)),
    # A code that no point has is a condition that is not met; what is not known of one that there is, no data.
    ("3012", ALL, 3, ("PolId=w01018", "PolId=a0/001", "PolId=a0100100000000000")),
    ("3019", NEW, 3, ("PolId=w01018", "PolId=a0/001")),
    ("3019", NEW, 100, ("PolId=e01001",)),
    ("3020", NEW, 100, ("InfoId=i23001", "InfoId=i33200", "InfoId=i33201", "PolId=a01001;InfoId=i33201")),
    ("3020", NEW, 3, ("InfoId=i12002", "PolId=w01018;InfoId=i12002")),  # the link to which instrument?
    # 3020: an InfoId by 6.4.2, and of a log a span; an instrument's log is not kept here.
    ("3020", NEW, 3, ("", "InfoId=", "InfoId=a01001", "InfoId=i4200", "InfoId=i42001", "InfoId=i21001", "InfoId=i21001;BeginTime={log}",
                      "InfoId=i21001;BeginTime={log};EndTime=20010101000000", "BeginTime={log};EndTime={log}")),
    ("3020", NEW, 100, ("InfoId=i21001;" + EMPTY_SPAN, "PolId=a01001;InfoId=i11001;BeginTime={log},EndTime={log}")),
    # 3021: the one setting that a platform may change, with the values of 1064; an instrument's own are the site's.
    ("3021", NEW, 3, ("", "InfoId=i13003", "InfoId=i13003;i13003-Info=12", "InfoId=i13003;i13003-Info=x", "InfoId=i13004;i13004-Info=168.0",
                      "PolId=a01001;InfoId=i13004;i13004-Info=168.0", "PolId=a01001;InfoId=i13003;i13003-Info=10")),
) for cp in cps) + (
    ("0000", ALL, "", [R(8)]),
    # Other ways of saying it right, which occur in print and in the field (hj212.md 1, "accept on input").
    ("1011", ALL, "PolId=", [READY, D("1011", "SystemTime={now14}"), DONE]),
    ("1000", ALL, "Overtime=2;ReCount=2", [READY, DONE]),
    ("1000", ALL, "ReCount=2;OverTime=2", [READY, DONE]),
    ("1000", ALL, "OverTime=2", [READY, DONE]),  # Silent: one of two; what is not named stays
    ("1000", ALL, "OverTime=2,ReCount=2", [READY, DONE]),
    ("1062", ALL, " RtdInterval=30", [READY, DONE]),
    ("1062", ALL, "RtdInterval=30;", [READY, DONE]),
    ("1062", ALL, "RtdInterval=0030", [READY, DONE]),
    ("1072", ALL, "NewPW=123456", [READY, DONE]),  # the one that it is
    # 3012 without a PolId: all that this platform gets. 3019 without one: the gateway's own. Silent: under which code; i2 is the logger, so i20000 here.
    ("3012", ALL, "", [READY, U("2011", LIVE), U("2011", LIVE_52, SECOND_ST), DONE]),
    ("3019", NEW, "", [READY, D("3019", "i20000-SN=GW-0001"), DONE]),
    ("3020", NEW, "InfoId=i22002", [READY, D("3020", "DataTime={now14};i22002-Info=0"), DONE]),
    ("3020", NEW, "InfoId=i22003", [READY, D("3020", "DataTime={now14};i22003-Info=0"), DONE]),
    ("3020", NEW, "InfoId=i22101", [READY, D("3020", "DataTime={now14};i22101-Info=0"), DONE]),
    ("3020", NEW, "PolId=a01001;InfoId=i22101", [READY, D("3020", "DataTime={now14};PolId=a01001;i22101-Info=0"), DONE]),
    ("3020", NEW, "PolId=a01001;InfoId=i12002", [READY, D("3020", "DataTime={now14};PolId=a01001;i12002-Info=0"), DONE]),
    ("3020", NEW, "InfoId=i13003", [READY, D("3020", "DataTime={now14};i13003-Info=5"), DONE]),
    ("2031", ALL, "BeginTime={day},EndTime={day}", [READY, U("2031", DAY), DONE]),  # C.23, C.41
    ("2051", ALL, "BeginTime={minute};EndTime={minute2}", [READY, U("2051", MINUTE), U("2051", MINUTE_52, SECOND_ST), U("2051", MINUTE2), DONE]),
    ("2051", ALL, "EndTime={minute2};BeginTime={minute2}", [READY, U("2051", MINUTE2), DONE]),
)

# ---- what may be wrong with any of them --------------------------------------------------------------------------------------------------------
# (name, what is other in the request, {edition: QnRtn}). A field set to None is absent. RIGHT: as if nothing were; SILENCE: nothing comes back.
# The order of the checks is that of table 7: PW, MN, ST, Flag, QN, CN. A frame with a wrong CRC is none ("execution ends"), so that comes before all.
# Silent: what of a wrong frame is answered. Here what names our MN and is no answer (CN below 9000) is, with QnRtn=9; all else may be anybody's.
RIGHT, SILENCE = "right", "silence"


def same(code):
    return {2005: code, 2017: code, 2025: code}


def since(code):
    """In 2005 the field may be absent."""
    return {2005: RIGHT, 2017: code, 2025: code}


def later(edition):
    """A Flag of a version that is later than the edition: 2025's in 2005 and 2017, one that does not exist in 2025."""
    return 13 if edition == 2025 else 9


def other_mn(edition):
    return OTHER_MN[edition]


WRONG = (
    ("PW of another", {"PW": OTHER_PW}, same(3)),
    ("PW empty", {"PW": ""}, same(3)),
    ("PW missing", {"PW": None}, same(3)),
    ("PW too long", {"PW": "1" * 30}, same(3)),  # Silent: what is too long to be one is not repeated
    ("PW with a blank", {"PW": "12345 6"}, same(3)),
    ("MN of another", {"MN": other_mn}, same(4)),
    ("MN empty", {"MN": ""}, same(4)),
    ("MN missing", {"MN": None}, same(4)),
    ("MN cut short", {"MN": "1234567"}, same(4)),
    ("ST of another", {"ST": OTHER_ST}, same(5)),
    ("ST of three", {"ST": "101"}, same(5)),
    ("ST missing", {"ST": None}, since(5)),
    ("Flag of a later version", {"Flag": later}, same(6)),
    ("Flag no number", {"Flag": "x"}, same(6)),
    ("Flag above 255", {"Flag": "261"}, same(6)),
    ("Flag says split, no PNUM", {"Flag": lambda e: ASKS[e] | 2}, since(6)),  # 2005 prints Flag=3 in requests of one packet
    ("QN a digit short", {"QN": "2016080108585722"}, same(7)),
    ("QN a digit long", {"QN": "201608010858572231"}, same(7)),
    ("QN with letters", {"QN": "2016080108585722x"}, same(7)),
    ("QN missing", {"QN": None}, since(7)),
    ("CN unknown", {"CN": "1998"}, same(8)),
    ("CN no number", {"CN": "20x1"}, same(8)),
    ("CN of five digits", {"CN": "20111"}, same(8)),
    ("CN missing", {"CN": None}, same(8)),
    ("CRC wrong", {"crc": "wrong"}, same(9)),
    ("CRC wrong, PW too", {"crc": "wrong", "PW": OTHER_PW}, same(9)),
    ("CRC wrong, CN unknown", {"crc": "wrong", "CN": "1998"}, same(9)),
    ("CRC wrong, MN of another", {"crc": "wrong", "MN": other_mn}, same(SILENCE)),  # who is meant cannot be known
    ("PW and MN", {"PW": OTHER_PW, "MN": other_mn}, same(3)),
    ("MN and ST", {"MN": other_mn, "ST": OTHER_ST}, same(4)),
    ("ST and Flag", {"ST": OTHER_ST, "Flag": later}, same(5)),
    ("Flag and QN", {"Flag": later, "QN": "1"}, same(6)),
    ("QN and CN", {"QN": "1", "CN": "1998"}, same(7)),
    ("all of them", {"PW": OTHER_PW, "MN": other_mn, "ST": OTHER_ST, "Flag": later, "QN": "1", "CN": "1998"}, same(3)),
    ("all but the PW", {"MN": other_mn, "ST": OTHER_ST, "Flag": later, "QN": "1", "CN": "1998"}, same(4)),
    ("all but PW and MN", {"ST": OTHER_ST, "Flag": later, "QN": "1", "CN": "1998"}, same(5)),
    # Right all the same. Silent: the first four; a platform of the field says it so.
    ("ST=91", {"ST": "91"}, same(RIGHT)),
    ("Flag missing", {"Flag": None}, same(RIGHT)),
    ("Flag of an earlier version", {"Flag": 1}, same(RIGHT)),
    ("MN in lower case", {"MN": lambda e: MN[e].lower()}, same(RIGHT)),
    ("the second ST", {"ST": SECOND_ST}, same(RIGHT)),
    ("fields in another order", {"order": ("MN", "PW", "CN", "ST", "QN", "Flag", "PNUM", "PNO")}, same(RIGHT)),
    ("a field of nobody", {"order": ("QN", "ST", "CN", "PW", "MN", "Flag", "Zz"), "Zz": "1"}, same(RIGHT)),
    ("a comma behind the QN", {"text": lambda t: t.replace(";", ",", 1)}, same(RIGHT)),  # C.22, C.48
    ("no semicolon before CP", {"text": lambda t: t.replace(";CP=", "CP=")}, same(RIGHT)),  # C.19
    ("blanks in the CP", {"text": lambda t: t.replace("CP=&&", "CP=&& ")}, same(RIGHT)),
    ("CRC in lower case", {"crc": "lower"}, same(RIGHT)),
    ("without CR LF", {"crc": "bare"}, same(RIGHT)),
    ("PNUM=1;PNO=1", {"PNUM": 1, "PNO": 1, "Flag": lambda e: ASKS[e] | 2}, same(RIGHT)),
)

# Silent: an MN has one ST in the standard. Whichever of the uplink's STs a request names, all is meant; what answers without an upload goes under it.

# The answer bit is off (6.3, Flag A=0): no 9011, no 9012, no 9013; what is asked for comes.
UNANSWERED = {"Flag": lambda e: QUIET[e]}

# ---- answers that answer nothing ---------------------------------------------------------------------------------------------------------------
# (name, data segment). An answer is never answered, whatever its Flag says, or two of a kind would never end.
STRAY = (
    ("9011", "QN={qn};ST=91;CN=9011;PW={pw};MN={mn};Flag={asks};CP=&&QnRtn=1&&"),
    ("9011 refusing", "QN={qn};ST=91;CN=9011;PW={pw};MN={mn};Flag={quiet};CP=&&QnRtn=3&&"),
    ("9012", "QN={qn};ST=91;CN=9012;PW={pw};MN={mn};Flag={asks};CP=&&ExeRtn=1&&"),
    ("9012 failing", "QN={qn};ST=91;CN=9012;PW={pw};MN={mn};Flag={quiet};CP=&&ExeRtn=2&&"),
    ("9013", "QN={qn};ST=91;CN=9013;PW={pw};MN={mn};Flag={quiet};CP=&&&&"),
    ("9014", "QN={qn};ST=91;CN=9014;PW={pw};MN={mn};Flag={quiet};CP=&&&&"),
    ("9014 that wants an answer", "QN={qn};ST=91;CN=9014;PW={pw};MN={mn};Flag={asks};CP=&&&&"),
    ("9014 without a QN", "ST=22;CN=9014;PW={pw};MN={mn};Flag={quiet};CP=&&&&"),
    ("9014 of another MN", "QN={qn};ST=91;CN=9014;PW={pw};MN={other};Flag={quiet};CP=&&&&"),
    ("no CN, no CP", "QN={qn};ST=32;PW={pw};MN={mn};Flag={asks}"),
    ("an empty segment", ""),
)
# Silent: when QnRtn=100 ("unknown error") is said; nothing here expects it.
