// The function node "record": values out of registers, a real-time frame (HJ 212, CN=2011) of each scan for the platform (first output), and
// for the database (second output) a row with mean, least and most of each window of @WINDOW_MS@ ms.
const points = @POINTS@; // [unit, register, type, factor]
const words = { uint16: 1, int16: 1, uint32: 2 }, now = Date.now();
const window = Math.floor(now / @WINDOW_MS@) * @WINDOW_MS@;
let sums = context.get('sums') || {};
const frames = [];
let row = null, items = [];

function crc(text) {
	let r = 0xFFFF;
	for (let i = 0; i < text.length; i++) {
		r = (r >> 8) ^ text.charCodeAt(i);
		for (let bit = 0; bit < 8; bit++) r = r & 1 ? (r >> 1) ^ 0xA001 : r >> 1;
	}
	return r.toString(16).toUpperCase().padStart(4, '0');
}

function digits(ms) { return new Date(ms + 28800000).toISOString().replace(/[^0-9]/g, ''); }

function frame() {
	const qn = context.get('qn') >= now ? context.get('qn') + 1 : now;
	context.set('qn', qn);
	const segment = `QN=${digits(qn)};ST=32;CN=2011;PW=123456;MN=@MN@;Flag=9;CP=&&DataTime=${digits(now).slice(0, 14)};${items.join(';')}&&`;
	frames.push(`##${String(segment.length).padStart(4, '0')}${segment}${crc(segment)}\r\n`);
	items = [];
}

if (context.get('window') !== undefined && context.get('window') !== window) {
	row = { topic: 'INSERT INTO minute VALUES (' + context.get('window') + ", '" + JSON.stringify(sums) + "')" };
	sums = {};
}
context.set('window', window);
for (const [unit, register, type, factor] of points) {
	let v = msg.payload[unit + '.' + register];
	if (v === undefined) continue;
	if (words[type] === 2) v = v * 65536 + msg.payload[unit + '.' + (register + 1)];
	if (type === 'int16' && v > 32767) v -= 65536;
	const s = sums[factor] || (sums[factor] = [0, 0, v, v]);
	s[0]++; s[1] += v; s[2] = Math.min(s[2], v); s[3] = Math.max(s[3], v);
	items.push(`${factor}-Rtd=${v},${factor}-Flag=N`);
	if (items.length === 20) frame();
}
if (items.length) frame();
context.set('sums', sums);
return [{ payload: frames.join('') }, row];
