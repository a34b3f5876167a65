-- HJ 212 (HJ/T 212-2005, HJ 212-2017, HJ 212-2025) for Wireshark and tshark, 3.6 or later.
--
--   tshark -X lua_script:hj212.lua -r capture.pcap -Y hj212 -V
--
-- or put it into the folder of personal plugins (Help, About, Folders). It is found on any TCP port by its first bytes, "##" and four digits; ports
-- on which something else is looked for first can be named in its preferences.
--
-- Everything is decoded and checked: the length, each field of the header, Flag by its edition, the items and classes of CP, and the CRC, by annex A
-- or as the field makes it otherwise. What is odd is an expert info. Answers are matched with what they answer by QN. A frame may lie in many
-- segments, and many in one.

local hj212 = Proto("hj212", "HJ 212 environmental monitoring")

local LENGTH_DIGITS = 4
local HEAD = 2 + LENGTH_DIGITS -- "##LLLL"
local CRC_DIGITS = 4
local DATA_ACCEPT = 4096 -- bytes of a data segment: 1,623 has been seen, the standard's most is 1024
local DATA_MOST = 1024
local BEIJING = 8 * 3600 -- s ahead of UTC

-- ---- what the numbers mean ----

local CN = {
    [1000] = "time-out and number of resends", [1001] = "hardware ids", [1002] = "set the MN", [1011] = "read the clock", [1012] = "set the clock",
    [1013] = "the clock wants to be set", [1014] = "key", [1061] = "read the real-time interval", [1062] = "set the real-time interval",
    [1063] = "read the minute interval", [1064] = "set the minute interval", [1072] = "set the password", [2011] = "real-time data",
    [2012] = "stop real-time data", [2013] = "raw data", [2021] = "equipment states", [2022] = "stop equipment states", [2031] = "day data",
    [2041] = "equipment running times of a day", [2051] = "minute data", [2052] = "single noise measurement", [2061] = "hour data",
    [2062] = "automatic standard check", [2071] = "alarm record (2005)", [2072] = "alarm event (2005)", [2081] = "power-on time",
    [2111] = "furnace temperature, 5 minutes", [3011] = "calibrate zero and span", [3012] = "take a sample now", [3013] = "clean or blow back",
    [3014] = "take a comparison sample", [3015] = "keep the sample on overrun", [3016] = "set the sampling period", [3017] = "read the sampling period",
    [3018] = "read the sampling duration", [3019] = "instrument identity", [3020] = "device information", [3021] = "set a device parameter",
    [3022] = "immediate retained sample", [3024] = "start a standard check", [9011] = "answer to a request", [9012] = "result of a request",
    [9013] = "answer to a notice", [9014] = "answer to data", [9015] = "heartbeat", [9021] = "login (extension)",
}
local ST = {
    ["21"] = "surface water", ["22"] = "air", ["23"] = "noise", ["24"] = "groundwater", ["25"] = "soil", ["26"] = "sea", ["27"] = "VOC",
    ["31"] = "air pollution source", ["32"] = "water pollution source", ["33"] = "groundwater source", ["34"] = "sea source", ["35"] = "soil source",
    ["36"] = "noise source", ["37"] = "vibration source", ["38"] = "radioactive source", ["39"] = "construction dust", ["41"] = "electromagnetic",
    ["44"] = "electricity (2025)", ["45"] = "key production condition (2025)", ["51"] = "flue-gas process", ["52"] = "sewage process",
    ["91"] = "system interaction",
}
local QNRTN = {
    [1] = "ready", [2] = "refused", [3] = "the password is wrong", [4] = "the MN is wrong", [5] = "the ST is wrong", [6] = "the Flag is wrong",
    [7] = "the QN is wrong", [8] = "the CN is wrong", [9] = "the CRC is wrong", [100] = "an unknown error",
}
local EXERTN = {
    [1] = "done", [2] = "failed", [3] = "the conditions are wrong", [4] = "time-out", [5] = "busy", [6] = "system fault", [100] = "no data",
}
local VERSION = { [0] = "HJ/T 212-2005", [1] = "HJ 212-2017", [2] = "HJ 212-2025" }
local DATA_FLAG = {
    N = "normal", F = "stopped", M = "under maintenance", S = "entered by hand", D = "fault", C = "calibrating", T = "over the upper limit",
    B = "no communication with the instrument",
}
local STATE = { ["0"] = "off", ["1"] = "running", ["2"] = "calibrating", ["3"] = "maintenance", ["4"] = "alarm", ["5"] = "blowing back" }
local CLASS = {
    Rtd = "value", Min = "least", Avg = "average", Max = "most", Cou = "sum", ZsRtd = "converted value", ZsMin = "converted least",
    ZsAvg = "converted average", ZsMax = "converted most", Flag = "flag", EFlag = "instrument's flag", SampleTime = "sampled", RS = "state",
    RT = "hours run", Data = "value", DayData = "day value", NightData = "night value", SN = "serial number", Info = "information",
}
local FIELD = {
    DataTime = "time of the data", SystemTime = "clock", BeginTime = "from", EndTime = "to", RestartTime = "started", PolId = "factor",
    RtdInterval = "real-time interval, s", MinInterval = "minute interval, min", OverTime = "time-out, s", ReCount = "resends", NewPW = "new password",
    PW = "new password", VaseNo = "bottle", CstartTime = "first sample", CTime = "sampling period, h", Ctime = "sampling period, h",
    Stime = "sampling duration, min", InfoId = "information", QN = "of", CN = "of command", NewSK = "new key", SKCreateTime = "key made",
}
local TIMES = { DataTime = true, SystemTime = true, BeginTime = true, EndTime = true, RestartTime = true, SampleTime = true, SKCreateTime = true }
local INFO = {
    i21001 = "log of the gateway", i22001 = "work state", i22002 = "user", i22003 = "link to the platform", i22101 = "link of a channel",
    i11001 = "log of the instrument", i12001 = "state of the instrument", i12002 = "link to the instrument", i13004 = "digestion temperature",
    i33103 = "station voltage", i33200 = "plant current", i33201 = "energy, kWh", i33202 = "energy of the day, kWh", i33400 = "production load, %",
}

-- ---- fields ----

local f = {
    length = ProtoField.uint16("hj212.length", "Length", base.DEC),
    data = ProtoField.bytes("hj212.data", "Data segment"),
    qn = ProtoField.string("hj212.qn", "QN"),
    qn_time = ProtoField.absolute_time("hj212.qn.time", "QN as a time", base.UTC),
    st = ProtoField.string("hj212.st", "ST"),
    cn = ProtoField.uint16("hj212.cn", "CN", base.DEC, CN),
    pw = ProtoField.string("hj212.pw", "PW"),
    mn = ProtoField.string("hj212.mn", "MN"),
    flag = ProtoField.uint8("hj212.flag", "Flag", base.DEC),
    flag_version = ProtoField.uint8("hj212.flag.version", "Edition", base.DEC, VERSION, 0xfc),
    flag_split = ProtoField.bool("hj212.flag.split", "PNUM and PNO are there (D)", 8, nil, 0x02),
    flag_answer = ProtoField.bool("hj212.flag.answer", "An answer is wanted (A)", 8, nil, 0x01),
    pnum = ProtoField.uint16("hj212.pnum", "PNUM", base.DEC),
    pno = ProtoField.uint16("hj212.pno", "PNO", base.DEC),
    rf = ProtoField.string("hj212.rf", "RF"),
    other = ProtoField.string("hj212.other", "Other field"),
    cp = ProtoField.string("hj212.cp", "CP"),
    item = ProtoField.string("hj212.item", "Item"),
    name = ProtoField.string("hj212.name", "Name"),
    factor = ProtoField.string("hj212.factor", "Factor"),
    class = ProtoField.string("hj212.class", "Class"),
    value = ProtoField.string("hj212.value", "Value"),
    number = ProtoField.double("hj212.number", "Number"),
    time = ProtoField.absolute_time("hj212.time", "Time", base.UTC),
    qnrtn = ProtoField.uint16("hj212.qnrtn", "QnRtn", base.DEC, QNRTN),
    exertn = ProtoField.uint16("hj212.exertn", "ExeRtn", base.DEC, EXERTN),
    dataflag = ProtoField.string("hj212.dataflag", "Data flag"),
    crc = ProtoField.uint16("hj212.crc", "CRC", base.HEX),
    crc_text = ProtoField.string("hj212.crc.text", "CRC as sent"),
    crc_dialect = ProtoField.string("hj212.crc.dialect", "CRC made by"),
    crc_should = ProtoField.uint16("hj212.crc.annexa", "CRC by annex A", base.HEX),
    tail = ProtoField.string("hj212.tail", "Tail"),
    junk = ProtoField.bytes("hj212.junk", "No frame"),
    answer_in = ProtoField.framenum("hj212.answer_in", "Answered in", base.NONE, frametype.RESPONSE),
    result_in = ProtoField.framenum("hj212.result_in", "Result in", base.NONE, frametype.RESPONSE),
    answer_to = ProtoField.framenum("hj212.answer_to", "Answers", base.NONE, frametype.REQUEST),
    delay = ProtoField.relative_time("hj212.delay", "Time since then"),
    first_in = ProtoField.framenum("hj212.first_in", "First sent in", base.NONE, frametype.RETRANS_PREV),
}
local e = {
    crc = ProtoExpert.new("hj212.crc.bad", "The CRC is wrong", expert.group.CHECKSUM, expert.severity.ERROR),
    crc_missing = ProtoExpert.new("hj212.crc.missing", "There is no CRC of four digits", expert.group.CHECKSUM, expert.severity.ERROR),
    crc_other = ProtoExpert.new("hj212.crc.other", "The CRC is not that of annex A", expert.group.CHECKSUM, expert.severity.WARN),
    masked = ProtoExpert.new("hj212.masked", "The password is masked: the CRC cannot be checked", expert.group.CHECKSUM, expert.severity.NOTE),
    length = ProtoExpert.new("hj212.length.bad", "The length is wrong", expert.group.MALFORMED, expert.severity.ERROR),
    long = ProtoExpert.new("hj212.length.long", "The data segment is longer than the standard's 1024", expert.group.PROTOCOL, expert.severity.NOTE),
    tail = ProtoExpert.new("hj212.tail.bad", "The frame does not end with CR LF", expert.group.PROTOCOL, expert.severity.WARN),
    cut = ProtoExpert.new("hj212.cut", "The rest of the frame is not in the capture", expert.group.MALFORMED, expert.severity.WARN),
    junk = ProtoExpert.new("hj212.junk.there", "Bytes that are no frame", expert.group.MALFORMED, expert.severity.WARN),
    no_cp = ProtoExpert.new("hj212.cp.missing", "There is no CP=&&...&&", expert.group.MALFORMED, expert.severity.ERROR),
    cn = ProtoExpert.new("hj212.cn.unknown", "A CN that no edition has", expert.group.PROTOCOL, expert.severity.NOTE),
    field = ProtoExpert.new("hj212.field.odd", "A field that the header does not have", expert.group.PROTOCOL, expert.severity.NOTE),
    qn = ProtoExpert.new("hj212.qn.odd", "The QN is not 17 digits of a time", expert.group.PROTOCOL, expert.severity.WARN),
    split = ProtoExpert.new("hj212.flag.odd", "Flag and PNUM do not agree", expert.group.PROTOCOL, expert.severity.WARN),
    refused = ProtoExpert.new("hj212.refused", "Refused", expert.group.RESPONSE_CODE, expert.severity.WARN),
    again = ProtoExpert.new("hj212.again", "Sent again", expert.group.SEQUENCE, expert.severity.NOTE),
    late = ProtoExpert.new("hj212.answer.alone", "An answer to nothing in this capture", expert.group.SEQUENCE, expert.severity.NOTE),
}

local function values_of(t)
    local list = {}
    for _, v in pairs(t) do
        list[#list + 1] = v
    end
    return list
end

hj212.fields = values_of(f)
hj212.experts = values_of(e)
hj212.prefs.ports = Pref.range("TCP ports", "", "Ports on which HJ 212 is looked for before anything else", 65535)

local tcp_stream = Field.new("tcp.stream")

-- ---- CRC: arithmetic only, so that it works in every Lua ----

local function xor(a, b)
    local r, bit = 0, 1
    while a > 0 or b > 0 do
        if a % 2 ~= b % 2 then
            r = r + bit
        end
        a, b, bit = math.floor(a / 2), math.floor(b / 2), bit * 2
    end
    return r
end

local XOR4 = {}
for a = 0, 15 do
    XOR4[a] = {}
    for b = 0, 15 do
        XOR4[a][b] = xor(a, b)
    end
end

local function xor8(a, b)
    return XOR4[math.floor(a / 16)][math.floor(b / 16)] * 16 + XOR4[a % 16][b % 16]
end

local STEP = {} -- eight steps of a byte through 0xA001
for i = 0, 255 do
    local r = i
    for _ = 1, 8 do
        local odd = r % 2 == 1
        r = math.floor(r / 2)
        if odd then
            r = xor(r, 0xA001)
        end
    end
    STEP[i] = r
end

-- Annex A drops the low byte of the register at every step; CRC-16/MODBUS does not.
local function crc_annex_a(s)
    local r = 0xFFFF
    for i = 1, #s do
        r = STEP[xor8(math.floor(r / 256), s:byte(i))]
    end
    return r
end

local function crc_modbus(s)
    local r = 0xFFFF
    for i = 1, #s do
        local t, high = STEP[xor8(r % 256, s:byte(i))], math.floor(r / 256)
        r = math.floor(t / 256) * 256 + xor8(t % 256, high)
    end
    return r
end

-- The dialect by which it is right, or nil; and what annex A gives.
local function crc_dialect(s, crc)
    local should = crc_annex_a(s)
    if crc == should then
        return "annex A", should
    end
    local modbus = crc_modbus(s)
    if crc == modbus then
        return "MODBUS", should
    end
    if crc == modbus % 256 * 256 + math.floor(modbus / 256) then
        return "MODBUS, bytes swapped", should
    end
    return nil, should
end

-- ---- times: Beijing, as they stand ----

-- Days since 1970 of a date of the calendar.
local function days(y, m, d)
    if m <= 2 then
        y, m = y - 1, m + 12
    end
    return 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400) + math.floor((153 * (m - 3) + 2) / 5) + d - 719469
end

-- Of 14 or 17 digits: NSTime and text; nil where it is no time.
local function parse_time(s)
    local y, mo, d, h, mi, sec, ms = s:match("^(%d%d%d%d)(%d%d)(%d%d)(%d%d)(%d%d)(%d%d)(%d*)$")
    if not y or (#ms ~= 0 and #ms ~= 3) then
        return nil
    end
    local n = { tonumber(y), tonumber(mo), tonumber(d), tonumber(h), tonumber(mi), tonumber(sec) }
    if n[2] < 1 or n[2] > 12 or n[3] < 1 or n[3] > 31 or n[4] > 23 or n[5] > 59 or n[6] > 60 or n[1] < 1970 then
        return nil
    end
    local seconds = days(n[1], n[2], n[3]) * 86400 + n[4] * 3600 + n[5] * 60 + n[6] - BEIJING
    local text = string.format("%s-%s-%s %s:%s:%s%s Beijing", y, mo, d, h, mi, sec, #ms == 3 and "." .. ms or "")
    return NSTime.new(seconds, (tonumber(ms) or 0) * 1000000), text
end

-- ---- where a frame ends ----

local function is_head(s, at)
    return s:find("^##%d%d%d%d", at) ~= nil
end

-- From `at` (1..) in s: a table of what is there. `more`: bytes that are missing, nil = none; -1 = some.
local function measure(s, at, whole)
    local declared = tonumber(s:sub(at + 2, at + HEAD - 1))
    local from, by_length = at + HEAD, nil
    local crc_at = from + declared
    if declared <= DATA_ACCEPT and #s >= crc_at + CRC_DIGITS - 1 and s:find("^%x%x%x%x", crc_at) then
        by_length = { declared = declared, n = declared, digits = CRC_DIGITS }
        if s:find("^[\r\n#]", crc_at + CRC_DIGITS) or #s == crc_at + CRC_DIGITS - 1 or crc_dialect(s:sub(from, crc_at - 1),
            tonumber(s:sub(crc_at, crc_at + CRC_DIGITS - 1), 16)) then
            return by_length
        end
    end
    -- By its end: "&&", digits, and a line's end.
    local p = from
    while true do
        local a, b, digits = s:find("&&(%x*)[\r\n]", p)
        if not a or a - from > DATA_ACCEPT then
            break
        end
        if s:sub(a - 3, a - 1) ~= "CP=" and #digits <= CRC_DIGITS and not s:sub(from, a):find("##%d%d%d%d") then
            return { declared = declared, n = a + 2 - from, digits = #digits }
        end
        p = b
    end
    if by_length then
        return by_length
    end
    if not whole and declared <= DATA_ACCEPT and #s < crc_at + CRC_DIGITS + 1 then
        return { declared = declared, more = crc_at + CRC_DIGITS + 1 - #s }
    end
    return { declared = declared, none = true }
end

-- How many bytes of CR LF stand at p.
local function tail_at(s, p)
    return s:sub(p, p + 1) == "\r\n" and 2 or s:find("^[\r\n]", p) and 1 or 0
end

-- ---- who answers whom ----

local exchanges = {} -- stream:QN -> { cn, number, time, answer, result }
local facts = {}     -- packet:offset -> what the first pass found

function hj212.init()
    exchanges, facts = {}, {}
end

local ANSWERS = { [9011] = true, [9012] = true, [9013] = true, [9014] = true }

local function note_exchange(pinfo, key, m)
    local stream = tcp_stream()
    local id = (stream and tostring(stream.value) or "-") .. ":" .. m.qn
    local x = exchanges[id]
    local fact = { exchange = x }
    if ANSWERS[m.cn] then
        if x then
            fact.answers, fact.delay = x.number, pinfo.abs_ts - x.time
            if m.cn == 9012 and not x.result then
                x.result = pinfo.number
            elseif m.cn ~= 9012 and not x.answer then
                x.answer = pinfo.number
            end
        end
    elseif x and x.cn == m.cn and x.from == m.from and x.segment == m.segment then
        fact.first, fact.again = x.number, true
    elseif x and x.cn == m.cn and x.from ~= m.from then -- the data of a request that is repeated with its QN
        fact.answers, fact.delay = x.number, pinfo.abs_ts - x.time
    else
        fact.exchange = { cn = m.cn, number = pinfo.number, time = pinfo.abs_ts, from = m.from, segment = m.segment }
        exchanges[id] = fact.exchange
    end
    facts[key] = fact
    return fact
end

local function show_exchange(tree, pinfo, key, m)
    if m.qn == "" then
        return
    end
    local fact = pinfo.visited and facts[key] or note_exchange(pinfo, key, m)
    local x = fact.exchange
    if fact.again then
        tree:add(f.first_in, fact.first):set_generated()
        tree:add_proto_expert_info(e.again)
    elseif fact.answers then
        tree:add(f.answer_to, fact.answers):set_generated()
        local seconds = math.floor(fact.delay)
        tree:add(f.delay, NSTime.new(seconds, math.floor((fact.delay - seconds) * 1e9 + 0.5))):set_generated()
    elseif ANSWERS[m.cn] then
        tree:add_proto_expert_info(e.late)
    end
    if x and not ANSWERS[m.cn] and not fact.answers then
        if x.answer then
            tree:add(f.answer_in, x.answer):set_generated()
        end
        if x.result then
            tree:add(f.result_in, x.result):set_generated()
        end
    end
end

-- ---- the header ----

local function add_qn(tree, range, value)
    local item = tree:add(f.qn, range, value)
    local time, text = parse_time(value)
    if time and #value == 17 then
        item:append_text(" (" .. text .. ")")
        item:add(f.qn_time, range, time):set_generated()
    else
        item:add_proto_expert_info(e.qn)
    end
end

local function add_flag(tree, range, value)
    local n = tonumber(value)
    if not n or n < 0 or n > 255 then
        tree:add(f.flag, range, 0):append_text(" (no number of 0 to 255: " .. value .. ")")
        return
    end
    local item = tree:add(f.flag, range, n)
    item:add(f.flag_version, range, n)
    item:add(f.flag_split, range, n)
    item:add(f.flag_answer, range, n)
    local version = math.floor(n / 4)
    item:append_text(string.format(" (%s%s%s)", VERSION[version] or "edition " .. version, n % 4 >= 2 and ", split" or "",
        n % 2 == 1 and ", answer wanted" or ""))
end

local HEADER = {
    QN = function(tree, range, value, m)
        m.qn = value
        add_qn(tree, range, value)
    end,
    ST = function(tree, range, value, m)
        m.st = value
        tree:add(f.st, range, value):append_text(" (" .. (ST[value] or "unknown") .. ")")
    end,
    CN = function(tree, range, value, m)
        m.cn = tonumber(value) or 0
        local item = tree:add(f.cn, range, math.min(m.cn, 65535))
        if not CN[m.cn] then
            item:add_proto_expert_info(e.cn)
        end
    end,
    PW = function(tree, range, value, m)
        m.pw = value
        tree:add(f.pw, range, value)
    end,
    MN = function(tree, range, value, m)
        m.mn = value
        tree:add(f.mn, range, value)
    end,
    FLAG = function(tree, range, value, m)
        m.flag = tonumber(value)
        add_flag(tree, range, value)
    end,
    PNUM = function(tree, range, value, m)
        m.pnum = tonumber(value)
        tree:add(f.pnum, range, math.min(m.pnum or 0, 65535))
    end,
    PNO = function(tree, range, value, m)
        m.pno = tonumber(value)
        tree:add(f.pno, range, math.min(m.pno or 0, 65535))
    end,
    RF = function(tree, range, value)
        tree:add(f.rf, range, value):append_text(" (sent afterwards)")
    end,
}

-- text: the header; at: where it begins in tvb. "," and a missing ";" occur between fields.
local function dissect_header(tvb, at, text, tree, m)
    local p = 1
    while true do
        local a, b, name, value = text:find("(%a+)=([^;,]*)", p)
        if not a then
            return
        end
        local add = HEADER[name:upper()]
        local range = tvb(at + a - 1, b - a + 1)
        if add then
            add(tree, range, value, m)
        else
            tree:add(f.other, range, name .. "=" .. value):add_proto_expert_info(e.field)
        end
        p = b + 1
    end
end

-- ---- CP ----

local function about(name)
    local factor, class = name:match("^(.-)%-(%w+)$")
    if not factor then
        return nil, nil, FIELD[name]
    end
    return factor, class, CLASS[class] or CLASS[class:sub(1, 1):upper() .. class:sub(2)]
end

local function add_code(tree, field, texts, range, value)
    local n = tonumber(value)
    local item = tree:add(field, range, math.min(math.max(n or 0, 0), 65535))
    if n ~= 1 then
        item:add_proto_expert_info(e.refused, "Not done: " .. (texts[n] or "code " .. value))
    end
end

local function add_value(tree, range, name, class, value, m)
    tree:add(f.value, range, value)
    if tonumber(value) and value:find("^[+-]?[%d.]+$") and #value < 14 then
        tree:add(f.number, range, tonumber(value))
    end
    if TIMES[name] or TIMES[class or ""] then
        local time, text = parse_time(value)
        if time then
            tree:append_text(" (" .. text .. ")")
            tree:add(f.time, range, time):set_generated()
        end
    end
    if class == "Flag" then
        tree:add(f.dataflag, range, value)
        tree:append_text(" (" .. (DATA_FLAG[value] or "unknown") .. ")")
    elseif class == "RS" then
        tree:append_text(" (" .. (STATE[value] or "unknown") .. ")")
    elseif name == "QnRtn" then
        add_code(tree, f.qnrtn, QNRTN, range, value)
        m.said = "QnRtn=" .. value .. " " .. (QNRTN[tonumber(value)] or "")
    elseif name == "ExeRtn" then
        add_code(tree, f.exertn, EXERTN, range, value)
        m.said = "ExeRtn=" .. value .. " " .. (EXERTN[tonumber(value)] or "")
    elseif name == "InfoId" or name == "PolId" then
        tree:append_text(INFO[value] and " (" .. INFO[value] .. ")" or "")
    elseif name == "DataTime" then
        m.datatime = value
    elseif name == "QN" and m.qn == "" then -- HJ/T 212-2005
        m.qn = value
        add_qn(tree, range, value)
    end
end

-- One name=value.
local function dissect_pair(tvb, at, text, tree, m)
    local name, value = text:match("^%s*([^=]*)=(.*)$")
    local range = tvb(at, #text)
    if not name then
        tree:add(f.value, range, text):append_text(" (no name)")
        return
    end
    local factor, class, meaning = about(name)
    local pair = tree:add(f.name, range, name)
    pair:set_text(name .. ": " .. value)
    if factor then
        pair:add(f.factor, range, factor)
        pair:add(f.class, range, class)
        meaning = INFO[factor] or meaning
    end
    if meaning then
        pair:append_text(", " .. meaning)
    end
    add_value(pair, range, name, class, value, m)
end

-- The next piece that ends before `mark`; text between // and // is one, whatever stands in it.
local function piece_end(text, p, mark)
    local q = p
    while q <= #text do
        if text:sub(q, q + 1) == "//" then
            local close = text:find("//", q + 2, true)
            if not close then
                return #text
            end
            q = close + 2
        elseif text:sub(q, q) == mark then
            return q - 1
        else
            q = q + 1
        end
    end
    return #text
end

local function each_piece(text, mark, fn)
    local p = 1
    while p <= #text do
        local stop = piece_end(text, p, mark)
        if stop >= p then
            fn(text:sub(p, stop), p - 1)
        end
        p = stop + 2
    end
end

local function dissect_cp(tvb, at, text, tree, m)
    local cp = tree:add(f.cp, tvb(at, #text), text)
    cp:set_text("CP: " .. #text .. " bytes")
    each_piece(text, ";", function(item, offset)
        local branch = cp:add(f.item, tvb(at + offset, #item), item)
        m.items = m.items + 1
        each_piece(item, ",", function(pair, inner)
            dissect_pair(tvb, at + offset + inner, pair, branch, m)
        end)
    end)
end

local function dissect_segment(tvb, at, s, tree, m)
    local a, b = s:find("CP=%s*&&")
    if not a then
        dissect_header(tvb, at, s, tree, m)
        tree:add_proto_expert_info(e.no_cp)
        return
    end
    dissect_header(tvb, at, s:sub(1, a - 1), tree, m)
    local close = s:find("&&%s*$", b + 1)
    if not close then
        tree:add_proto_expert_info(e.no_cp)
    end
    local text = s:sub(b + 1, (close or #s + 1) - 1)
    if #text > 0 then
        dissect_cp(tvb, at + b, text, tree, m)
    else
        tree:add(f.cp, tvb(at + a - 1, #s - a + 1), ""):append_text("(empty)")
    end
end

-- ---- a frame ----

local function dissect_crc(tvb, at, s, crc_text, tree, m)
    if #crc_text == 0 then
        tree:add_proto_expert_info(e.crc_missing)
        return
    end
    local crc = tonumber(crc_text, 16)
    local dialect, should = crc_dialect(s, crc)
    local item = tree:add(f.crc, tvb(at, #crc_text), crc)
    item:add(f.crc_text, tvb(at, #crc_text), crc_text)
    item:add(f.crc_should, tvb(at, #crc_text), should):set_generated()
    if m.pw and m.pw:find("^%*+$") and not dialect then
        item:append_text(" (not checked)")
        item:add_proto_expert_info(e.masked)
        return
    end
    item:add(f.crc_dialect, tvb(at, #crc_text), dialect or "nothing known"):set_generated()
    item:append_text(dialect and " (right, " .. dialect .. ")" or string.format(" (wrong: annex A gives %04X)", should))
    if not dialect then
        m.bad = true
        item:add_proto_expert_info(e.crc, string.format("The CRC is wrong: annex A gives %04X", should))
    elseif dialect ~= "annex A" then
        item:add_proto_expert_info(e.crc_other, "The CRC is that of " .. dialect)
    end
    if #crc_text < CRC_DIGITS then
        item:add_proto_expert_info(e.crc_missing)
    end
end

local function summary(m)
    local text = m.cn and string.format("%04d %s", m.cn, CN[m.cn] or "") or "no CN"
    local parts = { m.datatime and "DataTime=" .. m.datatime or "", m.said or "",
        m.pnum and string.format("packet %s of %d", m.pno or "?", m.pnum) or "", m.qn ~= "" and "QN=" .. m.qn or "", m.bad and "[bad CRC]" or "" }
    for _, part in ipairs(parts) do
        text = text .. (part ~= "" and ", " .. part or "")
    end
    return text
end

-- s: all bytes of tvb; at: 1.. of its "##"; m: what measure() says. How many bytes it has.
local function dissect_frame(tvb, pinfo, root, s, at, size)
    local data_at, crc_at = at + HEAD, at + HEAD + size.n
    local tail = tail_at(s, crc_at + size.digits)
    local whole = HEAD + size.n + size.digits + tail
    local segment = s:sub(data_at, crc_at - 1)
    local tree = root:add(hj212, tvb(at - 1, whole))
    local m = { qn = "", items = 0, segment = segment, from = tostring(pinfo.src) .. ":" .. pinfo.src_port }

    local length = tree:add(f.length, tvb(at + 1, LENGTH_DIGITS), size.declared)
    if size.declared ~= size.n then
        length:add_proto_expert_info(e.length, string.format("The length is wrong: the data segment has %d bytes", size.n))
    end
    if size.n > DATA_MOST then
        length:add_proto_expert_info(e.long)
    end
    dissect_segment(tvb, data_at - 1, segment, tree, m)
    if m.flag and (m.flag % 4 >= 2) ~= (m.pnum ~= nil) then
        tree:add_proto_expert_info(e.split)
    end
    dissect_crc(tvb, crc_at - 1, segment, s:sub(crc_at, crc_at + size.digits - 1), tree, m)
    if tail == 2 then
        tree:add(f.tail, tvb(at - 1 + whole - tail, tail), "CR LF")
    else
        tree:add_proto_expert_info(e.tail)
    end
    show_exchange(tree, pinfo, pinfo.number .. ":" .. at .. ":" .. #s, m)
    tree:append_text(", " .. summary(m))
    return whole, summary(m)
end

local function dissect_junk(tvb, root, at, n)
    local tree = root:add(hj212, tvb(at - 1, n))
    tree:append_text(", no frame")
    tree:add(f.junk, tvb(at - 1, n))
    tree:add_proto_expert_info(e.junk, n .. " bytes that are no frame")
end

-- ---- the stream ----

-- Where junk that begins at `at` ends: before the next head, or one that may be begun.
local function junk_end(s, at)
    local next_head = s:find("##%d%d%d%d", at)
    if next_head then
        return next_head - 1
    end
    local begun = s:find("##?%d?%d?%d?$", at)
    return begun and begun > at and begun - 1 or #s
end

local function want_more(pinfo, at, n)
    pinfo.desegment_offset = at - 1
    pinfo.desegment_len = n or DESEGMENT_ONE_MORE_SEGMENT
end

-- One step at `at`: bytes done with and what to say, or nil: more is awaited.
local function step(tvb, pinfo, root, s, at)
    local whole = pinfo.can_desegment == 0
    if #s - at + 1 < HEAD and s:find("^##?%d*$", at) then
        if not whole then
            want_more(pinfo, at)
            return nil
        end
        dissect_junk(tvb, root, at, #s - at + 1)
        return #s - at + 1
    end
    if not is_head(s, at) then
        local stop = junk_end(s, at)
        if s:find("[^\r\n]", at) and s:find("[^\r\n]", at) <= stop then
            dissect_junk(tvb, root, at, stop - at + 1)
        end
        return stop - at + 1
    end
    local size = measure(s, at, whole)
    if size.more then
        want_more(pinfo, at, size.more)
        return nil
    end
    if size.none then
        if whole and #s < at + HEAD + size.declared then
            local tree = root:add(hj212, tvb(at - 1))
            dissect_segment(tvb, at + HEAD - 1, s:sub(at + HEAD), tree, { qn = "", items = 0 })
            tree:add_proto_expert_info(e.cut)
            return #s - at + 1
        end
        local stop = junk_end(s, at + 2)
        dissect_junk(tvb, root, at, stop - at + 1)
        return stop - at + 1
    end
    return dissect_frame(tvb, pinfo, root, s, at, size)
end

local function dissect(tvb, pinfo, root)
    local s, at, said = tvb:raw(0, tvb:len()), 1, {}

    pinfo.cols.protocol = "HJ212"
    while at <= #s do
        local used, text = step(tvb, pinfo, root, s, at)
        if not used then
            break
        end
        said[#said + 1] = text
        at = at + used
    end
    if #said > 0 then
        local before = tostring(pinfo.cols.info) -- of the end of a frame that began in an earlier segment: it is kept
        pinfo.cols.info = (before:find("^%d%d%d%d ") and " | " or "") .. table.concat(said, " | ")
    end
    return tvb:len()
end
hj212.dissector = dissect

-- On any port: the rest of the conversation is ours from there on.
hj212:register_heuristic("tcp", function(tvb, pinfo, root)
    if tvb:len() < HEAD or not is_head(tvb:raw(0, HEAD), 1) then
        return false
    end
    dissect(tvb, pinfo, root) -- not hj212.dissector(): of a dissector called by another TCP joins no segments
    pinfo.conversation = hj212
    return true
end)

local ports_before = ""
function hj212.prefs_changed()
    local table_of_ports = DissectorTable.get("tcp.port")
    if ports_before == hj212.prefs.ports then
        return
    end
    if ports_before ~= "" then
        table_of_ports:remove(ports_before, hj212)
    end
    ports_before = hj212.prefs.ports
    if ports_before ~= "" then
        table_of_ports:add(ports_before, hj212)
    end
end
